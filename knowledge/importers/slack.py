"""Slack workspace export: a folder or zip with channels.json, users.json and CHANNEL/YYYY-MM-DD.json.

Format: https://slack.com/help/articles/220556107. Direct messages (dms.json, mpims.json) are never read; groups.json
lists private channels. What was deleted keeps its place where the export has one: as a tombstone in its thread, or as
the event of the deletion. Events of edits are read as the message that they made.
"""

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import regex

from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_text,
    clean,
    deleted_or_skip,
    message_or_skip,
    open_export,
    read_json,
    record_or_skip,
    skipped,
    top_folders,
)
from knowledge.messages import Channel, Member, Record, Skipped, Visibility

# Joins, leaves, topics, pins: what the workspace says, not a member.
_SPOKEN = (None, "bot_message", "thread_broadcast", "me_message", "file_share", "reply_broadcast")
# https://docs.slack.dev/reference/objects/user-object
_ROLES = {
    "is_primary_owner": "primary owner",
    "is_owner": "owner",
    "is_admin": "admin",
    "is_restricted": "guest",
    "is_ultra_restricted": "single-channel guest",
}
_NOBODY = "unknown"
"""Who wrote a deleted message that nobody says anything of."""
_MARKUP = regex.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_QUOTE = regex.compile(r"^&gt;&gt;&gt;[\s\S]*|^&gt;.*\n?", regex.MULTILINE)
_DAY = regex.compile(r"\d{4}-\d{2}-\d{2}\.json")
_DEEPEST_BLOCK = 20
_LINES = ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "section", "header", "context")
"""Blocks that begin a line of their own."""


def recognises(path: Path) -> bool:
    return (path.is_dir() or path.suffix.lower() == ".zip") and _root(open_export(path)) is not None


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield the channels, the members, then the messages of each channel day by day."""
    root = _root(open_export(path))
    if root is None:
        yield skipped(str(path), "no channels.json")
        return
    names: dict[str, str] = {}
    for record in _members(root):
        if isinstance(record, Member):
            names[record.id] = record.name
        yield record
    public = (record for record in _channels(root, *_LISTINGS[0]) if isinstance(record, Channel))
    names |= {f"#{channel.id}": channel.name for channel in public if channel.visibility == "public"}
    for listing, visibility in _LISTINGS:
        for record in _channels(root, listing, visibility):
            yield record
            if isinstance(record, Channel):
                folder = root / record.name.removeprefix("#")
                if folder.is_dir():
                    yield from _messages(folder, record, names)


_LISTINGS: tuple[tuple[str, Visibility], ...] = (("channels.json", "public"), ("groups.json", "private"))


def _root(node: Node) -> Node | None:
    """Where channels.json lies: at the top, or in the single folder that an archiver put around it."""
    return next((folder for folder in top_folders(node, alone=True) if (folder / "channels.json").is_file()), None)


def _listing(root: Node, name: str) -> Iterator[dict[str, Any] | Skipped]:
    node = root / name
    if not node.is_file():
        return
    try:
        data = read_json(node)
    except ValueError as error:
        yield skipped(name, f"broken file: {error}")
        return
    if not isinstance(data, list):
        yield skipped(name, "broken file: not a list")
        return
    for number, item in enumerate(data, start=1):
        yield item if isinstance(item, dict) else skipped(f"{name}, entry {number}", "not an object")


def _members(root: Node) -> Iterator[Record]:
    for user in _listing(root, "users.json"):
        if isinstance(user, Skipped):
            yield user
            continue
        profile = as_mapping(user.get("profile"))
        id_ = clean(as_text(user.get("id")))
        name = profile.get("display_name") or user.get("real_name") or user.get("name")
        if not id_:
            yield skipped("users.json", "member without id")
        else:
            yield record_or_skip(
                "users.json",
                Member,
                id=id_,
                name=clean(as_text(name)) or id_,
                is_bot=bool(user.get("is_bot")) or id_ == "USLACKBOT",
                is_staff=bool(user.get("is_admin") or user.get("is_owner")),
                roles=tuple(role for flag, role in _ROLES.items() if user.get(flag) is True),
            )


def _channels(root: Node, listing: str, visibility: Visibility) -> Iterator[Record]:
    for item in _listing(root, listing):
        if isinstance(item, Skipped):
            yield item
            continue
        id_, name = clean(as_text(item.get("id"))), clean(as_text(item.get("name")))
        if not id_ or not _is_folder_name(name):
            yield skipped(listing, "channel without id or name")
            continue
        seen: Visibility = "private" if item.get("is_private") else visibility
        yield record_or_skip(listing, Channel, id=id_, name=f"#{name}", visibility=seen)


def _is_folder_name(name: str) -> bool:
    """Whether a folder of this export can be called that; the longest that file systems take is 255 bytes."""
    return 0 < len(name.encode()) <= 255 and not name.startswith(".") and not {"/", "\\"} & set(name)


def _messages(folder: Node, channel: Channel, names: dict[str, str]) -> Iterator[Record]:
    for day in sorted((f for f in folder.iterdir() if _DAY.fullmatch(f.name)), key=lambda f: f.name):
        place = f"{folder.name}/{day.name}"
        try:
            items = read_json(day)
        except ValueError as error:
            yield skipped(place, f"broken file: {error}")
            continue
        if not isinstance(items, list):
            yield skipped(place, "broken file: not a list of messages")
            continue
        for number, item in enumerate(items, start=1):
            yield from read_message(f"{place}, message {number}", item, channel, names)


def read_message(place: str, item: Any, channel: Channel, names: dict[str, str]) -> Iterator[Record]:
    """Yield a message, and its author unless `names` (id -> name, which grows) has them; or why it is left out.

    `names` may have those of channels too, as #id.
    """
    if not isinstance(item, dict) or item.get("type") != "message":
        yield skipped(place, "not a message")
        return
    item, deleted = _event(item)
    if not deleted and item.get("subtype") not in _SPOKEN:
        yield skipped(place, f"written by Slack itself ({item.get('subtype')})")
        return
    name = clean(as_text(item.get("username")))
    # A webhook may have nothing but a name; it is no id of a member, whatever it says.
    author = clean(as_text(item.get("user")) or as_text(item.get("bot_id"))) or (name and f"webhook {name}")
    # The event of a deletion may lack the message that it took.
    author = author or (_NOBODY if deleted else "")
    ts = as_text(item.get("ts"))
    at = _time(ts)
    if at is None:
        yield skipped(place, "no valid time (ts)")
        return
    if not author:
        yield skipped(place, "no author")
        return
    if author not in names and author != _NOBODY:
        member = _unlisted(place, author, item)
        names[author] = member.name if isinstance(member, Member) else author
        yield member
    thread = as_text(item.get("thread_ts")) or ts
    fields: dict[str, Any] = {
        "id": f"{channel.id}/{ts}",
        "channel": channel.id,
        "author": author,
        "at": at,
        "thread": f"{channel.id}/{thread}",
        "reply_to": f"{channel.id}/{thread}" if thread != ts else None,
        "edited": _time(as_text(as_mapping(item.get("edited")).get("ts"))),
    }
    if deleted:
        yield deleted_or_skip(place, **fields)
        return
    said = as_text(item.get("text")) or _blocks(item.get("blocks"))
    said = said or _attachments(item.get("attachments")) or _pictures(item.get("files"))
    yield message_or_skip(
        place, **fields, text=plain_text(_own_words(said), names), reactions=_reactions(item.get("reactions"))
    )


def _event(item: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The message that an edit made or a deletion took, or the item itself; and whether it is deleted.

    Events: https://docs.slack.dev/reference/events/message, message_changed and message_deleted.
    """
    if item.get("subtype") == "message_deleted":
        return {**as_mapping(item.get("previous_message")), "ts": item.get("deleted_ts")}, True
    if item.get("subtype") == "message_changed":
        changed = as_mapping(item.get("message"))
        item = {"edited": {"ts": item.get("ts")}, **changed}
    return item, item.get("subtype") == "tombstone"


def _time(ts: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _unlisted(place: str, author: str, item: Mapping[str, Any]) -> Record:
    """A member whom users.json lacks: apps and guests bring their names with the message."""
    profile = as_mapping(item.get("user_profile") or item.get("bot_profile"))
    name = profile.get("display_name") or profile.get("real_name") or profile.get("name") or item.get("username")
    is_bot = bool(item.get("bot_id") or item.get("subtype") == "bot_message") and not item.get("user_profile")
    return record_or_skip(place, Member, id=author, name=clean(as_text(name)) or author, is_bot=is_bot)


def _reactions(value: Any) -> dict[str, int]:
    return {
        clean(str(item["name"])): item["count"]
        for item in as_list(value)
        if isinstance(item, dict) and "name" in item and isinstance(item.get("count"), int) and item["count"] > 0
    }


def _attachments(value: Any) -> str:
    """What is attached to a message without words of its own: of a program, or of somebody who is forwarded."""
    lines: list[str] = []
    for item in map(as_mapping, as_list(value)):
        shared = as_text(item.get("author_name")) if item.get("is_share") is True else ""
        said = [as_text(item.get("pretext")), shared and f"{shared}:", as_text(item.get("title"))]
        words = [*said, as_text(item.get("text")) or _blocks(item.get("blocks"))]
        lines += filter(None, words if any(words) else [as_text(item.get("fallback"))])
    return "\n".join(lines)


def _own_words(marked: str) -> str:
    """Without the lines that quote others. Who only quotes, says the quote."""
    own = _QUOTE.sub("", marked)
    return own if own.strip() else marked


def _pictures(value: Any) -> str:
    """What the descriptions of a message's pictures say."""
    return "\n".join(filter(None, (as_text(as_mapping(file).get("alt_txt")) for file in as_list(value))))


def plain_text(text: str, names: Mapping[str, str]) -> str:
    """Slack's mrkdwn as people read it: mentions and channels by name, links with their label.

    Rules: https://docs.slack.dev/messaging/formatting-message-text
    """

    def readable(match: regex.Match[str]) -> str:
        target, label = match.group(1), match.group(2)
        if target.startswith("!date^"):
            return label or ""
        if target.startswith("@"):
            return "@" + (label or names.get(target[1:], target[1:])).removeprefix("@")
        if target.startswith("#"):
            return "#" + (label or names.get(target, target[1:])).removeprefix("#")
        if target.startswith("!"):
            return "@" + (label or target[1:].split("^")[0]).removeprefix("@")
        target = target.removeprefix("mailto:").removeprefix("tel:")
        return f"{label} ({target})" if label and label != target else target

    return html.unescape(_MARKUP.sub(readable, text))


def _blocks(value: Any, depth: int = 0) -> str:
    """The text of rich_text blocks, for messages whose `text` is empty."""
    if isinstance(value, list) and depth <= _DEEPEST_BLOCK:
        return "".join(_blocks(item, depth + 1) for item in value)
    if not isinstance(value, dict) or depth > _DEEPEST_BLOCK:
        return ""
    kind = value.get("type")
    if kind in ("text", "mrkdwn", "plain_text"):
        return str(value.get("text") or "")
    if kind == "link":
        return f"<{value.get('url')}|{value.get('text') or value.get('url')}>"
    if kind == "user":
        return f"<@{value.get('user_id')}>"
    if kind == "channel":
        return f"<#{value.get('channel_id')}>"
    if kind == "usergroup":
        return f"<!subteam^{value.get('usergroup_id')}>"
    if kind == "broadcast":
        return f"<!{value.get('range')}>"
    if kind == "emoji":
        return f":{value.get('name')}:"
    inner = _blocks(value.get("elements") or value.get("text"), depth + 1)
    if kind == "rich_text_quote":
        inner = "\n".join(f"&gt; {line}" for line in inner.split("\n"))
    return inner + "\n" if kind in _LINES else inner
