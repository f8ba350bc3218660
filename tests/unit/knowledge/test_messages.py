"""The types of a community: what they refuse, and what they say of themselves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from knowledge.messages import Channel, Member
from tests.making import NOW, message, signals


@pytest.mark.parametrize(
    "wrong",
    [
        {"id_": ""},
        {"id_": "x" * 301},
        {"text": ""},
        {"at": datetime(2025, 12, 1)},  # noqa: DTZ001  that is the point
        {"rating": 0.5},
        {"rating": 5.5},
        {"reactions": {"heart": "many"}},
        {"mood": "good"},
    ],
)
def test_a_message_refuses_what_it_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        message(**wrong)


def test_a_message_cannot_be_changed() -> None:
    made = message()
    with pytest.raises(ValidationError):
        made.text = "other"  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Member, Channel])
def test_an_id_is_as_short_as_the_tables_want_it(kind: type[Member] | type[Channel]) -> None:
    assert kind(id="x" * 300, name="x").id
    with pytest.raises(ValidationError):
        kind(id="x" * 301, name="x")


def test_signals_know_no_other_labels() -> None:
    with pytest.raises(ValidationError):
        signals(sentiment="furious")


def test_an_edit_makes_a_newer_version() -> None:
    later = NOW + timedelta(hours=1)
    assert message(at=NOW).version == NOW
    assert message(at=NOW, edited=later).version == later


def test_an_address_stays_that_another_export_does_not_give() -> None:
    stored = message(url="https://example.com/1")
    assert not message().replaces(stored)
    edited = message(text="Now it holds.", edited=NOW + timedelta(hours=1))
    assert edited.replaces(stored)
    assert edited.after(stored).url == stored.url
    gone = message(text="", deleted=True)
    assert gone.after(stored).url is None


def test_an_edit_without_a_time_of_its_own_stays_whatever_comes_without_it() -> None:
    edited = message(text="It holds.", edited=message().at)
    assert edited.replaces(message())
    assert not message().replaces(edited)


@pytest.mark.parametrize("days", [-9, 9])
def test_a_time_by_which_nothing_else_has_changed_is_read_better_now(days: int) -> None:
    again = message(at=NOW + timedelta(days=days))
    assert again.replaces(message(at=NOW))
    assert again.model_copy(update={"text": "other"}).replaces(message(at=NOW)) is (days > 0)


@pytest.mark.parametrize("changes", [{"text": "other"}, {"title": "Leaks"}])
def test_what_is_indexed_changes_the_digest(changes: dict[str, Any]) -> None:
    assert message(**changes).digest != message().digest


@pytest.mark.parametrize("changes", [{"reactions": {"heart": 1}}, {"rating": 2}, {"edited": NOW}, {"url": "https://x"}])
def test_what_is_not_indexed_does_not(changes: dict[str, Any]) -> None:
    assert message(**changes).digest == message().digest


def test_title_and_text_cannot_be_mistaken_for_each_other() -> None:
    assert message(title="ab", text="c").digest != message(title="a", text="bc").digest


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "It leaks."),
        ({"title": "My bag"}, "My bag\nIt leaks."),
        ({"title": "My bag", "reply_to": "m0"}, "It leaks."),
        ({"title": ""}, "It leaks."),
    ],
)
def test_the_title_is_part_of_the_first_post_alone(changes: dict[str, Any], text: str) -> None:
    assert message(text="It leaks.", **changes).full_text == text
