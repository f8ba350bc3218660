"""Times as phones and desktops write them for people: “28/11/2026, 9:05 pm”, in a country's order, digits and words.

Whether 03/04 is in March or in April stands nowhere in it: `month_first` tells that from all the times of a file. They
have no zone and are taken as UTC. Years of the Persian and of the Buddhist calendar are converted.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

import regex

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "،": ","})
_MARKS = regex.compile(r"[\u200e\u200f\u061c\ufeff\u202a-\u202e\u2066-\u2069]")
_CLOCK = r",? (?:(\p{L}[\p{L}.]{0,11}) ?)?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: ?(\p{L}[\p{L}\p{M}. \u200c]{0,15}))?"
_NUMBERS = regex.compile(r"(\d{1,4})([./-]) ?(\d{1,2})\2 ?(\d{1,4})(?:\.| г\.)?" + _CLOCK)
_KOREAN = regex.compile(r"(\d{4})년 ?(\d{1,2})월 ?(\d{1,2})일")
_WORDS = regex.compile(r"(?:\p{L}+, )?(?:(\d{1,2})[ .-]+)?(\p{L}{3,9})\.?[ .-]+(?:(\d{1,2}), )?(\d{4}|\d\d)" + _CLOCK)
_NO_LETTERS = regex.compile(r"\P{L}+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_BEFORE_NOON = frozenset({"am", "fm", "vm", "vorm", "πμ", "öö", "ص", "صباحا", "قظ", "قبلازظهر", "manhã", "damanhã"}) | {
    "madrugada",
    "damadrugada",
    "صبح",
    "上午",
    "午前",
    "오전",
}
_AFTER_NOON = frozenset({"pm", "em", "nm", "nachm", "μμ", "ös", "م", "مساء", "بظ", "بعدازظهر", "tarde", "datarde"}) | {
    "noite",
    "danoite",
    "بعدالظهر",
    "عصر",
    "下午",
    "午後",
    "오후",
}
_AT = frozenset({"", "at", "um", "kl", "klo", "às", "o"})
"""Words before the clock that say nothing about it."""

_PERSIAN_YEARS = range(1300, 1431)
_PERSIAN_EPOCH = 356_033
"""Days from the count below to date.toordinal: 1403-01-01 is 2024-03-20."""
_BUDDHIST_YEARS = range(2500, 2700)


class LocalTime(NamedTuple):
    """A time as it is written. `first` and `second` are day and month in an order that may be known."""

    first: int
    second: int
    year: int
    clock: time
    month_first: bool | None
    american: bool

    def at(self, *, month_first: bool) -> datetime | None:
        """The moment in this order, unless another one is known; None if there is no such day."""
        ordered = self.month_first if self.month_first is not None else month_first
        month, day = (self.first, self.second) if ordered else (self.second, self.first)
        try:
            return datetime.combine(_date(self.year, month, day), self.clock, UTC)
        except ValueError:
            return None

    @property
    def untold(self) -> datetime | None:
        """The moment where nothing tells the order: for ids, which stay when a longer export tells it."""
        return self.at(month_first=self.american) or self.at(month_first=not self.american)


def plain(text: str) -> str:
    """Without the marks of direction and the odd spaces that phones write, trimmed."""
    return str(_MARKS.sub("", text.translate(_SPACES))).strip()


def read_local_time(text: str) -> LocalTime | None:
    """What `text` says, if it is a date with a time of day and nothing else."""
    text = _KOREAN.sub(r"\1-\2-\3", plain(text))
    if match := _NUMBERS.fullmatch(text):
        first, separator, second, third, *clock = match.groups()
        if len(first) > 2:
            numbers, known = (second, third, first), True
        else:
            numbers, known = (first, second, third), None
    elif match := _WORDS.fullmatch(text):
        before, month, after, year, *clock = match.groups()
        if month[:3].casefold() not in _MONTHS or not (before or after):
            return None
        separator, known = "", True
        numbers = (str(_MONTHS.index(month[:3].casefold()) + 1), before or after, year)
    else:
        return None
    noon = [_NO_LETTERS.sub("", word or "").casefold() for word in (clock[0], clock[-1])]
    moment = _time(clock[1:4], [word for word in noon if word not in _AT])
    if moment is None:
        return None
    one, two, year = map(int, numbers)
    american = separator == "/" and any(word in ("am", "pm") for word in noon)
    return LocalTime(one, two, year if year > 99 else 2000 + year, moment, known, american)


def read_local_date(text: str) -> LocalTime | None:
    """What `text` says, if it is a date with a time of day or without one: then it is the beginning of the day."""
    return read_local_time(text) or read_local_time(f"{text} 0:00")


def month_first_by_days(times: Iterable[LocalTime]) -> bool | None:
    """Whether the month comes first, where the days after the 12th tell and agree; for times in no order."""
    unsaid = (moment for moment in times if moment.month_first is None)
    told = {moment.second > 12 for moment in unsaid if (moment.first > 12) != (moment.second > 12)}
    return told.pop() if len(told) == 1 else None


def month_first(times: Iterable[LocalTime]) -> bool:
    """Whether the month comes first: told by days after the 12th, else by the order in which time goes on.

    If neither tells, the day comes first, unless all is written as in America.
    """
    votes = backwards = 0
    american = False
    before: dict[bool, datetime] = {}
    for moment in times:
        if moment.month_first is not None:
            continue
        american = moment.american
        votes += (moment.second > 12) - (moment.first > 12)
        for order, sign in ((True, -1), (False, 1)):
            at = moment.at(month_first=order)
            if at is not None:
                backwards += sign * (order in before and at < before[order])
                before[order] = at
    return (votes or backwards) > 0 if votes or backwards else american


def _time(numbers: list[str | None], words: list[str]) -> time | None:
    """The time of day, of 24 hours or of twice twelve; None if it is none or a word in it is not known."""
    hour, minute, second = (int(number or 0) for number in numbers)
    for word in words:
        if word in _AFTER_NOON:
            hour += 12 if hour < 12 else 0
        elif word in _BEFORE_NOON:
            hour -= 12 if hour == 12 else 0
        else:
            return None
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _date(year: int, month: int, day: int) -> date:
    """A day of the calendar that has this year. Raises ValueError if there is none."""
    if year in _PERSIAN_YEARS:
        if not (1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
            raise ValueError("no day of the Persian calendar")
        # The arithmetic calendar, eight leap years in 33, counts as the astronomical one does from 1178 to 1633.
        years = year + 1595
        days = 365 * years + years // 33 * 8 + (years % 33 + 3) // 4
        return date.fromordinal(days + 31 * min(month - 1, 6) + 30 * max(month - 7, 0) + day - _PERSIAN_EPOCH)
    if year in _BUDDHIST_YEARS:
        year -= 543
    if not 1970 <= year < 2400:
        raise ValueError("no year of a chat")
    return date(year, month, day)
