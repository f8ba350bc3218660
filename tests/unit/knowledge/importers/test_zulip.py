"""Exports of Zulip organizations, and messages of its API."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers import recognise, zulip
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

REALM: dict[str, Any] = {
    "zerver_realm": [{"id": 1}],
    "zerver_userprofile": [{"id": 10, "full_name": "Anna", "email": "user10@x.example", "role": 400}],
    "zerver_userprofile_crossrealm": [
        {"id": 99, "full_name": "Notification Bot", "email": "notification-bot@zulip.com"}
    ],
    "zerver_stream": [{"id": 3, "name": "general", "invite_only": False}],
    "zerver_recipient": [{"id": 30, "type": 2, "type_id": 3}, {"id": 31, "type": 1, "type_id": 10}],
}


def sent(id_: Any = 1, content: Any = "The bag leaks.", **changes: Any) -> dict[str, Any]:
    """A message as an export has it."""
    message = {"id": id_, "sender": 10, "recipient": 30, "subject": "bags", "date_sent": 1764579600.5}
    return {**message, "content": content, "last_edit_time": None, **changes}


def export(folder: Path, *items: Any, **realm: Any) -> Path:
    folder.mkdir(exist_ok=True)
    write_json(folder / "realm.json", {**REALM, **realm})
    write_json(folder / "messages-000001.json", {"zerver_message": items, "zerver_usermessage": []})
    return folder


def read(folder: Path, *items: Any, **realm: Any) -> list[Record]:
    return read_export(export(folder, *items, **realm), "zulip")


def read_one(folder: Path, **changes: Any) -> Message:
    (message,) = messages(read(folder, sent(**changes)))
    return message


def answered(id_: Any = 1, content: Any = "<p>The bag leaks.</p>", **changes: Any) -> dict[str, Any]:
    """A message as the API gives it."""
    return {
        "id": id_,
        "type": "stream",
        "sender_id": 10,
        "sender_full_name": "Anna",
        "sender_email": "anna@x.example",
        "display_recipient": "general",
        "stream_id": 3,
        "subject": "bags",
        "timestamp": 1764579600,
        "content": content,
        "reactions": [],
        **changes,
    }


def response(path: Path, *items: Any) -> Path:
    return write_json(path, {"result": "success", "found_newest": True, "messages": items})


def tarred(folder: Path, path: Path, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, arcname="zulip-export-x1")
    return path


def test_a_message_is_read_with_its_member_and_channel(tmp_path: Path) -> None:
    reactions = [{"message": 1, "emoji_name": "tada", "user_profile": n} for n in (10, 11)]
    records = read(tmp_path, sent(last_edit_time=1764579900.0), zerver_reaction=[*reactions, {"message": 2}, None])
    assert channels(records) == [Channel(id="3", name="#general")]
    assert members(records)[0] == Member(id="10", name="Anna")
    assert messages(records) == [
        Message(
            id="1",
            channel="3",
            author="10",
            title="bags",
            text="The bag leaks.",
            at=datetime(2025, 12, 1, 9, 0, 0, 500_000, tzinfo=UTC),
            edited=datetime(2025, 12, 1, 9, 5, tzinfo=UTC),
            thread="1",
            reactions={"tada": 2},
        )
    ]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_export_may_lie_in_an_archive(mode: str, tmp_path: Path) -> None:
    folder = export(tmp_path / "zulip-export", sent())
    write_json(folder / "messages-000002.json", {"zerver_message": [sent(2, "Mine too.")]})
    records = read_export(folder)
    for path in (tarred(folder, tmp_path / "a.tar.gz", mode), zipped_folder(folder, tmp_path / "a.zip")):
        assert recognise(path).name == "zulip"
        assert read_export(path) == records
    assert texts(records) == ["The bag leaks.", "Mine too."]


def test_direct_messages_are_never_read(tmp_path: Path) -> None:
    items = [sent(recipient=31), sent(recipient=77), sent(recipient=None)]
    records = read(tmp_path, *items)
    assert reasons(records) == ["direct message, or of no listed channel"] * 3
    assert messages(records) == []


def test_a_channel_by_invitation_is_private(tmp_path: Path) -> None:
    streams = [{"id": n, "name": f"s{n}", "invite_only": value} for n, value in enumerate([True, False, "no"])]
    records = read(tmp_path, zerver_stream=streams)
    assert [channel.visibility for channel in channels(records)] == ["private", "public", "private"]


def test_a_topic_is_a_thread(tmp_path: Path) -> None:
    items = [sent(1), sent(2, subject="Bags"), sent(3, subject="beans"), sent(4, ""), sent(5)]
    read_ = messages(read(tmp_path, *items))
    assert [(m.id, m.thread, m.reply_to) for m in read_] == [
        ("1", "1", None),
        ("2", "1", "1"),
        ("3", "3", None),
        ("5", "1", "1"),
    ]


@pytest.mark.parametrize(
    ("role", "roles", "is_staff"),
    [
        (100, ("owner",), True),
        (300, ("moderator",), True),
        (400, (), False),
        (600, ("guest",), False),
        ([1], (), False),
    ],
)
def test_roles_are_kept(role: Any, roles: tuple[str, ...], is_staff: bool, tmp_path: Path) -> None:
    user = {"id": 10, "full_name": "Anna", "role": role, "date_joined": 1764579600.0}
    assert members(read(tmp_path, zerver_userprofile=[user, user, {}, None]))[0] == Member(
        id="10", name="Anna", roles=roles, is_staff=is_staff, joined=datetime(2025, 12, 1, 9, tzinfo=UTC)
    )


def test_bots_are_bots_and_what_zulip_says_is_left_out(tmp_path: Path) -> None:
    users = [{"id": 10, "full_name": "Polly", "is_bot": True, "bot_type": 1}]
    records = read(tmp_path, sent(), sent(2, sender=99), zerver_userprofile=users)
    assert [member.is_bot for member in members(records)] == [True, True]
    assert reasons(records) == ["written by Zulip itself"]


def test_what_a_member_emptied_keeps_its_place(tmp_path: Path) -> None:
    message = read_one(tmp_path, content="(deleted)")
    assert (message.deleted, message.text, message.title) == (True, "", None)


def test_a_poll_is_its_question_and_its_options(tmp_path: Path) -> None:
    message = read_one(tmp_path, content="/poll Which roast?\nDark\n\nLight")
    assert (message.kind, message.text) == ("poll", "Which roast?\n– Dark\n– Light")


@pytest.mark.parametrize(
    ("content", "text", "reply_to"),
    [
        ("@**Anna Nowak|10** see #**general>bags**", "@Anna Nowak see #general>bags", None),
        ("@_**Anna|10** @*staff*", "@Anna @staff", None),
        ("[our shop](https://x.example)", "our shop (https://x.example)", None),
        ("Look [bag.png](/user_uploads/2/ab/bag.png)", "Look", None),
        ("[my drawing](/user_uploads/2/ab/x.png)", "my drawing", None),
        ("@_**Bo|11** [said](https://z.example/#narrow/stream/3/near/77):\n```quote\ntheirs\n```\nmine", "mine", "77"),
        ("````quote\ntheirs\n```quote\ninner\n```\n````\nmine", "mine", None),
        ("```python\ncode\n```", "```python\ncode\n```", None),
        ("mine\n```quote\nnever closed", "mine", None),
    ],
)
def test_markdown_is_read_as_people_see_it(content: str, text: str, reply_to: str | None, tmp_path: Path) -> None:
    message = read_one(tmp_path, content=content)
    assert (message.text, message.reply_to) == (text, reply_to)


@pytest.mark.parametrize(
    "content", ["[a](/user_uploads/" * 5000, "@**" * 30_000, "```quote\n" * 10_000, "](/near/" * 12_000]
)
def test_markup_that_never_closes_takes_no_time(content: str, tmp_path: Path) -> None:
    assert_safe(read(tmp_path, sent(content=content)))


def test_the_messages_of_the_api_are_read(tmp_path: Path) -> None:
    reactions = [{"emoji_name": "tada", "user_id": 1}, {"emoji_name": "tada", "user_id": 2}, {}, None]
    quote = (
        '<p><span class="user-mention silent" data-user-id="11">Bo</span> <a href="/#narrow/near/77">said</a>:</p>\n'
        "<blockquote>\n<p>theirs</p>\n</blockquote>\n<p>mine</p>"
    )
    items = [
        answered(reactions=reactions),
        answered(2, quote, sender_full_name="Anna N.", last_edit_timestamp=1764579900),
    ]
    records = read_export(response(tmp_path / "messages.json", *items))
    assert channels(records) == [Channel(id="3", name="#general")]
    assert members(records) == [Member(id="10", name="Anna N.")]
    first, second = messages(records)
    assert (first.text, first.title, first.reactions) == ("The bag leaks.", "bags", {"tada": 2})
    assert (second.text, second.thread, second.reply_to) == ("mine", "1", "77")
    assert second.edited == datetime(2025, 12, 1, 9, 5, tzinfo=UTC)


def test_a_page_of_the_api_may_be_a_list_and_has_no_direct_messages(tmp_path: Path) -> None:
    direct = answered(2, type="private", display_recipient=[{"id": 10}])
    path = write_json(
        tmp_path / "x.json", [answered(content="**raw**"), direct, answered(3, type=None, display_recipient=[])]
    )
    records = read_export(path)
    assert texts(records) == ["**raw**"]
    assert reasons(records) == ["direct message"] * 2


def test_the_api_has_bots_and_the_voice_of_zulip_too(tmp_path: Path) -> None:
    polly = answered(sender_email="polly-bot@x.example")
    voice = answered(2, sender_id=99, sender_email="notification-bot@zulip.com")
    records = read_export(response(tmp_path / "x.json", polly, voice))
    assert [member.is_bot for member in members(records)] == [True]
    assert reasons(records) == ["written by Zulip itself"]


def test_the_archive_tool_keeps_channel_and_topic_in_the_names_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "json" / "116-coffee-talk"
    folder.mkdir(parents=True)
    slim = {"id": 5, "sender_full_name": "Anna", "timestamp": 1764579600, "content": "<p>The bag leaks.</p>"}
    write_json(folder / "new.20bags.json", [slim, {**slim, "id": 6}])
    write_json(tmp_path / "json" / "stream_index.json", {"streams": {}, "time": 1})
    for path in (tmp_path / "json", zipped_folder(tmp_path / "json", tmp_path / "a.zip")):
        assert recognise(path).name == "zulip"
        records = read_export(path)
        assert channels(records) == [Channel(id="116", name="#coffee-talk")]
        assert members(records) == [Member(id="Anna", name="Anna")]
        assert [(m.id, m.title, m.thread) for m in messages(records)] == [
            ("5", "new bags", "5"),
            ("6", "new bags", "5"),
        ]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "direct message"),
        (sent(date_sent="soon"), "no valid time"),
        (sent(date_sent=1e300), "no valid time"),
        (sent(None), "no id, author or channel"),
        (sent(sender=None), "no id, author or channel"),
        (sent("9" * 400), "bad id"),
        (sent(sender="9" * 400), "bad author"),
        (sent(content=None), "no text"),
        (sent(content="x" * 100_001), "text longer than"),
    ],
)
def test_a_message_that_cannot_be_read_is_counted_and_the_next_one_read(item: Any, reason: str, tmp_path: Path) -> None:
    records = read(tmp_path, item, sent(9, "next"))
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_a_broken_page_does_not_cost_the_next(tmp_path: Path) -> None:
    export(tmp_path, sent(1), sent(2))
    page = tmp_path / "messages-000001.json"
    page.write_bytes(page.read_bytes()[:-80])
    write_json(tmp_path / "messages-000002.json.partial", {"zerver_message": [sent(3, "next")]})
    records = read_export(tmp_path)
    assert texts(records) == ["The bag leaks.", "next"]
    assert any("broken file" in reason for reason in reasons(records))


def test_an_archive_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    folder = export(tmp_path / "export", *(sent(n, f"{n * n} leaks") for n in range(3000)))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("realm.json", "messages-000001.json"):
            archive.add(folder / name, arcname=name)
    data = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(data[: len(data) * 2 // 3])
    records = read_export(tmp_path / "a.tar")
    assert len(texts(records)) > 100
    assert any("broken file" in reason for reason in reasons(records))


def test_a_header_that_says_it_is_endless_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("realm.json")
    info.type, info.size = tarfile.XHDTYPE, 2**33 - 1
    (tmp_path / "a.tar").write_bytes(info.tobuf() + b"\0" * 10_000)
    assert not zulip.recognises(tmp_path / "a.tar")
    assert len(reasons(read_export(tmp_path / "a.tar", "zulip"))) == 1


def test_a_newer_export_adds_only_what_is_new(tmp_path: Path) -> None:
    assert_only_news_are_added(lambda count: export(tmp_path / "e", *(sent(n, f"{n}") for n in range(count))), 3, 5)
    assert_only_news_are_added(
        lambda count: response(tmp_path / "x.json", *(answered(n, f"{n}") for n in range(count))), 3, 5
    )


tables = st.lists(
    st.dictionaries(
        st.sampled_from(["id", "type", "type_id", "name", "full_name", "email", "role", "message", "emoji_name"]),
        st.sampled_from([2, 3, 10, 30]) | json_values,
    )
    | json_values,
    max_size=3,
)
items = st.fixed_dictionaries(
    {"id": st.integers(1, 5) | json_values, "content": st.text(st.sampled_from("`quote@*#[]()\n a<>p/"), max_size=40)},
    optional={
        "sender": st.just(10) | json_values,
        "recipient": st.just(30) | json_values,
        "subject": json_values,
        "date_sent": st.just(1764579600) | json_values,
        "last_edit_time": json_values,
        "type": st.just("stream") | json_values,
        "sender_id": json_values,
        "sender_full_name": json_values,
        "sender_email": json_values,
        "display_recipient": st.just("general") | json_values,
        "stream_id": json_values,
        "timestamp": st.just(1764579600) | json_values,
        "reactions": st.lists(st.fixed_dictionaries({"emoji_name": json_values}), max_size=2) | json_values,
    },
)


@given(st.lists(items | json_values, max_size=4), tables)
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_an_export_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, hostile: list[Any], table: list[Any]
) -> None:
    realm = {name: [*REALM.get(name, []), *table] for name in (*REALM, "zerver_reaction")}
    assert_safe(read(tmp_path / "export", sent(), *hostile, **realm))
    assert_safe(read_export(response(tmp_path / "x.json", answered(), *hostile), "zulip"))


@given(st.integers(0, 3000), st.binary(max_size=8), st.sampled_from(["w", "w:gz"]))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_damaged_anywhere_never_stops_the_import(tmp_path: Path, at: int, noise: bytes, mode: str) -> None:
    folder = export(tmp_path / "export", sent(1), sent(2))
    tar = tarred(folder, tmp_path / "a.tar", mode)
    tar.write_bytes(damaged(tar.read_bytes(), at, noise))
    assert_safe(read_export(tar, "zulip"))
