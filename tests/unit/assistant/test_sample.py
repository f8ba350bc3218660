from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import sample
from assistant.community import Profile
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Member, Message

TODAY = date(2026, 12, 1)
DAYS = st.dates(date(2020, 1, 1), date(2090, 12, 31))


@cache
def profile(today: date = TODAY) -> Profile:
    return Profile.model_validate(yaml.safe_load(sample.profile_text(today)))


@cache
def messages(today: date = TODAY) -> tuple[Message, ...]:
    return tuple(record for record in sample.records(today) if isinstance(record, Message))


@cache
def members() -> dict[str, Member]:
    return {record.id: record for record in sample.records(TODAY) if isinstance(record, Member)}


@given(DAYS)
@settings(max_examples=10, deadline=None)
def test_on_whatever_day_it_is_first_opened_the_profile_is_valid(today: date) -> None:
    assert profile(today).id == sample.ID


def test_the_dates_of_the_profile_count_from_that_day() -> None:
    decisions = {decision.id: decision.decide_by for decision in profile().decisions}
    assert decisions["grinder-loan"] == TODAY + timedelta(days=14)
    assert profile().incidents[0].sheet.since == TODAY - timedelta(days=9)
    assert "today" not in sample.profile_text(TODAY)


@given(DAYS)
@settings(max_examples=5, deadline=None)
def test_the_newest_message_was_written_this_morning(today: date) -> None:
    newest = max(message.at for message in messages(today))
    assert newest.date() == today
    assert newest.hour < 7


def test_every_message_lies_within_the_ninety_days_that_are_looked_through() -> None:
    oldest = min(message.at for message in messages())
    assert TODAY - timedelta(days=90) <= oldest.date()


def test_messages_come_in_order_of_time_and_each_id_once() -> None:
    assert [m.at for m in messages()] == sorted(m.at for m in messages())
    assert len({m.id for m in messages()}) == len(messages())


def test_an_answer_comes_after_what_it_answers_in_the_same_channel_and_thread() -> None:
    known: dict[str, Message] = {}
    for message in messages():
        if message.reply_to is None:
            assert message.thread == message.id
        else:
            asked = known[message.reply_to]
            assert (asked.channel, asked.thread) == (message.channel, message.thread)
        known[message.id] = message


def test_everybody_who_writes_is_a_member_and_has_joined_before() -> None:
    for message in messages():
        joined = members()[message.author].joined
        assert joined is not None
        assert joined <= message.at, message.id


def test_the_team_of_the_profile_writes_and_there_is_a_bot() -> None:
    authors = {message.author for message in messages()}
    assert {person.id for person in profile().team} <= authors
    assert [member.id for member in members().values() if member.is_bot] == ["welcome_bot"]


def test_every_channel_stands_in_the_profile() -> None:
    assert {message.channel for message in messages()} == {channel.id for channel in profile().channels}


def localised(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of the profile that is given by language, with its place."""
    if isinstance(value, dict) and "en" in value:
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from localised(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from localised(item, f"{place}.{number}")


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_every_text_of_the_profile_is_there_in_every_language(language: str) -> None:
    texts = dict(localised(profile().model_dump()))
    assert len(texts) > 30
    assert [place for place, text in texts.items() if not text.get(language, "").strip()] == []


def test_every_option_is_short_enough_for_the_strictest_platform() -> None:
    options = [text for decision in profile().decisions for option in decision.options for text in option.values()]
    assert [option for option in options if len(option) > 25] == []
