"""Slack exports, as Slack writes them and as nobody should."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.errors import BadExport
from knowledge.importers.slack import plain_text
from knowledge.messages import Channel, Member, Record
from tests.unit.knowledge.importers.archives import damaged, read_export
from tests.unit.knowledge.importers.exports import (
    HOSTILE_TEXTS,
    LONE_SURROGATE,
    assert_safe,
    channels,
    json_values,
    members,
    messages,
    reasons,
    slack_export,
    slack_message,
    texts,
    write_json,
    zipped,
    zipped_folder,
)

read_slack = partial(read_export, name="slack")


def read(folder: Path, *items: Any, **parts: Any) -> list[Record]:
    return read_slack(slack_export(folder, *items, **parts))


def test_a_message_is_read_with_its_member_and_channel(tmp_path: Path) -> None:
    records = read(tmp_path, slack_message("The bag leaks."))
    assert channels(records) == [Channel(id="C1", name="#general")]
    assert members(records) == [Member(id="U1", name="Anna")]
    (message,) = messages(records)
    assert (message.id, message.channel, message.author) == ("C1/1764579600.000100", "C1", "U1")
    assert message.at == datetime(2025, 12, 1, 9, 0, 0, 100, tzinfo=UTC)
    assert message.thread == message.id
    assert message.reply_to is None


def test_an_archive_says_the_same_as_its_folder(tmp_path: Path) -> None:
    folder = slack_export(tmp_path / "export", slack_message(), slack_message("Mine too.", "1764579700.0"))
    assert read_slack(zipped_folder(folder, tmp_path / "export.zip")) == read_slack(folder)


def test_an_export_may_lie_in_the_one_folder_of_its_archive(tmp_path: Path) -> None:
    slack_export(tmp_path / "outer" / "Club export", slack_message())
    (tmp_path / "outer" / "__MACOSX").mkdir()
    assert texts(read_slack(zipped_folder(tmp_path / "outer", tmp_path / "export.zip"))) == ["The bag leaks."]


def test_days_are_read_in_their_order(tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message("second"))
    write_json(tmp_path / "general" / "2025-11-30.json", [slack_message("first", "1764493200.0")])
    assert texts(read_slack(tmp_path)) == ["first", "second"]


def test_other_files_of_a_channel_are_not_messages(tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message())
    write_json(tmp_path / "general" / "canvas_in_the_conversation.json", [slack_message("secret")])
    assert texts(read_slack(tmp_path)) == ["The bag leaks."]


def test_an_answer_knows_its_thread(tmp_path: Path) -> None:
    first, answer = messages(
        read(tmp_path, slack_message(ts="1.0", thread_ts="1.0"), slack_message("Mine too.", "2.0", thread_ts="1.0"))
    )
    assert first.reply_to is None
    assert (answer.thread, answer.reply_to) == (first.id, first.id)


def test_an_edit_makes_a_newer_version(tmp_path: Path) -> None:
    (message,) = messages(read(tmp_path, slack_message(edited={"user": "U1", "ts": "1764579900.0"})))
    assert message.version == datetime(2025, 12, 1, 9, 5, tzinfo=UTC)


def test_reactions_are_counted_by_name(tmp_path: Path) -> None:
    reactions = [{"name": "heart", "count": 2}, {"name": "eyes", "count": 0}, {"name": "x", "count": "3"}, "heart", {}]
    (message,) = messages(read(tmp_path, slack_message(reactions=reactions)))
    assert message.reactions == {"heart": 2}


def test_direct_messages_are_never_read(tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message())
    write_json(tmp_path / "dms.json", [{"id": "D1", "name": "D1", "members": ["U1", "U2"]}])
    (tmp_path / "D1").mkdir()
    write_json(tmp_path / "D1" / "2025-12-01.json", [slack_message("between us")])
    assert texts(read_slack(tmp_path)) == ["The bag leaks."]


def test_what_groups_json_lists_is_private(tmp_path: Path) -> None:
    slack_export(tmp_path, channels=[])
    write_json(tmp_path / "groups.json", [{"id": "G1", "name": "general"}])
    assert channels(read_slack(tmp_path)) == [Channel(id="G1", name="#general", visibility="private")]


def test_a_listed_channel_may_say_that_it_is_private(tmp_path: Path) -> None:
    records = read(tmp_path, channels=[{"id": "C1", "name": "general", "is_private": True}])
    assert [channel.visibility for channel in channels(records)] == ["private"]


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"profile": {"display_name": "Annie"}, "real_name": "Anna Nowak", "name": "anna"}, "Annie"),
        ({"profile": {"display_name": ""}, "real_name": "Anna Nowak", "name": "anna"}, "Anna Nowak"),
        ({"name": "anna"}, "anna"),
        ({"name": "\0"}, "U1"),
        ({}, "U1"),
    ],
)
def test_a_member_is_called_what_people_see(user: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert [member.name for member in members(read(tmp_path, users=[{"id": "U1", **user}]))] == [name]


def test_bots_and_slackbot_are_bots(tmp_path: Path) -> None:
    users = [{"id": "B1", "is_bot": True}, {"id": "USLACKBOT"}, {"id": "U1"}]
    assert [member.is_bot for member in members(read(tmp_path, users=users))] == [True, True, False]


def test_admins_and_owners_run_the_place(tmp_path: Path) -> None:
    users = [{"id": "U1", "is_admin": True}, {"id": "U2", "is_owner": True}, {"id": "U3"}]
    assert [member.is_staff for member in members(read(tmp_path, users=users))] == [True, True, False]


def test_a_guest_brings_the_name_along(tmp_path: Path) -> None:
    guest = slack_message(user="U9", user_profile={"display_name": "", "real_name": "Guest"})
    records = read(tmp_path, guest, slack_message("Again.", "2.0", user="U9"), users=[])
    assert members(records) == [Member(id="U9", name="Guest")]


def test_an_app_is_a_bot_with_a_name(tmp_path: Path) -> None:
    app = slack_message(user=None, bot_id="B7", subtype="bot_message", username="Polly")
    assert members(read(tmp_path, app, users=[])) == [Member(id="B7", name="Polly", is_bot=True)]


def test_a_member_has_the_roles_that_the_export_says(tmp_path: Path) -> None:
    users = [{"id": "U1", "is_owner": True, "is_admin": True}, {"id": "U2", "is_restricted": True}, {"id": "U3"}]
    assert [member.roles for member in members(read(tmp_path, users=users))] == [("owner", "admin"), ("guest",), ()]


def test_a_deleted_message_keeps_its_place_in_its_thread(tmp_path: Path) -> None:
    tombstone = slack_message("This message was deleted.", "1.0", subtype="tombstone", thread_ts="1.0", hidden=True)
    event = {
        "type": "message",
        "subtype": "message_deleted",
        "ts": "9.0",
        "deleted_ts": "3.0",
        "previous_message": slack_message("secret", "3.0", thread_ts="1.0"),
    }
    first, answer, gone = messages(read(tmp_path, tombstone, slack_message("Mine too.", "2.0", thread_ts="1.0"), event))
    assert (first.deleted, first.text) == (True, "")
    assert answer.thread == first.id
    assert (gone.id, gone.thread, gone.deleted, gone.text) == ("C1/3.0", "C1/1.0", True, "")


def test_the_event_of_an_edit_is_the_message_as_it_became(tmp_path: Path) -> None:
    changed = {
        "type": "message",
        "subtype": "message_changed",
        "ts": "1764579900.0",
        "message": slack_message("The bag leaks badly."),
    }
    before, after = messages(read(tmp_path, slack_message(), changed))
    assert (after.id, after.text) == (before.id, "The bag leaks badly.")
    assert after.replaces(before)
    assert after.edited == datetime(2025, 12, 1, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize("subtype", ["message_deleted", "message_changed"])
@pytest.mark.parametrize("content", [None, "x", [], {"subtype": "message_changed"}])
def test_an_event_without_its_message_is_counted(subtype: str, content: Any, tmp_path: Path) -> None:
    event = {"type": "message", "subtype": subtype, "ts": "9.0", "message": content, "previous_message": content}
    records = read(tmp_path, event)
    assert messages(records) == []
    assert len(reasons(records)) == 1


def test_a_picture_says_what_its_description_says(tmp_path: Path) -> None:
    files = [{"alt_txt": "A leaking bag"}, {"alt_txt": 5}, "x", {}]
    assert texts(read(tmp_path, slack_message("", files=files))) == ["A leaking bag\n5"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("hello", "not a message"),
        (None, "not a message"),
        ({"type": "file"}, "not a message"),
        (slack_message(subtype="channel_join"), "written by Slack itself (channel_join)"),
        (slack_message(subtype=["x"]), "written by Slack itself"),
        (slack_message(subtype={"a": 1}), "written by Slack itself"),
        (slack_message(ts="soon"), "no valid time"),
        (slack_message(ts=None), "no valid time"),
        (slack_message(ts="1e300"), "no valid time"),
        (slack_message(ts="nan"), "no valid time"),
        (slack_message(ts=[1]), "no valid time"),
        (slack_message(user=None), "no author"),
        (slack_message(user={"id": "U1"}), "no author"),
        (slack_message(user=LONE_SURROGATE), "no author"),
        (slack_message(user="U" * 301), "bad author"),
        (slack_message(""), "no text"),
        (slack_message({"a": 1}), "no text"),
        (slack_message("\0\u202e"), "no text"),
        (slack_message("x" * 100_001), "text longer than"),
        (slack_message(thread_ts="x" * 400), "bad thread"),
    ],
)
def test_a_message_that_cannot_be_read_is_counted_and_the_next_one_read(item: Any, reason: str, tmp_path: Path) -> None:
    records = read(tmp_path, item, slack_message("next"))
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


@pytest.mark.parametrize(
    "changes",
    [
        {"edited": "yes"},
        {"edited": {"ts": "x"}},
        {"edited": {"ts": []}},
        {"user_profile": "x", "user": "U5"},
        {"bot_profile": [1], "user": "U5"},
        {"reactions": {"name": "x"}},
        {"reactions": [{"name": LONE_SURROGATE, "count": 1}]},
        {"blocks": "x"},
        {"thread_ts": {"a": 1}},
    ],
)
def test_details_of_the_wrong_type_do_not_cost_the_message(changes: dict[str, Any], tmp_path: Path) -> None:
    records = read(tmp_path, slack_message(**changes))
    assert texts(records) == ["The bag leaks."]
    assert_safe(records)


@pytest.mark.parametrize("listing", ["users.json", "channels.json", "general/2025-12-01.json"])
@pytest.mark.parametrize("content", ["", "{", "[1, 2", "7", "{}", "[" * 9000, "\0"])
def test_a_broken_file_is_counted(listing: str, content: str, tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message())
    (tmp_path / listing).write_text(content, encoding="utf-8")
    assert any("broken file" in reason for reason in reasons(read_slack(tmp_path)))


def test_a_broken_day_does_not_cost_the_next(tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message())
    (tmp_path / "general" / "2025-11-30.json").write_bytes(b"\xff\xfe[")
    assert texts(read_slack(tmp_path)) == ["The bag leaks."]


@pytest.mark.parametrize(
    "users", [["x"], [None], [{}], [{"id": ""}], [{"id": {}}], [{"id": LONE_SURROGATE}], [{"id": "U" * 301}]]
)
def test_a_listed_member_that_cannot_be_read_is_counted(users: Any, tmp_path: Path) -> None:
    records = read(tmp_path, slack_message(), users=users)
    assert texts(records) == ["The bag leaks."]
    assert len(reasons(records)) == 1


@pytest.mark.parametrize("profile", ["x", [1], 5, {"display_name": {"a": 1}}])
def test_a_profile_of_the_wrong_type_leaves_the_other_names(profile: Any, tmp_path: Path) -> None:
    records = read(tmp_path, users=[{"id": "U1", "profile": profile, "real_name": "Anna"}])
    assert [member.id for member in members(records)] == ["U1"]


@pytest.mark.parametrize(
    "name", ["../../../etc", "..", ".hidden", "a/b", "..\\..\\x", "c:\\x", "", LONE_SURROGATE, "n" * 300, "é" * 200, 0]
)
def test_a_channel_whose_name_leads_elsewhere_is_not_followed(name: Any, tmp_path: Path) -> None:
    records = read(tmp_path, slack_message(), channels=[{"id": "C1", "name": name}])
    assert messages(records) == []
    assert_safe(records)


def test_a_listed_channel_without_a_folder_is_still_a_channel(tmp_path: Path) -> None:
    records = read(tmp_path, channels=[{"id": "C2", "name": "empty"}])
    assert channels(records) == [Channel(id="C2", name="#empty")]


def test_a_folder_that_is_called_like_a_day_is_counted(tmp_path: Path) -> None:
    slack_export(tmp_path, slack_message())
    (tmp_path / "general" / "2025-12-02.json").mkdir()
    records = read_slack(tmp_path)
    assert texts(records) == ["The bag leaks."]
    assert len(reasons(records)) == 1


@pytest.mark.parametrize(
    "name", ["general/2025-12-02.json/x", "/general/2025-12-02.json", "../2025-12-02.json", "//x", ""]
)
def test_an_archive_with_odd_paths_gives_what_it_has(name: str, tmp_path: Path) -> None:
    folder = slack_export(tmp_path / "export", slack_message())
    archive = zipped_folder(folder, tmp_path / "export.zip")
    with ZipFile(archive, "a") as more:
        more.writestr(f"{name}QQ", "[]")
    archive.write_bytes(archive.read_bytes().replace(b"QQ", b"\0\0"))
    assert texts(read_slack(archive)) == ["The bag leaks."]


@pytest.mark.parametrize("damage", ["data", "password", "compression"])
def test_a_damaged_part_of_an_archive_is_counted(damage: str, tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "export.zip",
        [
            ("channels.json", '[{"id": "C1", "name": "general"}]'),
            ("general/2025-12-01.json", '[{"type": "message", "user": "U1", "ts": "1.0", "text": "hi"}]' + " " * 500),
        ],
    )
    data = bytearray(archive.read_bytes())
    local, central = data.index(b"2025-12-01.json"), data.rindex(b"PK\x01\x02")
    if damage == "data":
        data[local + 15 : local + 25] = b"\xff" * 10
    elif damage == "password":
        data[central + 8] |= 1
    else:
        data[central + 10] = 99
    archive.write_bytes(data)
    records = read_slack(archive)
    assert channels(records) == [Channel(id="C1", name="#general")]
    assert any("broken file" in reason for reason in reasons(records))


@given(st.binary(max_size=60), st.integers(0, 1100))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_damaged_anywhere_never_stops_the_import(tmp_path: Path, noise: bytes, at: int) -> None:
    folder = slack_export(tmp_path / "export", slack_message())
    archive = zipped_folder(folder, tmp_path / "export.zip")
    (tmp_path / "damaged.zip").write_bytes(damaged(archive.read_bytes(), at, noise))
    with suppress(BadExport):
        assert_safe(read_slack(tmp_path / "damaged.zip"))


hostile_messages = st.fixed_dictionaries(
    {"type": st.just("message") | json_values},
    optional={
        "user": st.sampled_from(["U1", *HOSTILE_TEXTS]) | json_values,
        "ts": st.sampled_from(["1764579600.0", *HOSTILE_TEXTS]) | json_values,
        "text": st.text(max_size=40) | json_values,
        "subtype": st.sampled_from(["bot_message", "channel_join", "tombstone", "message_deleted", "message_changed"])
        | json_values,
        "thread_ts": json_values,
        "edited": st.fixed_dictionaries({"ts": json_values}) | json_values,
        "user_profile": json_values,
        "bot_profile": json_values,
        "bot_id": json_values,
        "deleted_ts": json_values,
        "message": json_values,
        "previous_message": json_values,
        "files": json_values,
        "reactions": st.lists(st.fixed_dictionaries({"name": json_values, "count": json_values}), max_size=2)
        | json_values,
        "blocks": json_values,
    },
)


@given(
    st.lists(hostile_messages | json_values, max_size=4),
    st.lists(st.fixed_dictionaries({"id": json_values}, optional={"profile": json_values}) | json_values, max_size=3)
    | json_values,
    st.lists(st.fixed_dictionaries({"id": json_values, "name": json_values}) | json_values, max_size=3),
)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_an_export_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, items: list[Any], users: Any, listed: list[Any]
) -> None:
    records = read(tmp_path, *items, users=users, channels=[{"id": "C1", "name": "general"}, *listed])
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= len(items)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("<@U1> hi", "@Anna hi"),
        ("<@U2> hi", "@U2 hi"),
        ("<@U2|bo> hi", "@bo hi"),
        ("see <#C1|general>", "see #general"),
        ("<!here> and <!subteam^S1|@marketing>", "@here and @marketing"),
        ("on <!date^1392734382^{date_num}|2014-02-18>", "on 2014-02-18"),
        ("<https://x.example>", "https://x.example"),
        ("<https://x.example|our shop>", "our shop (https://x.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<tel:+48123|+48123>", "+48123"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&lt;@U1&gt;", "<@U1>"),
        ("<>", "<>"),
    ],
)
def test_markup_is_read_as_people_see_it(marked: str, plain: str) -> None:
    assert plain_text(marked, {"U1": "Anna"}) == plain


def test_a_message_may_stand_in_its_blocks(tmp_path: Path) -> None:
    elements = [
        {"type": "text", "text": "Look "},
        {"type": "user", "user_id": "U1"},
        {"type": "link", "url": "https://x.example", "text": "here"},
        {"type": "emoji", "name": "tada"},
    ]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]
    assert texts(read(tmp_path, slack_message("", blocks=blocks))) == ["Look @Annahere (https://x.example):tada:"]


@pytest.mark.parametrize(
    ("element", "plain"),
    [
        ({"type": "channel", "channel_id": "C1"}, "#general"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "@subteam"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "link", "url": "https://x.example", "text": "here"}, "here (https://x.example)"),
    ],
)
def test_whom_and_what_a_block_names_is_readable(element: Any, plain: str, tmp_path: Path) -> None:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Ask "}, element]}
    blocks = [
        {"type": "rich_text", "elements": [section]},
        {"type": "section", "text": {"type": "mrkdwn", "text": "Ok"}},
    ]
    assert texts(read(tmp_path, slack_message("", blocks=blocks))) == [f"Ask {plain}\nOk"]


def test_a_channel_that_is_named_by_its_id_is_shown_by_its_name(tmp_path: Path) -> None:
    listed = [
        {"id": "C1", "name": "general"},
        {"id": "C2", "name": "help"},
        {"id": "C3", "name": "x", "is_private": True},
    ]
    message = slack_message("Ask in <#C2|> or <#C2> or <#C3|>")
    assert texts(read(tmp_path, message, channels=listed)) == ["Ask in #help or #help or #C3"]


@pytest.mark.parametrize(
    ("attachment", "said"),
    [
        (
            {"pretext": "Ticket", "title": "New", "text": "It &lt;b&gt; leaks", "fallback": "x"},
            "Ticket\nNew\nIt <b> leaks",
        ),
        ({"fallback": "New ticket"}, "New ticket"),
        ({"is_share": True, "author_name": "Anna", "text": "It leaks."}, "Anna:\nIt leaks."),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "It leaks."}}]}, "It leaks."),
    ],
)
def test_a_message_without_a_text_says_what_is_attached(attachment: Any, said: str, tmp_path: Path) -> None:
    assert texts(read(tmp_path, slack_message("", attachments=["broken", attachment]))) == [said]


def test_a_webhook_with_nothing_but_a_name_has_an_author(tmp_path: Path) -> None:
    hook = slack_message("Deployed.", subtype="bot_message", username="Deploy", user=None)
    records = read(tmp_path, hook, users=[])
    assert [(member.name, member.is_bot) for member in members(records)] == [("Deploy", True)]
    assert texts(records) == ["Deployed."]


@pytest.mark.parametrize(
    ("marked", "own"),
    [
        ("&gt; It leaks.\n&gt;Really.\nMine too.", "Mine too."),
        ("Mine too.\n&gt;&gt;&gt; It leaks.\nReally.", "Mine too."),
        ("&gt; only theirs", "> only theirs"),
        ("a &gt; b", "a > b"),
    ],
)
def test_quoted_lines_are_not_said_by_the_one_who_quotes(marked: str, own: str, tmp_path: Path) -> None:
    assert texts(read(tmp_path, slack_message(marked))) == [own]


def test_a_quote_in_blocks_is_left_out(tmp_path: Path) -> None:
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "It leaks.\nReally."}]}
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": "Mine too."}]}
    blocks = [{"type": "rich_text", "elements": [quote, section]}]
    assert texts(read(tmp_path, slack_message("", blocks=blocks))) == ["Mine too."]


def test_blocks_without_end_are_not_followed_to_the_end(tmp_path: Path) -> None:
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(400):
        block = {"elements": [block]}
    assert reasons(read(tmp_path, slack_message("", blocks=[block]))) == ["no text"]


def test_markup_that_never_closes_takes_no_time() -> None:
    assert plain_text("<a|" * 30_000, {}).startswith("<a|")
