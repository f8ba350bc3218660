"""Masks personal data before a text leaves for a remote model, and puts it back after."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import phonenumbers
import regex
from stdnum import luhn

_EMAIL = regex.compile(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
_CARD = regex.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_PLACEHOLDER = regex.compile(r"<([A-Z]+)_(\d+)>")


class Found(NamedTuple):
    """One piece of personal data: where it stands and what it is."""

    start: int
    end: int
    label: str


class Mask:
    """Replaces e-mail addresses, phone and card numbers and given names by placeholders, the same for the same value.

    One Mask serves one exchange with a model: what it hid, it can restore.
    """

    def __init__(self, region: str, names: Iterable[str] = ()) -> None:
        self._region = region
        ordered = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
        self._names = (
            regex.compile(
                "|".join(rf"(?<![\p{{L}}\p{{N}}]){regex.escape(name)}(?![\p{{L}}\p{{N}}])" for name in ordered)
            )
            if ordered
            else None
        )
        self._values: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """`text` with placeholders such as <EMAIL_1> in place of personal data."""
        result, position = [], 0
        for found in personal_data(text, self._region, self._names):
            if found.start >= position:
                result += [text[position : found.start], self._placeholder(text[found.start : found.end], found.label)]
                position = found.end
        return "".join([*result, text[position:]])

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


def personal_data(text: str, region: str, names: "regex.Pattern[str] | None" = None) -> list[Found]:
    """E-mail addresses, card numbers that pass the Luhn check, phone numbers and names, by where they begin.

    `region` is the two-letter country for phone numbers written without a country code.
    """
    return sorted(_search(text, region, names), key=lambda found: (found.start, -found.end))


def _search(text: str, region: str, names: "regex.Pattern[str] | None") -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found(*match.span(), "EMAIL")
    for match in _CARD.finditer(text):
        if luhn.is_valid(regex.sub(r"\D", "", match.group(0))):
            yield Found(*match.span(), "CARD")
    for phone in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
        if sum(character.isdigit() for character in phone.raw_string) >= 7:
            yield Found(phone.start, phone.end, "PHONE")
    if names is not None:
        for match in names.finditer(text):
            yield Found(*match.span(), "NAME")
