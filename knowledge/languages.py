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
    r"https?://\S+|www\.\S+|(?<![\w.+-])[\w.+-]++@[\w-]++\.[\w.]+|[@#][\p{L}\p{N}_.-]+|:[a-z0-9_+-]+:|```.*?```|`[^`]*`",
    regex.DOTALL,
)
_LETTER = regex.compile(r"\p{L}")
_SHORT = 4
"""Letters up to which a text says little about its language: “ok” alone is most like isiZulu."""
_CLEAR = 0.9
_ENOUGH = 2000
"""Characters that tell a language as surely as a whole novel, which would take seconds."""


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
        post that this one answers: it counts three times, and decides “ok” and “lol”, but never a clear text.
        """
        letters = _NOISE.sub(" ", text)[:_ENOUGH]
        length = len(_LETTER.findall(letters))
        if length < 2:
            return Detection(hint or UNDETERMINED, 0.0)
        weights = {
            value.language.iso_code_639_1.name.lower(): value.value
            for value in self._lingua.compute_language_confidence_values(letters)
        }
        if hint is not None and length <= _SHORT and 0.0 < max(weights.values()) < _CLEAR:
            return Detection(hint, weights.get(hint, 0.0))
        for code in weights:
            if expected and code not in expected:
                weights[code] *= 0.25
            if code == hint:
                weights[code] *= 3
        best = max(weights, key=weights.__getitem__)
        if not weights[best]:  # a script that none of these languages is written in
            return Detection(UNDETERMINED, 0.0)
        return Detection(best, weights[best] / sum(weights.values()))


def language_name(code: str) -> str:
    """A language's English name and code, such as “Polish (pl)”."""
    try:
        return f"{Locale(code).get_display_name('en')} ({code})"
    except UnknownLocaleError:
        return code


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML's dir attribute wants it."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"
