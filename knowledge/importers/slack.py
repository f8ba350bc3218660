"""Slack workspace export: a folder or zip with channels.json, users.json and CHANNEL/YYYY-MM-DD.json.

Format: https://slack.com/help/articles/220556107. Direct messages (dms.json, mpims.json) are never read; groups.json
lists private channels.
"""

import html
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import regex

from knowledge.importers.source import Node, Options, clean, message_or_skip, open_export, read_json
from knowledge.messages import Channel, Member, Record, Skipped, Visibility

# Joins, leaves, topics, pins: what the workspace says, not a member.
_SPOKEN = frozenset({None, "bot_message", "thread_broadcast", "me_message", "file_share", "reply_broadcast"})
_MARKUP = regex.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_DAY = regex.compile(r"\d{4}-\d{2}-\d{2}\.json")


def recognises(path: Path) -> bool:
    if path.is_file() and path.suffix.lower() != ".zip":
        return False
    try:
        return _root(open_export(path)) is not None
    except Exception:  # noqa: BLE001  an archive that cannot be opened is not this format
        return False


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield the channels, the members, then the messages of each channel day by day."""
    root = _root(open_export(path))
    if root is None:
        yield Skipped(place=str(path), reason="no channels.json or users.json")
        return
    names: dict[str, str] = {}
    for record in _members(root):
        if isinstance(record, Member):
            names[record.id] = record.name
        yield record
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
    if (node / "channels.json").is_file():
        return node
    inner = [child for child in node.iterdir() if child.is_dir() and not child.name.startswith((".", "__"))]
    return inner[0] if len(inner) == 1 and (inner[0] / "channels.json").is_file() else None


def _listing(root: Node, name: str) -> tuple[list[dict[str, Any]], Skipped | None]:
    node = root / name
    if not node.is_file():
        return [], None
    try:
        data = read_json(node)
    except ValueError as error:
        return [], Skipped(place=name, reason=f"broken file: {error}")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else [], None


def _members(root: Node) -> Iterator[Record]:
    users, broken = _listing(root, "users.json")
    if broken is not None:
        yield broken
    for user in users:
        profile = user.get("profile") or {}
        id_ = str(user.get("id") or "")
        name = clean(str(profile.get("display_name") or user.get("real_name") or user.get("name") or id_))
        if id_:
            yield Member(id=id_, name=name or id_, is_bot=bool(user.get("is_bot")) or id_ == "USLACKBOT")


def _channels(root: Node, listing: str, visibility: Visibility) -> Iterator[Record]:
    items, broken = _listing(root, listing)
    if broken is not None:
        yield broken
    for item in items:
        id_, name = str(item.get("id") or ""), str(item.get("name") or "")
        if not id_ or not name or "/" in name or name.startswith("."):
            yield Skipped(place=listing, reason="channel without id or name")
            continue
        seen: Visibility = "private" if item.get("is_private") else visibility
        yield Channel(id=id_, name=f"#{name}", visibility=seen)


def _messages(folder: Node, channel: Channel, names: dict[str, str]) -> Iterator[Record]:
    for day in sorted((f for f in folder.iterdir() if _DAY.fullmatch(f.name)), key=lambda f: f.name):
        place = f"{folder.name}/{day.name}"
        try:
            items = read_json(day)
        except ValueError as error:
            yield Skipped(place=place, reason=f"broken file: {error}")
            continue
        if not isinstance(items, list):
            yield Skipped(place=place, reason="broken file: not a list of messages")
            continue
        for number, item in enumerate(items, start=1):
            yield from _message(f"{place}, message {number}", item, channel, names)


def _message(place: str, item: Any, channel: Channel, names: dict[str, str]) -> Iterator[Record]:
    if not isinstance(item, dict) or item.get("type") != "message":
        yield Skipped(place=place, reason="not a message")
        return
    if item.get("subtype") not in _SPOKEN:
        yield Skipped(place=place, reason=f"written by Slack itself ({item.get('subtype')})")
        return
    author = str(item.get("user") or item.get("bot_id") or "")
    try:
        at = _time(item["ts"])
    except (KeyError, TypeError, ValueError, OverflowError):
        yield Skipped(place=place, reason="no valid time (ts)")
        return
    if not author:
        yield Skipped(place=place, reason="no author")
        return
    if author not in names:
        member = _unlisted(author, item)
        names[author] = member.name
        yield member
    thread = str(item.get("thread_ts") or item["ts"])
    edited = (item.get("edited") or {}).get("ts")
    yield message_or_skip(
        place,
        id=f"{channel.id}/{item['ts']}",
        channel=channel.id,
        author=author,
        text=plain_text(str(item.get("text") or "") or _blocks(item.get("blocks")), names),
        at=at,
        thread=f"{channel.id}/{thread}",
        reply_to=f"{channel.id}/{thread}" if thread != str(item["ts"]) else None,
        reactions=_reactions(item.get("reactions")),
        edited=_time(edited) if edited else None,
    )


def _time(ts: object) -> datetime:
    return datetime.fromtimestamp(float(str(ts)), UTC)


def _unlisted(author: str, item: Mapping[str, Any]) -> Member:
    """A member whom users.json lacks: apps and guests bring their names with the message."""
    profile = item.get("user_profile") or item.get("bot_profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or profile.get("name") or item.get("username")
    is_bot = bool(item.get("bot_id")) and not item.get("user_profile")
    return Member(id=author, name=clean(str(name or author)) or author, is_bot=is_bot)


def _reactions(value: Any) -> dict[str, int]:
    items = value if isinstance(value, list) else []
    return {
        str(item["name"]): item["count"]
        for item in items
        if isinstance(item, dict) and "name" in item and isinstance(item.get("count"), int) and item["count"] > 0
    }


def plain_text(text: str, names: Mapping[str, str]) -> str:
    """Slack's mrkdwn as people read it: mentions and channels by name, links with their label.

    Rules: https://docs.slack.dev/messaging/formatting-message-text
    """

    def readable(match: regex.Match[str]) -> str:
        target, label = match.group(1), match.group(2)
        if target.startswith("@"):
            return "@" + (label or names.get(target[1:], target[1:]))
        if target.startswith("#"):
            return "#" + (label or target[1:])
        if target.startswith("!"):
            return "@" + (label or target[1:].split("^")[0])
        return f"{label} ({target})" if label and label != target else target

    return html.unescape(_MARKUP.sub(readable, text))


def _blocks(value: Any) -> str:
    """The text of rich_text blocks, for messages whose `text` is empty."""
    if isinstance(value, list):
        return "".join(_blocks(item) for item in value)
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    if kind == "text":
        return str(value.get("text") or "")
    if kind == "link":
        return str(value.get("text") or value.get("url") or "")
    if kind == "user":
        return f"<@{value.get('user_id')}>"
    if kind == "emoji":
        return f":{value.get('name')}:"
    inner = _blocks(value.get("elements") or value.get("text"))
    return inner + "\n" if kind in ("rich_text_section", "section") else inner
