"""Masks personal data before a text leaves for a remote model, and puts it back after."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
import regex
from stdnum import luhn

_EMAIL = regex.compile(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
_DIGITS = regex.compile(r"\d(?:[ -]?\d){12,}")
_CARD_LENGTHS = range(13, 20)
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_DATE = regex.compile(rf"(?<!\d[./-]?)(?:{_DAY}[./-]{_MONTH}[./-]{_YEAR}|{_YEAR}[./-]{_MONTH}[./-]{_DAY})(?![./-]?\d)")
# With a + or a 0 in front, and long: a phone number even where another number stands right behind it.
_LONG_PHONE = regex.compile(r"(?<![\p{L}\d])(?:\+|\(?[0٠۰])(?:[ ()./-]{0,2}\d){8,}")
_NAME_WORD = regex.compile(r"[\p{L}\p{M}]{3,}")
_PLACEHOLDER = regex.compile(r"<([A-Z]+)_(\d+)>")


class Found(NamedTuple):
    """One piece of personal data: where it stands and what it is."""

    start: int
    end: int
    label: str


class Mask:
    """Replaces e-mail addresses, phone and card numbers and given names by placeholders, the same for the same value.

    Names are hidden whole, and word by word where a word has three letters or more and is not among the `ordinary`
    ones, which are given with a capital. One Mask serves one exchange with a model: what it hid, it can restore.
    """

    def __init__(self, region: str, names: Iterable[str] = (), ordinary: Collection[str] = ()) -> None:
        self._region = region
        self._names = _pattern(frozenset(names), frozenset(ordinary))
        self._values: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """`text` with placeholders such as <EMAIL_1> in place of personal data."""
        result, position = [], 0
        # What looks like a placeholder already is hidden too, or it would be taken for one of ours.
        lookalikes = [Found(*match.span(), "TEXT") for match in _PLACEHOLDER.finditer(text)]
        for found in sorted([*lookalikes, *personal_data(text, self._region, self._names)], key=_place):
            if found.start >= position:
                result += [text[position : found.start], self._placeholder(text[found.start : found.end], found.label)]
                position = found.end
        return "".join([*result, text[position:]])

    def hide_name(self, name: str) -> str:
        """A placeholder for a whole name, whatever words it is made of."""
        return self._placeholder(" ".join(name.split()), "NAME")

    def restore(self, text: str) -> str:
        """Put the values back. A placeholder that was never given out stays: the checks will find it."""
        return _PLACEHOLDER.sub(lambda match: self._values.get(match.group(0), match.group(0)), text)

    def _placeholder(self, value: str, label: str) -> str:
        for placeholder, known in self._values.items():
            if known == value and placeholder.startswith(f"<{label}_"):
                return placeholder
        number = sum(placeholder.startswith(f"<{label}_") for placeholder in self._values) + 1
        placeholder = f"<{label}_{number}>"
        self._values[placeholder] = value
        return placeholder


@lru_cache(4)
def _pattern(names: frozenset[str], ordinary: frozenset[str]) -> "regex.Pattern[str] | None":
    """Names of several words in any letter case and spacing; single words as written, and with a capital.

    Kept, because that of a whole community (5,000 names) takes a second to make.
    """
    patterns: dict[str, str] = {}
    for name in map(str.split, names):
        whole = " ".join(name)
        for word in _NAME_WORD.findall(whole):
            if (capital := _capital(word)) not in ordinary:
                patterns[capital] = rf"{regex.escape(capital[0])}(?i:{regex.escape(capital[1:])})"
        if len(name) > 1:
            patterns[whole] = r"\s+".join(rf"(?i:{regex.escape(part)})" for part in name)
        elif len(whole) > 1 and _capital(whole) not in ordinary:
            patterns.setdefault(whole, regex.escape(whole))
    longest_first = sorted(patterns, key=len, reverse=True)
    joined = "|".join(patterns[text] for text in longest_first)
    return regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?:{joined})(?![\p{{L}}\p{{N}}])") if patterns else None


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def personal_data(text: str, region: str, names: "regex.Pattern[str] | None" = None) -> list[Found]:
    """E-mail addresses, card numbers that pass the Luhn check, phone numbers and names, by where they begin.

    `region` is the two-letter country for phone numbers written without a country code.
    """
    sure = [*_emails(text), *_cards(text)]
    dates = [Found(*match.span(), "DATE") for match in _DATE.finditer(text)]
    phones = _phones(_blanked(text, [*sure, *dates]), region)
    return sorted([*sure, *phones, *_named(text, names)], key=_place)


def _place(found: Found) -> tuple[int, int]:
    return found.start, -found.end


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found(*match.span(), "EMAIL")


def _cards(text: str) -> Iterator[Found]:
    """Whole groups of digits that pass the check, also where other numbers stand right beside them."""
    for run in _DIGITS.finditer(text):
        groups = [match.span() for match in regex.finditer(r"\d+", run.group(0))]
        position = 0
        for number, (start, _) in enumerate(groups):
            near = [end for _, end in groups[number : number + _CARD_LENGTHS.stop]]
            ends = (end for end in reversed(near) if start >= position and _is_card(run.group(0)[start:end]))
            if (end := next(ends, None)) is not None:
                yield Found(run.start() + start, run.start() + end, "CARD")
                position = end


def _is_card(text: str) -> bool:
    digits = "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
    return len(digits) in _CARD_LENGTHS and luhn.is_valid(digits)


def _phones(text: str, region: str) -> list[Found]:
    matcher = phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE)
    found = [
        Found(phone.start, phone.end, "PHONE")
        for phone in matcher
        if sum(character.isdigit() for character in phone.raw_string) >= 7
    ]
    return found + [Found(*match.span(), "PHONE") for match in _LONG_PHONE.finditer(_blanked(text, found))]


def _named(text: str, names: "regex.Pattern[str] | None") -> Iterator[Found]:
    for match in names.finditer(text) if names is not None else ():
        yield Found(*match.span(), "NAME")


def _blanked(text: str, findings: Iterable[Found]) -> str:
    """The text with line breaks in place of what was found, so that everything else keeps its place."""
    for found in findings:
        text = text[: found.start] + "\n" * (found.end - found.start) + text[found.end :]
    return text
