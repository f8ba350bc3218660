"""Outboxes of Mastodon and of others that speak ActivityPub."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers import recognise
from knowledge.importers.mastodon import recognises
from knowledge.messages import Channel, Member, Message, Record
from tests.unit.knowledge.importers.archives import assert_only_news_are_added, damaged, read_export
from tests.unit.knowledge.importers.exports import (
    assert_safe,
    channels,
    json_values,
    members,
    messages,
    reasons,
    texts,
    write_json,
    zipped_folder,
)

ANNA = "https://social.example/users/anna"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def create(number: Any = 1, content: Any = "<p>The bag leaks.</p>", **changes: Any) -> dict[str, Any]:
    note = {
        "id": f"{ANNA}/statuses/{number}",
        "type": "Note",
        "attributedTo": ANNA,
        "published": "2025-12-01T09:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{ANNA}/followers"],
        "content": content,
        **changes,
    }
    return {"type": "Create", "actor": ANNA, "published": "2025-12-01T09:00:00Z", "object": note}


def outbox(path: Path, *activities: Any) -> Path:
    head = {"@context": PUBLIC, "id": "outbox.json", "type": "OrderedCollection", "totalItems": len(activities)}
    return write_json(path, {**head, "orderedItems": activities})


def read(folder: Path, *activities: Any) -> list[Record]:
    return read_export(outbox(folder / "outbox.json", *activities), "mastodon")


def read_one(folder: Path, **changes: Any) -> Message:
    (message,) = messages(read(folder, create(**changes)))
    return message


def test_a_post_is_read_with_its_account(tmp_path: Path) -> None:
    records = read(tmp_path, create(url="https://social.example/@anna/1"))
    assert channels(records) == [Channel(id=ANNA, name="@anna@social.example")]
    assert members(records) == [Member(id=ANNA, name="anna")]
    assert messages(records) == [
        Message(
            id=f"{ANNA}/statuses/1",
            channel=ANNA,
            author=ANNA,
            text="The bag leaks.",
            at=datetime(2025, 12, 1, 9, tzinfo=UTC),
            thread=f"{ANNA}/statuses/1",
            url="https://social.example/@anna/1",
        )
    ]


def test_an_archive_says_who_the_account_is(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "archive"
    folder.mkdir(parents=True)
    outbox(folder / "outbox.json", create())
    actor = {"id": ANNA, "preferredUsername": "anna", "name": "Anna Nowak", "published": "2022-04-27T00:00:00Z"}
    write_json(folder / "actor.json", {**actor, "type": "Service"})
    write_json(folder / "likes.json", {"type": "OrderedCollection", "orderedItems": ["https://x.example/1"]})
    for path in (
        folder,
        zipped_folder(folder, tmp_path / "a.zip"),
        zipped_folder(tmp_path / "outer", tmp_path / "b.zip"),
    ):
        assert recognise(path).name == "mastodon"
        records = read_export(path)
        assert texts(records) == ["The bag leaks."]
        assert members(records) == [
            Member(id=ANNA, name="Anna Nowak", joined=datetime(2022, 4, 27, tzinfo=UTC), is_bot=True)
        ]


@pytest.mark.parametrize("audience", [{"to": [PUBLIC], "cc": []}, {"to": "as:Public"}, {"to": [], "cc": [PUBLIC]}])
def test_public_and_unlisted_posts_are_read(audience: dict[str, Any], tmp_path: Path) -> None:
    assert read_one(tmp_path, **audience).text == "The bag leaks."


@pytest.mark.parametrize(
    "audience", [{"to": [f"{ANNA}/followers"], "cc": []}, {"to": ["https://x.example/bo"]}, {"to": None, "cc": [{}]}]
)
def test_posts_for_followers_or_single_people_are_never_read(audience: dict[str, Any], tmp_path: Path) -> None:
    records = read(tmp_path, create(**{"cc": [], **audience}))
    assert reasons(records) == ["private post"]
    assert len(records) == 1


def test_boosts_are_not_the_words_of_the_member(tmp_path: Path) -> None:
    boost = {"type": "Announce", "actor": ANNA, "object": "https://x.example/1", "to": [PUBLIC]}
    assert reasons(read(tmp_path, boost)) == ["a boost of what somebody else wrote"]


def test_a_chain_of_answers_is_one_thread_in_whatever_order(tmp_path: Path) -> None:
    foreign = "https://x.example/7"
    chain = [create(1, inReplyTo=foreign), create(2, inReplyTo=f"{ANNA}/statuses/1"), create(3)]
    for activities in (chain, chain[::-1]):
        read_ = {message.id[-1]: message for message in messages(read(tmp_path, *activities))}
        assert [read_[number].thread for number in "123"] == [foreign, foreign, f"{ANNA}/statuses/3"]
        assert [read_[number].reply_to for number in "123"] == [foreign, f"{ANNA}/statuses/1", None]


def test_what_pictures_show_is_text(tmp_path: Path) -> None:
    attachment = [{"name": "A leaking bag"}, {"name": None}, 5]
    assert read_one(tmp_path, content="", attachment=attachment).text == "A leaking bag"


def test_a_picture_without_a_word_is_counted(tmp_path: Path) -> None:
    assert reasons(read(tmp_path, create(content="", attachment=[{"name": None}]))) == ["no text"]


def test_a_poll_is_its_question_and_its_options(tmp_path: Path) -> None:
    message = read_one(tmp_path, type="Question", content="Which?", oneOf=[{"name": "Dark"}, {"name": "Light"}, 5])
    assert (message.kind, message.text) == ("poll", "Which?\n– Dark\n– Light")


def test_a_content_warning_is_the_title(tmp_path: Path) -> None:
    assert read_one(tmp_path, summary="coffee").title == "coffee"


def test_an_edit_and_the_counts_are_kept(tmp_path: Path) -> None:
    message = read_one(tmp_path, updated="2025-12-01T10:00:00Z", likes={"totalItems": 3}, shares={"totalItems": 0})
    assert message.edited == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert message.reactions == {"favourites": 3}


def test_a_deleted_post_keeps_its_place(tmp_path: Path) -> None:
    message = read_one(tmp_path, type="Tombstone", content="x", inReplyTo="https://x.example/7")
    assert (message.deleted, message.text, message.thread) == (True, "", "https://x.example/7")


@pytest.mark.parametrize(
    ("activity", "reason"),
    [
        (None, "not a post"),
        ("x", "not a post"),
        ({"type": "Like", "object": "https://x.example/1"}, "not a post"),
        (create(type=["Note"]), "not a post"),
        (create(published="soon"), "no valid time"),
        (create(published=1e300), "no valid time"),
        (create(id=None), "no id or author"),
        (create(attributedTo={}, id={}), "no id or author"),
        (create("9" * 400), "bad id"),
        (create(content={"a": 1}), "no text"),
        (create(content="x" * 100_001), "text longer than"),
    ],
)
def test_an_activity_that_cannot_be_read_is_counted_and_the_next_one_read(
    activity: Any, reason: str, tmp_path: Path
) -> None:
    records = read(tmp_path, activity, create(9, "next"))
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"type": "OrderedCollection", "orderedItems": []}', b"\0\xff"])
def test_what_is_no_outbox_is_not_recognised(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "outbox.json").write_bytes(content)
    assert not recognises(tmp_path / "outbox.json")


def test_what_comes_before_the_break_is_read(tmp_path: Path) -> None:
    whole = outbox(tmp_path / "outbox.json", create(1), create(2), create(3)).read_bytes()
    (tmp_path / "outbox.json").write_bytes(whole[:-200])
    records = read_export(tmp_path / "outbox.json")
    assert len(texts(records)) == 2
    assert any("broken file" in reason for reason in reasons(records))


def test_a_newer_archive_adds_only_what_is_new(tmp_path: Path) -> None:
    def make(count: int) -> Path:
        return outbox(tmp_path / "outbox.json", *(create(n, f"post {n}") for n in reversed(range(count))))

    assert_only_news_are_added(make, 3, 5)


hostile_objects = st.fixed_dictionaries(
    {"type": st.sampled_from(["Note", "Question", "Tombstone"]) | json_values, "to": st.just([PUBLIC]) | json_values},
    optional={
        "id": st.just("https://x.example/1") | json_values,
        "published": st.just("2025-12-01T09:00:00Z") | json_values,
        "updated": json_values,
        "attributedTo": st.just(ANNA) | json_values,
        "inReplyTo": st.just("https://x.example/1") | json_values,
        "content": st.text(st.sampled_from("<>!/&;[ab p"), max_size=30) | json_values,
        "summary": json_values,
        "attachment": st.lists(st.fixed_dictionaries({"name": json_values}), max_size=2) | json_values,
        "oneOf": json_values,
        "likes": st.fixed_dictionaries({"totalItems": json_values}) | json_values,
        "url": json_values,
    },
)


@given(st.lists(st.fixed_dictionaries({"actor": json_values, "object": hostile_objects}) | json_values, max_size=4))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_an_outbox_becomes_a_record_or_a_counted_skip(tmp_path: Path, activities: list[Any]) -> None:
    records = read(tmp_path, create(), *activities)
    assert_safe(records)


@given(st.integers(0, 2000), st.binary(max_size=8))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_outbox_damaged_anywhere_never_stops_the_import(tmp_path: Path, at: int, noise: bytes) -> None:
    whole = json.dumps({"type": "OrderedCollection", "orderedItems": [create(1), create(2)]}).encode()
    (tmp_path / "outbox.json").write_bytes(damaged(whole, at, noise))
    assert_safe(read_export(tmp_path / "outbox.json", "mastodon"))
