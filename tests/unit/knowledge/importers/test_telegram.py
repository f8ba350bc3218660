"""Telegram exports, as Telegram Desktop writes them and as nobody should."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.errors import BadExport
from knowledge.importers import recognise, telegram
from knowledge.messages import Channel, Member, Record
from tests.unit.knowledge.importers.archives import damaged, imported, read_export
from tests.unit.knowledge.importers.exports import (
    HOSTILE_TEXTS,
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


def post(text: Any = "The bag leaks.", id_: Any = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "message",
        "date": "2025-12-01T10:00:00",
        "date_unixtime": "1764579600",
        "from": "Anna",
        "from_id": "user1",
        "text": text,
        "text_entities": [],
        **changes,
    }


def chat(*items: Any, **changes: Any) -> dict[str, Any]:
    return {"name": "Bags", "type": "public_supergroup", "id": 77, **changes, "messages": list(items)}


def account(*chats: Any) -> dict[str, Any]:
    return {
        "about": "Here is the data.",
        "personal_information": {"id": 1},
        "chats": {"about": "", "list": list(chats)},
    }


read = partial(read_export, name="telegram")


def read_json(folder: Path, content: Any) -> list[Record]:
    return read(write_json(folder / "result.json", content))


def read_posts(folder: Path, *items: Any) -> list[Record]:
    return read_json(folder, chat(*items))


def test_a_message_is_read_with_its_member_and_channel(tmp_path: Path) -> None:
    records = read_posts(tmp_path, post())
    assert channels(records) == [Channel(id="77", name="Bags")]
    assert members(records) == [Member(id="user1", name="Anna")]
    (message,) = messages(records)
    assert (message.id, message.channel, message.author) == ("77/1", "77", "user1")
    assert message.at == datetime(2025, 12, 1, 9, 0, tzinfo=UTC)
    assert (message.thread, message.reply_to, message.url) == ("77/1", None, "https://t.me/c/77/1")


def test_a_time_without_its_unixtime_is_taken_as_utc(tmp_path: Path) -> None:
    (message,) = messages(read_posts(tmp_path, post(date_unixtime=None)))
    assert message.at == datetime(2025, 12, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("shape", ["folder", "archive", "outer folder"])
def test_an_export_says_the_same_in_each_shape(shape: str, tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "ChatExport_2025-12-01"
    folder.mkdir(parents=True)
    write_json(folder / "result.json", chat(post()))
    path = {
        "folder": folder,
        "archive": zipped_folder(folder, tmp_path / "export.zip"),
        "outer folder": folder.parent,
    }[shape]
    assert recognise(path).name == "telegram"
    assert read(path) == read(folder / "result.json")


def test_an_account_has_many_chats(tmp_path: Path) -> None:
    content = account(chat(post()), chat(post("Hello."), id=78, name="Cups", type="private_group"))
    path = write_json(tmp_path / "result.json", content | {"left_chats": {"list": [chat(post("Gone."), id=79)]}})
    assert recognise(path).name == "telegram"
    records = read(path)
    assert [(c.id, c.visibility) for c in channels(records)] == [("77", "public"), ("78", "private"), ("79", "public")]
    assert [message.id for message in messages(records)] == ["77/1", "78/1", "79/1"]


@pytest.mark.parametrize("kind", ["personal_chat", "saved_messages", "bot_chat", None, 7])
def test_what_is_between_persons_is_never_read(kind: Any, tmp_path: Path) -> None:
    records = read_json(tmp_path, account(chat(post("between us"), type=kind), chat(post("open"), id=78)))
    if kind == 7:
        assert [channel.visibility for channel in channels(records)] == ["private", "public"]
        return
    assert texts(records) == ["open"]
    assert reasons(records) == ["private message"]


@pytest.mark.parametrize(
    ("kind", "visibility"),
    [
        ("public_channel", "public"),
        ("public_supergroup", "public"),
        ("private_channel", "private"),
        ("private_supergroup", "private"),
        ("private_group", "private"),
        ("something new", "private"),
    ],
)
def test_only_what_is_public_is_public(kind: str, visibility: str, tmp_path: Path) -> None:
    assert [c.visibility for c in channels(read_json(tmp_path, chat(type=kind)))] == [visibility]


def test_a_text_of_many_pieces_is_one_text(tmp_path: Path) -> None:
    pieces = [
        "See ",
        {"type": "text_link", "text": "our shop", "href": "https://x.example"},
        " and ",
        {"type": "link", "text": "https://y.example"},
        {"type": "mention_name", "text": " Anna", "user_id": 1},
        7,
        {"text": ["x"]},
    ]
    assert texts(read_posts(tmp_path, post(pieces))) == ["See our shop (https://x.example) and https://y.example Anna"]


def test_replies_belong_to_the_thread_of_what_they_answer(tmp_path: Path) -> None:
    items = [post(), post("a", 2, reply_to_message_id=1), post("b", 3, reply_to_message_id=2)]
    first, second, third = messages(read_posts(tmp_path, *items))
    assert (second.thread, second.reply_to) == (first.id, first.id)
    assert (third.thread, third.reply_to) == (first.id, second.id)


def test_an_answer_to_another_chat_begins_a_thread(tmp_path: Path) -> None:
    (message,) = messages(read_posts(tmp_path, post(reply_to_message_id=9, reply_to_peer_id="channel5")))
    assert (message.thread, message.reply_to) == (message.id, None)


def test_a_topic_of_a_forum_is_a_thread_with_a_title(tmp_path: Path) -> None:
    topic = {"id": 5, "type": "service", "action": "topic_created", "title": "Leaks", "actor_id": "user1"}
    items = [topic, post("a", 6, reply_to_message_id=5), post("b", 7, reply_to_message_id=6)]
    first, second = messages(read_posts(tmp_path, *items))
    assert (first.thread, first.reply_to, first.title) == ("77/5", None, "Leaks")
    assert (second.thread, second.reply_to, second.title) == ("77/5", first.id, None)


def test_a_poll_is_its_question_and_its_options(tmp_path: Path) -> None:
    poll = {"question": "Which?", "total_voters": 2, "answers": [{"text": "Flat", "voters": 2}, {"text": "Cone"}, 7]}
    (message,) = messages(read_posts(tmp_path, post("", poll=poll)))
    assert (message.kind, message.text) == ("poll", "Which?\n– Flat\n– Cone")


def test_reactions_are_counted_by_name(tmp_path: Path) -> None:
    reactions = [
        {"type": "emoji", "count": 4, "emoji": "🔥"},
        {"type": "custom_emoji", "count": 2, "document_id": "a"},
        {"type": "custom_emoji", "count": 1, "document_id": "b"},
        {"type": "emoji", "count": "x", "emoji": "x"},
        "🔥",
    ]
    (message,) = messages(read_posts(tmp_path, post(reactions=reactions)))
    assert message.reactions == {"🔥": 4, "custom_emoji": 3}


def test_an_edit_makes_a_newer_version(tmp_path: Path) -> None:
    (message,) = messages(read_posts(tmp_path, post(edited_unixtime="1764579900")))
    assert message.version == datetime(2025, 12, 1, 9, 5, tzinfo=UTC)


def test_a_channel_may_forward_its_own_words(tmp_path: Path) -> None:
    own, other = post(forwarded_from="Anna"), post("x", 2, forwarded_from="Bo")
    unknown = post("y", 3, forwarded_from=None)
    records = read_posts(tmp_path, own, other, unknown)
    assert texts(records) == ["The bag leaks."]
    assert reasons(records) == ["forwarded message"] * 2


def test_who_speaks_as_the_group_runs_it(tmp_path: Path) -> None:
    records = read_posts(tmp_path, post(), post("b", 2, from_id="channel77"))
    assert [member.is_staff for member in members(records)] == [False, True]


def test_a_new_name_is_told_again(tmp_path: Path) -> None:
    records = read_posts(tmp_path, post(), post("b", 2), post("c", 3, **{"from": "Annie"}), post("d", 4))
    assert [member.name for member in members(records)] == ["Anna", "Annie", "Anna"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("hello", "not a message"),
        (None, "not a message"),
        ([1], "not a message"),
        ({}, "not a message"),
        ({"id": 1, "type": "service", "action": "join_group_by_link"}, "written by Telegram itself"),
        (post(from_id=None), "no id or author"),
        (post(id_=None), "no id or author"),
        (post(from_id="\u202e"), "no id or author"),
        (post(date_unixtime="soon", date="never"), "no valid time"),
        (post(date_unixtime="9" * 16, date=None), "no valid time"),
        (post(""), "no text"),
        (post({"a": 1}), "no text"),
        (post("x" * 100_001), "text longer than"),
        (post(from_id="u" * 301), "bad author"),
    ],
)
def test_a_message_that_cannot_be_read_is_counted_and_the_next_one_read(item: Any, reason: str, tmp_path: Path) -> None:
    records = read_posts(tmp_path, item, post("next", 9))
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_a_longer_export_adds_only_what_is_new(tmp_path: Path) -> None:
    first, edited = [post()], post("The bag leaked.", edited_unixtime="1764579900")
    exports = (read_posts(tmp_path, *items) for items in (first, first, [edited, post("new", 2)]))
    assert imported(MemoryMessageStore(), *exports) == [(1, 0, 0), (0, 0, 1), (1, 1, 0)]


def test_an_export_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = write_json(tmp_path / "result.json", chat(post(), post("lost", 2)))
    path.write_bytes(path.read_bytes()[:-40])
    records = read(path)
    assert texts(records) == ["The bag leaks."]
    assert "broken file" in reasons(records)[-1]


@pytest.mark.parametrize("deep", ["[" * 1_000_000, '{"a":' * 300_000, '"' + "x" * 1_000_000])
def test_what_has_no_bottom_is_not_followed(deep: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"name":"x","type":"private_group","id":1,"messages":[' + deep)
    assert "broken file" in reasons(read(tmp_path))[-1]


def test_other_json_is_no_export(tmp_path: Path) -> None:
    assert not telegram.recognises(write_json(tmp_path / "result.json", {"name": "x", "messages": []}))


hostile_posts = st.fixed_dictionaries(
    {"type": st.just("message") | json_values},
    optional={
        "id": json_values,
        "from": json_values,
        "from_id": st.sampled_from(["user1", *HOSTILE_TEXTS]) | json_values,
        "date_unixtime": st.sampled_from(["1764579600", *HOSTILE_TEXTS]) | json_values,
        "text": st.text(max_size=20) | st.lists(json_values, max_size=3) | json_values,
        "reply_to_message_id": json_values,
        "poll": st.fixed_dictionaries({"question": json_values, "answers": json_values}) | json_values,
        "reactions": st.lists(st.fixed_dictionaries({"emoji": json_values, "count": json_values}), max_size=2),
        "edited": json_values,
        "forwarded_from": json_values,
        "action": st.just("topic_created") | json_values,
    },
)


@given(st.lists(hostile_posts | json_values, max_size=4), json_values)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_an_export_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, items: list[Any], name: Any
) -> None:
    records = read_json(tmp_path, account(chat(*items, name=name), name))
    assert_safe(records)
    broken = any("broken file" in reason for reason in reasons(records))  # a number beyond 64 bits ends a file
    assert broken or len(messages(records)) + len(reasons(records)) >= len(items)


@given(st.binary(max_size=30), st.integers(0, 400))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_export_damaged_anywhere_never_stops_the_import(tmp_path: Path, noise: bytes, at: int) -> None:
    path = write_json(tmp_path / "result.json", account(chat(post())))
    path.write_bytes(damaged(path.read_bytes(), at, noise))
    with suppress(BadExport):
        assert_safe(read(path))
