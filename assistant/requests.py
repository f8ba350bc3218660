"""Reads a request in words, such as “a poll about grinders in Polish”, in any of our languages."""

from functools import cache

import regex
from babel import Locale

from assistant.community import Profile
from assistant.domain import KINDS, Brief, Kind
from assistant.errors import Refused
from prompts.files import languages
from prompts.lexicon import lexicon, whole_words


def read_request(text: str, profile: Profile, *, kind: Kind | None = None, language: str | None = None) -> Brief:
    """What is asked for: kind, language and topic. What is given beside the words wins over them.

    Raises Refused where the words name no kind.
    """
    rest = " ".join(text.split())
    spoken = _language_of(rest)
    named_kind, rest = _take_kind(rest, spoken)
    named_language, rest = _take_language(rest)
    wanted = kind or named_kind
    # Who asks in Swedish wants Swedish; English is what everybody asks in.
    default = spoken if spoken != "en" else profile.default_language
    if wanted is None:
        raise Refused(
            f"“{text}” does not say what to write. Name one of {', '.join(KINDS)}, for example “a poll about grinders”."
        )
    return Brief(kind=wanted, language=language or named_language or default, topic=_topic(rest, spoken))


def _take_kind(text: str, spoken: str) -> tuple[Kind | None, str]:
    """The kind that is named first, and the text without that word."""
    found: list[tuple[int, int, Kind]] = []
    for language in (spoken, *languages("lexicons")):
        for kind in KINDS:
            for match in lexicon(language).patterns[f"kinds.{kind}"].finditer(text):
                found.append((match.start(), -match.end(), kind))
        if found:
            break
    if not found:
        return None, text
    # Of two words at one place the longer says more: “apology statement” before “apology”.
    start, end, kind = min(found)
    return kind, f"{text[:start]} {text[-end:]}"


def _language_of(text: str) -> str:
    """The language that a request is written in: the one most of whose little words it uses, English in doubt."""

    def hits(language: str) -> int:
        book = lexicon(language)
        lists = ("about", "drop", *(f"kinds.{kind}" for kind in KINDS))
        return sum(len(match) for name in lists for match in book.find(name, text))

    return max(("en", *languages("lexicons")), key=hits)


def _take_language(text: str) -> tuple[str | None, str]:
    """The language that is named, by its name in any of our languages, and the text without it.

    Of several the one after “in” is meant, else the last: “a poll about Portuguese coffee in Swedish”.
    """
    found = [
        (_is_in(match.group("before")), match.start(), match.end(), code)
        for code in languages("phrasebooks")
        for match in _named(code).finditer(text)
    ]
    if not found:
        return None, text
    _, start, end, code = max(found)
    return code, f"{text[:start]} {text[end:]}"


@cache
def _named(code: str) -> regex.Pattern[str]:
    """A language's name as each of ours says it, with the short word or the prefix before it."""
    names = {Locale(own).languages.get(code, code) for own in languages("phrasebooks")} | _SPOKEN_NAMES.get(code, set())
    forms = "|".join(_INFLECTED.sub(_inflection, regex.escape(name)) for name in names if len(name) > 2)
    return whole_words([rf"(?P<before>\p{{L}}{{1,3}}\s+|\p{{L}}{{1,4}}-|ب)?(?:{forms})"])


def _is_in(before: str | None) -> bool:
    """Whether a word before a language's name says that the text shall be in it, not that it is about it."""
    if before is None:
        return False
    return not any(lexicon(own).patterns["about"].fullmatch(before.strip()) for own in languages("lexicons"))


_SPOKEN_NAMES = {
    "af": {"isiBhunu", "afrykanerski"},
    "ar": {"isi-Arabhu"},
    "en": {"isiNgisi"},
    "fa": {"Farsi", "isiPheresiya"},
    "pl": {"isiPholishi"},
    "pt": {"isiPutukezi"},
    "sv": {"isiSwidi"},
    "zu": {"zuluski"},
}
"""Names that the locale data lacks."""
_INFLECTED = regex.compile(r"ki$|^isi")
_INFLECTIONS = {"ki": "k(?:i|u|im)", "isi": "(?:ng)?[ei]si"}
"""How Polish and isiZulu say “in” with the end or the beginning of the name: “po szwedzku”, “ngesiZulu”."""


def _inflection(match: regex.Match[str]) -> str:
    return _INFLECTIONS[match.group(0)]


def _topic(text: str, language: str) -> str:
    """What is left: after “about” where there is one, without the small words at its ends."""
    book = lexicon(language)
    about = book.patterns["about"].search(text)
    rest = (text[about.end() :] if about else text).lstrip(" -")
    # “proszę o ankietę na temat …”: the first one belonged to the asking.
    while about and (about := book.patterns["about"].match(rest)):
        rest = rest[about.end() :].lstrip(" -")
    words = regex.findall(r"[^\s.,;:!?؟،]+", rest)
    while words and book.patterns["drop"].fullmatch(words[0]):
        words.pop(0)
    while words and book.patterns["drop"].fullmatch(words[-1]):
        words.pop()
    return " ".join(words)[:200]
