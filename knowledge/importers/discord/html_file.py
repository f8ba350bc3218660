"""The HTML files, message by message: a file is cut where a message begins."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import regex
from bs4.element import Tag

from knowledge.importers.discord.common import (
    BY_DISCORD,
    DIRECT_MESSAGES,
    FORWARDED,
    PRIVATE,
    Kind,
    Replies,
    channel_id,
)
from knowledge.importers.local_time import read_local_time
from knowledge.importers.markup import html_text, parse_html
from knowledge.importers.source import (
    MAX_TEXT,
    UNREADABLE,
    Node,
    Options,
    check_size,
    clean,
    message_or_skip,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Record

_CHUNK = 64 * 1024
_LONGEST = 10 * MAX_TEXT
"""Characters of the HTML of one message."""
_START = regex.compile(r"(?=<div [^<>]{0,300}data-message-id=)")
_ID = regex.compile(r"data-message-id=[\"']?(\d{15,20})\b")
_REPLY = regex.compile(r"chatlog__(?:reply|reference)-link\b[^<>]{0,100}scrollToMessage\(event, ?'(\d{15,20})'")
_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Ids are milliseconds since then, and 22 further bits: https://docs.discord.com/developers/reference#snowflakes."""
_CUSTOM_EMOJI = regex.compile(r"\w+")


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"chatlog__" in beginning


def replies(file: Node) -> Replies:
    try:
        for piece in _pieces(file):
            id_, answered = _ID.search(piece), _REPLY.search(piece)
            if id_ and answered:
                yield str(id_.group(1)), str(answered.group(1))
    except ValueError:
        return  # whoever reads the messages says so


def read(file: Node, threads: Mapping[str, str], options: Options) -> Iterator[Record]:
    channel = ""
    author: _Author | None = None
    try:
        for number, piece in enumerate(_pieces(file)):
            place = f"{file.name}, message {number}"
            soup = parse_html(piece) if len(piece) <= _LONGEST else None
            if soup is None:
                yield skipped(place, f"longer than {_LONGEST} characters")
                continue
            if number == 0:
                guild, channel = _names(soup)
                if guild == DIRECT_MESSAGES:
                    yield skipped(file.name, PRIVATE)
                    return
                name, channel = channel, channel_id(file.name, guild, channel)
                yield record_or_skip(file.name, Channel, id=channel, name=f"#{name.rpartition(' / ')[2] or channel}")
            # Only the first message of a group says whose they are; older versions say so before it.
            message, authors = soup.find(_is_message), _authors(soup)
            if message is not None:
                author = next(iter(_authors(message)), author)
                yield from _message(place, message, piece, channel, author, threads)
            author = authors[-1] if authors else author
    except ValueError as error:
        yield skipped(file.name, f"broken file: {error}")


KIND = Kind(begins, replies, read)


class _Author(NamedTuple):
    id: str
    name: str
    is_bot: bool


def _pieces(file: Node) -> Iterator[str]:
    """What stands before the first message, then each message, and what follows it. Raises ValueError."""
    try:
        check_size(file)
        rest = ""
        with file.open("r", encoding="utf-8", errors="replace") as lines:
            while chunk := lines.read(_CHUNK):
                *whole, rest = _START.split(rest + str(chunk))
                yield from whole
                if len(rest) > _LONGEST + 1:
                    yield rest
                    rest = ""
        yield rest
    except UNREADABLE as error:
        raise ValueError(f"not readable: {error}") from error


def _is_message(tag: Tag) -> bool:
    return tag.has_attr("data-message-id")


def _names(soup: Tag) -> tuple[str, str]:
    """Guild and channel, as the head of the page calls them."""
    entries = [clean(entry.get_text()) for entry in soup.find_all(class_="preamble__entry", limit=2)]
    return (entries[0], entries[1]) if len(entries) == 2 else ("", "")


def _authors(part: Tag) -> list[_Author]:
    found = []
    for tag in part.find_all(class_=["chatlog__author", "chatlog__author-name"]):
        id_, name = _attribute(tag, "data-user-id"), clean(tag.get_text())
        tagged = tag.find_next_sibling(class_=["chatlog__author-tag", "chatlog__bot-label", "chatlog__bot-tag"])
        if id_ or name:
            found.append(_Author(id_ or name, name or id_, tagged is not None))
    return found


def _message(
    place: str, message: Tag, piece: str, channel: str, author: _Author | None, threads: Mapping[str, str]
) -> Iterator[Record]:
    found, answered = _ID.search(piece), _REPLY.search(piece)
    if found is None:
        yield skipped(place, "no id or author")
        return
    if message.find(class_="chatlog__system-notification-content") is not None:
        yield skipped(place, BY_DISCORD)
        return
    if message.find(class_="chatlog__forwarded") is not None:
        yield skipped(place, FORWARDED)
        return
    if author is None:
        yield skipped(place, "no id or author")
        return
    id_, parent = str(found.group(1)), str(answered.group(1)) if answered else None
    at = _EPOCH + timedelta(milliseconds=int(id_) >> 22)
    yield record_or_skip(place, Member, id=author.id, name=author.name, is_bot=author.is_bot)
    yield message_or_skip(
        place,
        id=id_,
        channel=channel,
        author=author.id,
        text=_text(message),
        at=at,
        thread=threads.get(id_) or parent or id_,
        reply_to=parent,
        reactions=_reactions(message),
        edited=_edited(message, at),
    )


def _text(message: Tag) -> str:
    content = message.find(class_="chatlog__content")
    parts = [content] if isinstance(content, Tag) else []
    text = "\n".join(map(_words, parts))
    if clean(text):
        return text
    return "\n".join(map(_words, message.find_all(class_=["chatlog__embed-title", "chatlog__embed-description"])))


def _words(tag: Tag) -> str:
    """The words of a part. Its white space counts: Discord shows it."""
    for emoji in tag.find_all("img", class_="chatlog__emoji"):
        name = _attribute(emoji, "alt")
        emoji.replace_with(f":{name}:" if name.isascii() and _CUSTOM_EMOJI.fullmatch(name) else name)
    kept = tag.find(class_=["chatlog__markdown-preserve", "preserve-whitespace"])
    return html_text(f"<pre>{kept or tag}</pre>", without=[".chatlog__edited-timestamp"])


def _reactions(message: Tag) -> dict[str, int]:
    counts = {}
    for reaction in message.find_all(class_="chatlog__reaction"):
        emoji, count = reaction.find("img"), reaction.find(class_="chatlog__reaction-count")
        name = _attribute(reaction, "title") or (_attribute(emoji, "alt") if emoji else "")
        digits = clean(count.get_text()) if count else ""
        if name and digits.isdecimal() and 0 < len(digits) < 10:
            counts[name] = int(digits)
    return counts


def _edited(message: Tag, at: datetime) -> datetime | None:
    """The time of the edit, from how much later than the message it is in the same local time."""
    mark = message.find(class_="chatlog__edited-timestamp")
    own = message.find(class_=["chatlog__timestamp", "chatlog__short-timestamp"])
    if mark is None or own is None:
        return None
    written = read_local_time(_attribute(own, "title") or clean(own.get_text()))
    edited = read_local_time(_attribute(mark, "title"))
    if written is None or edited is None:
        return None
    for month_first in (True, False):
        first, later = written.at(month_first=month_first), edited.at(month_first=month_first)
        # The order is the one in which the message's own time is its time, in whatever zone.
        if first and later and abs(first - at) < timedelta(hours=26) and later >= first:
            return at + (later - first)
    return None


def _attribute(tag: Tag, name: str) -> str:
    return clean(str(tag.get(name) or ""))
