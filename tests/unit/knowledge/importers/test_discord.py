"""Discord channels, as DiscordChatExporter writes them in three kinds of files and as nobody should."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.errors import BadExport
from knowledge.importers import recognise
from knowledge.importers.source import Options
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

NINE = datetime(2025, 12, 1, 9, 0, tzinfo=UTC)
CHANNEL = "123456789012345678"


def snowflake(minute: int) -> str:
    """The id of a message so many minutes after nine."""
    return str(int((NINE + timedelta(minutes=minute) - datetime(2015, 1, 1, tzinfo=UTC)).total_seconds() * 1000) << 22)


FIRST, SECOND, THIRD = (snowflake(minute) for minute in range(3))


def post(text: Any = "The bag leaks.", id_: Any = FIRST, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "Default",
        "timestamp": "2025-12-01T10:00:00+01:00",
        "timestampEdited": None,
        "content": text,
        "author": {"id": "7", "name": "anna", "nickname": "Anna", "isBot": False, "roles": []},
        **changes,
    }


def reply(text: str, id_: str, to: str, **changes: Any) -> dict[str, Any]:
    return post(text, id_, type="Reply", reference={"messageId": to, "channelId": CHANNEL}, **changes)


def export(*items: Any, guild: Any = None, **channel: Any) -> dict[str, Any]:
    return {
        "guild": guild or {"id": "5", "name": "Club"},
        "channel": {"id": CHANNEL, "type": "GuildTextChat", "category": "Shop", "name": "bags", **channel},
        "exportedAt": "2025-12-02T00:00:00+00:00",
        "messages": list(items),
    }


def html_post(text: str, id_: str, minute: int, *, author: str | None = "Anna", to: str = "", after: str = "") -> str:
    """A message as the page has it; only the first of a group has an author."""
    answered = f"<span class=chatlog__reply-link onclick=\"scrollToMessage(event,'{to}')\">bag</span>"
    head = f'<div class=chatlog__header><span class=chatlog__author title="anna" data-user-id="7">{author}</span>'
    time = f'<span class=chatlog__timestamp title="Monday, 1 December 2025 10:{minute:02}"><a>01/12</a></span></div>'
    short = f'<div class=chatlog__short-timestamp title="Monday, 1 December 2025 10:{minute:02}">10:00</div>'
    return (
        f'<div id=chatlog__message-container-{id_} class="chatlog__message-container" data-message-id="{id_}">'
        f"{f'<div class=chatlog__reply>{answered}</div>' if to else ''}{head + time if author else short}"
        f'<div class="chatlog__content chatlog__markdown"><span class=chatlog__markdown-preserve>{text}</span>{after}'
        "</div></div>"
    )


def page(*items: str, guild: str = "Club") -> str:
    return (
        f"<!DOCTYPE html><style>.chatlog__x{{}}</style><body><div class=preamble__entry>{guild}</div>"
        f"<div class=preamble__entry>Shop / bags</div><div class=chatlog><div class=chatlog__message-group>"
        f"{''.join(items)}</div></div><div class=postamble><div class=postamble__entry>Exported</div></div>"
    )


RULE = "=" * 62
HEAD = f"{RULE}\nGuild: Club\nChannel: Shop / bags\n{RULE}\n\n"
FOOT = f"{RULE}\nExported 2 message(s)\n{RULE}\n"
TEXT = f"""{HEAD}[12/01/2025 09:00] anna (pinned)
The bag leaks.

[not a time] really

{{Attachments}}
https://cdn.example/bag.png

{{Reactions}}
🚀 (2) oatho

[12/13/2025 09:00] bo
Mine too.


{FOOT}"""

read = partial(read_export, name="discord")


def write(folder: Path, content: str | bytes, suffix: str) -> Path:
    path = folder / f"Club - Shop - bags [{CHANNEL}]{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_json(folder: Path, *items: Any, **channel: Any) -> list[Record]:
    return read(write_json(folder / "bags.json", export(*items, **channel)))


def read_html(folder: Path, *items: str) -> list[Record]:
    return read(write(folder, page(*items), ".html"))


def read_text(folder: Path, text: str, options: Options = Options()) -> list[Record]:  # noqa: B008  immutable
    return read(write(folder, text, ".txt"), options=options)


def test_a_message_is_read_with_its_member_and_channel(tmp_path: Path) -> None:
    records = read_json(tmp_path, post())
    assert channels(records) == [Channel(id=CHANNEL, name="#bags")]
    assert members(records) == [Member(id="7", name="Anna")]
    (message,) = messages(records)
    assert (message.id, message.channel, message.author, message.at) == (FIRST, CHANNEL, "7", NINE)
    assert (message.thread, message.reply_to) == (FIRST, None)
    assert message.url == f"https://discord.com/channels/5/{CHANNEL}/{FIRST}"


def test_the_page_says_the_same_as_the_json(tmp_path: Path) -> None:
    answer = html_post("Mine <b>too</b>.\n\nReally.", SECOND, 1, author=None, to=FIRST)
    from_page = read_html(tmp_path, html_post("The bag leaks.", FIRST, 0), answer)
    second = "2025-12-01T09:01:00+00:00"
    from_json = read_json(tmp_path, post(), reply("Mine too.\n\nReally.", SECOND, FIRST, timestamp=second))
    unlinked = [message.model_copy(update={"url": None}) for message in messages(from_json)]
    assert messages(from_page) == unlinked
    assert (members(from_page), channels(from_page)) == (members(from_json), channels(from_json))


@pytest.mark.parametrize("suffix", [".json", ".html", ".txt"])
@pytest.mark.parametrize("shape", ["file", "folder", "archive"])
def test_each_kind_of_file_is_recognised_alone_and_among_others(suffix: str, shape: str, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    if suffix == ".json":
        path = write_json(folder / "bags.json", export(post()))
    else:
        path = write(folder, TEXT if suffix == ".txt" else page(html_post("The bag leaks.", FIRST, 0)), suffix)
    (folder / "a.txt").write_text("[12/01/2025 09:00] an attachment")
    whole = {"file": path, "folder": folder, "archive": zipped_folder(folder, tmp_path / "x.zip")}[shape]
    assert recognise(whole).name == "discord"
    assert texts(read(whole))[0].startswith("The bag leaks.")


def test_threads_go_through_all_replies_in_whatever_order(tmp_path: Path) -> None:
    items = [reply("c", THIRD, SECOND), reply("b", SECOND, FIRST), post()]
    third, second, first = messages(read_json(tmp_path, *items))
    assert {first.thread, second.thread, third.thread} == {FIRST}
    assert (second.reply_to, third.reply_to) == (FIRST, SECOND)


def test_a_thread_of_discord_is_a_thread(tmp_path: Path) -> None:
    records = read_json(tmp_path, post(), reply("b", SECOND, FIRST), id=FIRST, type="GuildPrivateThread", name="leak")
    assert {message.thread for message in messages(records)} == {FIRST}
    assert [channel.visibility for channel in channels(records)] == ["private"]


@pytest.mark.parametrize(
    "content",
    [
        export(post(), type="DirectTextChat"),
        export(post(), type="DirectGroupTextChat"),
        export(post(), guild={"id": "0", "name": "Direct Messages"}),
    ],
)
def test_direct_messages_are_never_read(content: Any, tmp_path: Path) -> None:
    assert reasons(records := read(write_json(tmp_path / "x.json", content))) == ["private message"]
    assert len(records) == 1


def test_direct_messages_are_not_read_from_pages_and_texts_either(tmp_path: Path) -> None:
    write(tmp_path, page(html_post("x", FIRST, 0), guild="Direct Messages"), ".html")
    write(tmp_path, TEXT.replace("Guild: Club", "Guild: Direct Messages"), ".txt")
    assert reasons(records := read(tmp_path)) == ["private message"] * 2
    assert messages(records) == []


@pytest.mark.parametrize(("role", "is_staff"), [("Moderators", True), ("Shop Staff", True), ("Modern Art", False)])
def test_roles_are_kept_and_tell_who_runs_the_place(role: str, is_staff: bool, tmp_path: Path) -> None:
    author = {"id": "7", "name": "anna", "isBot": True, "roles": [{"name": role}, {"name": 5}, "x"]}
    (member,) = members(read_json(tmp_path, post(author=author)))
    assert member == Member(id="7", name="anna", is_bot=True, is_staff=is_staff, roles=(role, "5"))


def test_reactions_are_counted_by_name(tmp_path: Path) -> None:
    reactions = [{"emoji": {"name": "🚀", "code": "rocket"}, "count": 2}, {"emoji": {"name": "oatho"}, "count": 1}, 7]
    (message,) = messages(read_json(tmp_path, post(reactions=reactions)))
    assert message.reactions == {"rocket": 2, "oatho": 1}
    seen = "<div class=chatlog__reaction title=rocket><img alt=🚀> <span class=chatlog__reaction-count>2</span></div>"
    (message,) = messages(read_html(tmp_path, html_post("a", FIRST, 0, after=seen)))
    assert message.reactions == {"rocket": 2}


def test_an_edit_makes_a_newer_version(tmp_path: Path) -> None:
    (message,) = messages(read_json(tmp_path, post(timestampEdited="2025-12-01T09:05:00+00:00")))
    assert message.version == NINE + timedelta(minutes=5)


@pytest.mark.parametrize("at", ["Monday, 1 December 2025 10:05", "Monday, December 1, 2025 10:05 AM"])
def test_a_page_says_the_time_of_an_edit_in_its_own_zone(at: str, tmp_path: Path) -> None:
    mark = f'<span class=chatlog__edited-timestamp title="{at}">(edited)</span>'
    (message,) = messages(read_html(tmp_path, html_post("a", FIRST, 0, after=mark)))
    assert (message.text, message.edited) == ("a", NINE + timedelta(minutes=5))


def test_emoji_links_and_code_of_a_page_stay_readable(tmp_path: Path) -> None:
    text = (
        '<img class="chatlog__emoji " alt="👋" title="wave"> <img class=chatlog__emoji alt=oatho> '
        '<a href="https://x.example">shop</a> <span class=chatlog__markdown-mention>@Bo</span>\n'
        "<div class=chatlog__markdown-pre>if x:\n    y()</div>"
    )
    (message,) = messages(read_html(tmp_path, html_post(text, FIRST, 0)))
    assert message.text == "👋 :oatho: shop (https://x.example) @Bo\nif x:\n    y()"


def test_links_of_the_json_stay_readable(tmp_path: Path) -> None:
    assert texts(read_json(tmp_path, post("**See** [shop](https://x.example)"))) == ["**See** shop (https://x.example)"]


def test_a_bot_may_speak_in_embeds(tmp_path: Path) -> None:
    embed = {"title": "News", "description": "We open.", "url": "https://x.example"}
    assert texts(read_json(tmp_path, post("", embeds=[embed, 7]))) == ["News\nWe open."]
    shown = "<div class=chatlog__embed-title>News</div><div class=chatlog__embed-description>We open.</div>"
    assert texts(read_html(tmp_path, html_post("", FIRST, 0, after=shown))) == ["News\nWe open."]
    shown = f"{HEAD}[12/01/2025 09:00] bot\n\n\n{{Embed}}\nhttps://x.example\nNews\nWe open.\n\n"
    assert texts(read_text(tmp_path, shown)) == ["News\nWe open."]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("hello", "not a message"),
        (None, "not a message"),
        (post(type="GuildMemberJoin"), "written by Discord itself"),
        (post(type=["x"]), "written by Discord itself"),
        (post(forwardedMessage={"content": "x"}), "forwarded message"),
        (post(reference={"type": "Forward", "messageId": "1"}), "forwarded message"),
        (post(id_=None), "no id or author"),
        (post(author=None), "no id or author"),
        (post(timestamp="soon"), "no valid time"),
        (post(""), "no text"),
        (post({"a": 1}), "no text"),
        (post("x" * 100_001), "text longer than"),
        (post(id_="1" * 301), "bad id"),
    ],
)
def test_a_message_that_cannot_be_read_is_counted_and_the_next_one_read(item: Any, reason: str, tmp_path: Path) -> None:
    records = read_json(tmp_path, item, post("next", SECOND))
    assert texts(records) == ["next"]
    assert any(reason in told for told in reasons(records))
    assert_safe(records)


def test_what_a_page_tells_of_joins_and_forwards_is_counted(tmp_path: Path) -> None:
    joined = f"<div data-message-id={FIRST}><span class=chatlog__system-notification-content>joined</span></div>"
    forward = html_post("", SECOND, 1, after="<div class=chatlog__forwarded>words</div>")
    orphan = f"<div data-message-id={THIRD}><div class=chatlog__content>whose?</div></div>"
    assert reasons(read_html(tmp_path, joined, orphan, forward)) == [
        "written by Discord itself",
        "no id or author",
        "forwarded message",
    ]


def test_a_page_of_an_older_version_names_the_author_before_the_group(tmp_path: Path) -> None:
    def group(name: str, id_: str) -> str:
        return (
            f'<span class="chatlog__author-name" data-user-id="{name}">{name}</span><span class=chatlog__bot-tag>BOT'
            f'</span><div class="chatlog__message" data-message-id="{id_}"><div class=chatlog__content>'
            f'<span class="preserve-whitespace">hi</span></div></div>'
        )

    records = read_html(tmp_path, group("anna", FIRST), group("bo", SECOND))
    assert [message.author for message in messages(records)] == ["anna", "bo"]
    assert [member.is_bot for member in members(records)] == [True, True]


def test_a_text_file_is_read(tmp_path: Path) -> None:
    records = read_text(tmp_path, TEXT)
    assert channels(records) == [Channel(id=CHANNEL, name="#bags")]
    assert members(records) == [Member(id="anna", name="anna"), Member(id="bo", name="bo")]
    first, second = messages(records)
    assert (first.text, first.reactions) == ("The bag leaks.\n\n[not a time] really", {"🚀": 2, "oatho": 1})
    assert (second.text, second.at) == ("Mine too.", datetime(2025, 12, 13, 9, 0, tzinfo=UTC))


def test_the_times_of_a_text_file_can_be_told(tmp_path: Path) -> None:
    text = f"{HEAD}[01|12|2025 9h] anna\nhi\n"
    assert messages(read_text(tmp_path, text)) == []
    (message,) = messages(read_text(tmp_path, text, Options(time_format="%d|%m|%Y %Hh")))
    assert message.at == NINE


def test_what_discord_says_in_a_text_file_is_counted(tmp_path: Path) -> None:
    said = ("Pinned a message.", "Joined the server.", "Changed the channel name: x", "Added Bo to the group.")
    text = HEAD + "".join(f"[12/01/2025 09:00] anna\n{line}\n\n\n" for line in said)
    assert reasons(read_text(tmp_path, text)) == ["written by Discord itself"] * len(said)


def test_a_longer_export_adds_only_what_is_new(tmp_path: Path) -> None:
    first, later = [post()], [post(timestampEdited="2025-12-02"), post("b", SECOND)]
    exports = (read_json(tmp_path, *items) for items in (first, first, later))
    assert imported(store := MemoryMessageStore(), *exports) == [(1, 0, 0), (0, 0, 1), (1, 1, 0)]
    assert store.count("club") == 2


def test_a_longer_text_adds_only_what_is_new(tmp_path: Path) -> None:
    twice, more = "[12/13/2025 09:00] anna\nok\n\n\n" * 2, "[12/14/2025 09:00] anna\nok\n\n\n"
    exports = (read_text(tmp_path, f"{HEAD}{said}{FOOT}") for said in (twice, twice + more))
    assert imported(MemoryMessageStore(), *exports) == [(2, 0, 0), (1, 0, 2)]


def test_a_longer_text_that_tells_month_from_day_moves_what_is_there(tmp_path: Path) -> None:
    said, more = "[12/01/2025 09:00] anna\nok\n\n\n", "[12/13/2025 09:00] anna\nnew\n\n\n"
    exports = (read_text(tmp_path, f"{HEAD}{text}{FOOT}") for text in (said, said + more))
    assert imported(store := MemoryMessageStore(), *exports) == [(1, 0, 0), (1, 1, 0)]
    assert NINE in {message.at for message in store.everything("club")}


@pytest.mark.parametrize("suffix", [".json", ".html", ".txt"])
def test_a_file_that_breaks_off_is_read_up_to_there(suffix: str, tmp_path: Path) -> None:
    if suffix == ".json":
        path = write_json(tmp_path / "bags.json", export(post(), post("lost", SECOND)))
    elif suffix == ".html":
        path = write(tmp_path, page(html_post("The bag leaks.", FIRST, 0), html_post("x", SECOND, 1)), suffix)
    else:
        path = write(tmp_path, TEXT, suffix)
    path.write_bytes(path.read_bytes()[: -250 if suffix != ".json" else -60])
    records = read(path)
    assert texts(records)[0].startswith("The bag leaks.")
    assert_safe(records)


@pytest.mark.parametrize(
    "junk",
    ["<div>" * 900, "<!--" * 9_000, "<" * 9_000, "<![x[" * 9_000, '<div data-message-id="1" ' * 300, "x" * 3_000_000],
    ids=["deep", "comments", "open", "sections", "attributes", "long"],
)
def test_a_hostile_message_costs_no_other(junk: str, tmp_path: Path) -> None:
    records = read_html(tmp_path, html_post(junk, FIRST, 0), html_post("next", SECOND, 1))
    assert texts(records)[-1] == "next"
    assert_safe(records)


def test_a_json_without_a_bottom_is_counted(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"guild":{},"channel":{},"messages":[' + "[" * 1_000_000)
    assert any("broken file" in reason for reason in reasons(read(tmp_path)))


hostile_posts = st.fixed_dictionaries(
    {"type": st.sampled_from(["Default", "Reply"]) | json_values},
    optional={
        "id": st.just(FIRST) | json_values,
        "timestamp": st.sampled_from(["2025-12-01", *HOSTILE_TEXTS]) | json_values,
        "timestampEdited": json_values,
        "content": st.text(max_size=20) | json_values,
        "author": st.fixed_dictionaries({"id": json_values, "name": json_values, "roles": json_values}) | json_values,
        "reference": st.fixed_dictionaries({"messageId": json_values}) | json_values,
        "reactions": st.lists(st.fixed_dictionaries({"emoji": json_values, "count": json_values}), max_size=2),
        "embeds": json_values,
    },
)


@given(st.lists(hostile_posts | json_values, max_size=3), json_values)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_json_becomes_a_record_or_a_counted_skip(
    tmp_path: Path, items: list[Any], name: Any
) -> None:
    records = read_json(tmp_path, *items, name=name, type=name)
    broken = any("broken file" in reason for reason in reasons(records))  # a number beyond 64 bits ends a file
    assert (
        broken or "private message" in reasons(records) or len(messages(records)) + len(reasons(records)) >= len(items)
    )
    assert_safe(records)


@given(st.binary(max_size=30), st.integers(0, 900), st.sampled_from([".json", ".html", ".txt"]))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_damaged_anywhere_never_stops_the_import(tmp_path: Path, noise: bytes, at: int, suffix: str) -> None:
    whole = page(html_post("The bag leaks.", FIRST, 0), html_post("b", SECOND, 1, to=FIRST))
    data = write_json(tmp_path / "bags.json", export(post())).read_bytes()
    data = {".json": data, ".html": whole.encode(), ".txt": TEXT.encode()}[suffix]
    with suppress(BadExport):
        assert_safe(read(write(tmp_path, damaged(data, at, noise), suffix)))
