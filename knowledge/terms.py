"""What a text is found by when words are compared: its words as written, their stems in its language, and pieces.

The three are kept apart: “svˑkatt” is the stem of a Swedish word, “ˑkatte” a piece of five letters. So a question whose
language nobody knows can be asked in all languages at once: names meet as they are written, the forms of a word by
their stem, and the words of languages that build them from parts by their pieces.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import normalize

import regex
import stopwordsiso
from Stemmer import Stemmer

from knowledge.languages import FIRST_CLASS

_STEMMERS: Mapping[str, str] = {
    "en": "english",
    "sv": "swedish",
    "pl": "polish",
    "ar": "arabic",
    "fa": "persian",
    "pt": "portuguese",
    "af": "dutch",  # the nearest that Snowball has
}
_BUILDING = frozenset({"sv", "af", "zu", "da", "nb", "nl", "de", "fi", "xh", "tr"})
"""Languages that write compounds as one word, or whole phrases as isiZulu does. In English, pieces find what is not
meant (Stack Exchange: nDCG@10 .02 below the search by meaning), in Swedish what nothing else finds (SweFAQ: +.015)."""
_PIECE = 5
"""Letters of a piece."""
_LONGEST = 40
"""Letters beyond which a word is none: keys, hashes, screams."""
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_ADDRESS = regex.compile(r"https?://\S+|www\.\S+")
_TOLD_APART = regex.compile(rf"{_ADDRESS.pattern}|{_WORD.pattern}")
# Vowel signs, and the stroke that only stretches a word.
_UNWRITTEN = regex.compile(r"[\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06ED]")
# One letter for those that people type for each other: hamza seats, Arabic and Persian yeh and kaf, teh marbuta.
_LETTERS = str.maketrans(
    "أإآٱىیئکةؤ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹",
    "ااااييي\u0643هو01234567890123456789",
)
_PERSIAN = str.maketrans("\u064a\u0643", "یک")
_ARABIC_SCRIPT = frozenset({"ar", "fa"})
_ARABIC_LETTER = regex.compile(r"\p{Arabic}")


def fold(text: str) -> str:
    """`text` with the differences removed that writers do not mean: case, width, vowel signs, variants of a letter."""
    return _UNWRITTEN.sub("", normalize("NFKC", text).casefold()).translate(_LETTERS)


@lru_cache(1000)
def forms(text: str) -> tuple[str, ...]:
    """The words of a text, folded, in order; without addresses. Persian's half-space parts a word like a space."""
    words = _WORD.findall(fold(_ADDRESS.sub(" ", text)))
    return tuple(word for word in words if len(word) <= _LONGEST)


def terms(text: str, language: str) -> list[str]:
    """The terms under which a text is stored, as often as they occur. Words that say nothing in it are left out."""
    empty, building = _stop_words(language), language in _BUILDING
    found: list[str] = []
    for form in forms(text):
        if form not in empty:
            found += [form, *_stems(form, language), *(_pieces(form) if building else ())]
    return found


class Asked(NamedTuple):
    """A word of a question: the terms it may be stored under, whatever the language, and its pieces."""

    word: str
    terms: tuple[str, ...]
    pieces: tuple[str, ...]

    def is_in(self, stored: Collection[str]) -> bool:
        """Whether a text with these terms uses the word, in another form or as part of a longer one."""
        shared = sum(piece in stored for piece in self.pieces)
        return any(term in stored for term in self.terms) or 2 * shared > len(self.pieces)


def ask(question: str, languages: Collection[str] = FIRST_CLASS) -> list[Asked]:
    """The telling words of a question, each once. A word that says nothing in a language is not asked for in it."""
    found = []
    for form in dict.fromkeys(forms(question)):
        speaking = [code for code in languages if form not in _stop_words(code)]
        everywhere = len(speaking) == len(languages)
        stems = [stem for code in speaking for stem in _stems(form, code)]
        if stems or everywhere:
            found.append(
                Asked(form, ((form,) if everywhere else ()) + tuple(stems), _pieces(form) if everywhere else ())
            )
    return found


def marked(text: str, asked: Sequence[Asked], language: str) -> list[tuple[str, bool]]:
    """The text in parts, in order: each with whether it is a word that is asked for, in whatever form."""
    parts, end = [], 0
    for match in _TOLD_APART.finditer(text):
        stored = frozenset(terms(match.group(), language))
        if stored and any(each.is_in(stored) for each in asked):
            parts += [(text[end : match.start()], False), (match.group(), True)]
            end = match.end()
    return [(part, wanted) for part, wanted in (*parts, (text[end:], False)) if part]


def _stems(form: str, language: str) -> tuple[str, ...]:
    """What the forms of a word share in a language, if it has a stemmer and the word may be of it."""
    if language not in _STEMMERS or not form.isalpha():
        return ()
    if bool(_ARABIC_LETTER.search(form)) != (language in _ARABIC_SCRIPT):
        return ()
    return (f"{language}ˑ{_stem(form, language)}",)


def _pieces(form: str) -> tuple[str, ...]:
    """All runs of five letters in a longer word."""
    starts = range(len(form) - _PIECE + 1) if len(form) > _PIECE else ()
    return tuple(f"ˑ{form[start : start + _PIECE]}" for start in starts)


@cache
def _stop_words(language: str) -> frozenset[str]:
    """Folded like the words they are compared with."""
    return (
        frozenset(forms(" ".join(stopwordsiso.stopwords(language)))) if stopwordsiso.has_lang(language) else frozenset()
    )


@cache
def _stemmer(language: str) -> Stemmer:
    return Stemmer(_STEMMERS[language])


@lru_cache(50_000)
def _stem(form: str, language: str) -> str:
    if language == "fa":
        form = form.translate(_PERSIAN)
    elif language == "ar" and form.startswith("وال"):  # “and the …”, which the stemmer leaves on
        form = form[1:]
    return str(_stemmer(language).stemWord(form))
