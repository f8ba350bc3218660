"""Which language a text is in. Short posts are hard, so what is known of the community weighs in."""

from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple, Protocol

import regex
from babel import Locale, UnknownLocaleError
from lingua import IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder

FIRST_CLASS = ("en", "sv", "pl", "ar", "fa", "pt", "af", "zu")
"""Detected, retrieved, drafted and checked alike."""
NEIGHBOURS = ("nl", "xh", "da", "nb", "es", "de", "fr", "it", "tr", "ur", "ru", "cs", "sw", "fi", "ja", "zh")
"""Languages that are told apart from ours, not drafted in: the close relatives, and what communities often hold."""
UNDETERMINED = "und"

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "ur", "he"})
_NOISE = regex.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|[@#][\p{L}\p{N}_.-]+|:[a-z0-9_+-]+:|```.*?```|`[^`]*`", regex.DOTALL
)
_LETTER = regex.compile(r"\p{L}")


class Detection(NamedTuple):
    """A language code (ISO 639-1, or `und` for a text without one) and how sure that is, from 0 to 1."""

    language: str
    probability: float


class Detector(Protocol):
    """Tells which language a text is in."""

    def detect(self, text: str, *, expected: Collection[str] = (), hint: str | None = None) -> Detection:
        """The most probable language. `expected` are the community's, `hint` that of the post this one answers."""
        ...


class LanguageModel:
    """Detects languages with lingua, whose models ship with it. Loading takes seconds and happens on first use."""

    @cached_property
    def _lingua(self) -> LanguageDetector:
        codes = [getattr(IsoCode639_1, code.upper()) for code in (*FIRST_CLASS, *NEIGHBOURS)]
        return LanguageDetectorBuilder.from_languages(*map(Language.from_iso_code_639_1, codes)).build()

    def detect(self, text: str, *, expected: Collection[str] = (), hint: str | None = None) -> Detection:
        """The most probable language of `text`.

        `expected` are the community's languages: others need four times the evidence. `hint` is the language of the
        post that this one answers: it counts three times, which decides “ok” and “lol”, but never a clear text.
        """
        letters = _NOISE.sub(" ", text)
        if len(_LETTER.findall(letters)) < 2:
            return Detection(hint or UNDETERMINED, 0.0)
        weights = {
            value.language.iso_code_639_1.name.lower(): value.value
            for value in self._lingua.compute_language_confidence_values(letters)
        }
        for code in weights:
            if expected and code not in expected:
                weights[code] *= 0.25
            if code == hint:
                weights[code] *= 3
        total = sum(weights.values()) or 1.0
        best = max(weights, key=weights.__getitem__)
        return Detection(best, weights[best] / total)


def language_name(code: str) -> str:
    """A language's English name and code, such as “Polish (pl)”."""
    try:
        return f"{Locale(code).get_display_name('en')} ({code})"
    except UnknownLocaleError:
        return code


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's dir attribute wants it."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"
