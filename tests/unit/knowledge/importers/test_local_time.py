"""Times as people write them: which order they are in, and what they mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.importers.local_time import LocalTime, month_first, read_local_time


def times(*texts: str) -> list[LocalTime]:
    return [time for text in texts if (time := read_local_time(text)) is not None]


@pytest.mark.parametrize(
    "text",
    [
        "28/11/2026, 21:05",
        "11/28/26, 9:05 PM",
        "11/28/26, 9:05\u202fPM",
        "28/11/26, 9:05 p. m.",
        "28.11.26, 21:05",
        "28. 11. 2026, 21:05",
        "28.11.26 г., 21:05",
        "2026. 11. 28. 오후 9:05",
        "2026년 11월 28일 오후 9:05",
        "2026-11-28 21:05",
        "2026/11/28, 9:05 nm.",
        "28-11-2026 21.05",
        "28/11/2026 9:05 em",
        "28/11/2026 kl. 21:05",
        "28/11/2026 às 21:05",
        "\u200f٢٨\u200f/١١\u200f/٢٠٢٦، ٩:٠٥ م",
        "۱۴۰۵/۹/۷،\u200f ۲۱:۰۵",
        "2026/11/28 下午9:05",
        "28-Nov-26 09:05 PM",
        "Saturday, 28 November 2026 21:05",
        "Saturday, November 28, 2026 9:05 PM",
        "28/11/2569, 21:05",
    ],
)
def test_a_time_is_read_in_each_country(text: str) -> None:
    (time,) = times(text)
    assert time.at(month_first=month_first([time])) == datetime(2026, 11, 28, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize(("text", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("0:05", 0), ("1:05 ق.ظ", 1)])
def test_noon_and_midnight_are_told_apart(text: str, hour: int) -> None:
    (time,) = times(f"28/11/2026, {text}")
    assert time.clock.hour == hour


@pytest.mark.parametrize(
    "text",
    ["", "28/11/2026", "21:05", "28/11/2026, 25:05", "28/11/2026, 9:05 xx", "28/11.2026, 9:05", "Room 28, 2026 9:05"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert times(text) == []


@pytest.mark.parametrize("text", ["31/02/2026, 9:05", "28/11/1445, 9:05", "12/31/1399, 9:05", "1/1/1001, 9:05"])
def test_a_day_that_never_was_is_none(text: str) -> None:
    (time,) = times(text)
    assert time.at(month_first=False) is None


@pytest.mark.parametrize(
    ("persian", "day"),
    [
        ("1399/12/30", datetime(2021, 3, 20, tzinfo=UTC)),
        ("1402/12/29", datetime(2024, 3, 19, tzinfo=UTC)),
        ("1403/1/1", datetime(2024, 3, 20, tzinfo=UTC)),
        ("1404/8/10", datetime(2025, 11, 1, tzinfo=UTC)),
    ],
)
def test_persian_days_are_converted(persian: str, day: datetime) -> None:
    (time,) = times(f"{persian}, 0:00")
    assert time.at(month_first=False) == day


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["03/04/26, 9:00", "13/04/26, 9:00"], False),
        (["03/04/26, 9:00", "03/13/26, 9:00"], True),
        # One pasted line does not turn a whole chat round.
        (["03/13/26, 9:00", "04/14/26, 9:00", "14/04/26, 9:00"], True),
        # Nobody writes before the one above: April 3 to May 3, and March 4 to March 5.
        (["03/04/26, 9:00", "04/04/26, 9:00", "03/05/26, 9:00"], False),
        (["03/04/26, 9:00", "03/05/26, 9:00", "04/04/26, 9:00"], True),
        (["03/04/26, 9:00"], False),
        (["3/4/26, 9:00 PM"], True),
        (["3.4.26, 9:00 PM"], False),
        (["2026-03-04 9:00"], False),
        ([], False),
    ],
)
def test_the_order_is_told_from_all_times(texts: list[str], first: bool) -> None:
    assert month_first(times(*texts)) is first


@given(st.text(alphabet="0123456789۱٢/.-:, apmنم\u200f\u202f[]", max_size=40))
@settings(deadline=None, max_examples=100)
def test_whatever_is_written_is_a_time_or_none(text: str) -> None:
    for time in times(text):
        moment = time.at(month_first=month_first([time]))
        assert moment is None or moment.tzinfo is UTC
