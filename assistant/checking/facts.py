"""Numbers, dates, names and addresses in a draft come from its facts and evidence.

What a person wrote is a warning only: they know more than the evidence says, and vouch for it with their name.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache

import regex
from babel import Locale

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding, Move, Segment, Severity
from prompts.phrasebook import phrasebook

_NUMBER = regex.compile(r"\p{Nd}+(?:[.,:/٫٬]\p{Nd}+)*")
_ADDRESS = regex.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+", regex.IGNORECASE)
# A capitalised word that does not begin a sentence, a list item or a quotation.
_NAME = regex.compile(r"(?<=[\p{L}\p{N},;)’'] )\p{Lu}[\p{L}\p{M}’'-]+")
_WORD = regex.compile(r"[\p{L}\p{M}’'-]+")
_PRONOUNS = frozenset({"i", "i’m", "i'm", "i’ve", "i've", "i’ll", "i'll", "i’d", "i'd"})


def check(subject: Subject) -> Iterator[Finding]:
    facts = subject.all_facts
    numbers = set(map(_ascii, _NUMBER.findall(facts)))
    words = {word.casefold() for word in _WORD.findall(f"{facts} {subject.profile.name}")}
    people = {word.casefold() for item in subject.plan.evidence for word in (item.author or "").split()}
    allowed = words | people | _PRONOUNS | _ordinary(subject.plan.language)
    for move, segment in subject.pairs:
        severity: Severity = "warn" if segment.author == "person" else "block"
        for claim, what in _claims(subject, move, segment, numbers, allowed):
            yield finding("facts", severity, f"the {what} “{claim}” is not in the facts or the evidence.", move)


def _claims(
    subject: Subject, move: Move, segment: Segment, numbers: set[str], allowed: frozenset[str] | set[str]
) -> Iterator[tuple[str, str]]:
    text = segment.text
    for number in _NUMBER.findall(text):
        if _ascii(number) not in numbers:
            yield number, "number"
    for address in _ADDRESS.findall(text):
        if address.rstrip(".,)") not in subject.all_facts:
            yield address, "address"
    for name in _NAME.findall(subject.own_words(move, segment)):
        if name.casefold() not in allowed and not name.isupper():
            yield name, "name"


def _ascii(number: str) -> str:
    """Digits of any script as 0-9, so that ۵ and 5 are the same number."""
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in number)


@cache
def _ordinary(language: str) -> frozenset[str]:
    """Words that a language may write with a capital without naming anybody: its days, months and phrasebook words."""
    locale = Locale(language)
    widths = [width for names in (locale.days, locale.months) for width in names["format"].values()]
    calendar = [name for width in widths for name in width.values()]
    variants = [variant for each in phrasebook(language).phrases.values() for variant in each]
    phrases = [text for variant in variants for text in variant.values()]
    return frozenset(word.casefold() for text in (*calendar, *phrases) for word in _WORD.findall(text))
