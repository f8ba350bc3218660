"""The JSON files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.importers.discord.common import BY_DISCORD, FORWARDED, PRIVATE, Kind, Replies, channel_id, is_staff
from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_moment,
    as_text,
    clean,
    message_or_skip,
    readable_links,
    record_or_skip,
    skipped,
    stream_json,
)
from knowledge.messages import Channel, Member, Record

_SPOKEN = ("Default", "Reply", "20", "23")
"""Types of messages that members and their bots write; 20 and 23 answer a command, and have no name yet."""


def begins(beginning: bytes) -> bool:
    return beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and all(
        key in beginning for key in (b'"guild"', b'"channel"', b'"messages"')
    )


def replies(file: Node) -> Replies:
    try:
        for item in stream_json(file, "messages.item"):
            id_, answered = clean(as_text(as_mapping(item).get("id"))), _answered(as_mapping(item))
            if id_ and answered:
                yield id_, answered
    except ValueError:
        return  # whoever reads the messages says so


def read(file: Node, threads: Mapping[str, str], options: Options) -> Iterator[Record]:
    try:
        guild = as_mapping(next(stream_json(file, "guild"), None))
        channel = as_mapping(next(stream_json(file, "channel"), None))
        if clean(as_text(guild.get("id"))) == "0" or as_text(channel.get("type")).startswith("Direct"):
            yield skipped(file.name, PRIVATE)
            return
        name = clean(as_text(channel.get("name")))
        place = _Channel(
            id=clean(as_text(channel.get("id"))) or channel_id(file.name, as_text(guild.get("name")), name),
            guild=clean(as_text(guild.get("id"))),
            is_thread="Thread" in as_text(channel.get("type")),
            threads=threads,
        )
        visibility = "private" if "Private" in as_text(channel.get("type")) else "public"
        yield record_or_skip(file.name, Channel, id=place.id, name=f"#{name or place.id}", visibility=visibility)
        for number, item in enumerate(stream_json(file, "messages.item"), start=1):
            yield from place.message(f"{file.name}, message {number}", as_mapping(item))
    except ValueError as error:
        yield skipped(file.name, f"broken file: {error}")


KIND = Kind(begins, replies, read)


@dataclass(frozen=True)
class _Channel:
    """The channel of a file, and how its messages are read."""

    id: str
    guild: str
    is_thread: bool
    threads: Mapping[str, str]

    def message(self, place: str, item: Mapping[str, Any]) -> Iterator[Record]:
        reason = _left_out(item)
        if reason is not None:
            yield skipped(place, reason)
            return
        id_, author = clean(as_text(item.get("id"))), as_mapping(item.get("author"))
        author_id, at = clean(as_text(author.get("id"))), as_moment(item.get("timestamp"))
        if not id_ or not author_id:
            yield skipped(place, "no id or author")
            return
        if at is None:
            yield skipped(place, "no valid time (timestamp)")
            return
        yield _member(place, author_id, author)
        answered = _answered(item) or None
        first = self.threads.get(id_) or answered or id_
        yield message_or_skip(
            place,
            id=id_,
            channel=self.id,
            author=author_id,
            text=_text(item),
            at=at,
            thread=self.id if self.is_thread else first,
            reply_to=answered,
            reactions=_reactions(item.get("reactions")),
            edited=as_moment(item.get("timestampEdited")),
            url=f"https://discord.com/channels/{self.guild}/{self.id}/{id_}" if self.guild else None,
        )


def _left_out(item: Mapping[str, Any]) -> str | None:
    if not item:
        return "not a message"
    if as_text(item.get("type")) not in _SPOKEN:
        return BY_DISCORD
    if item.get("forwardedMessage") or as_mapping(item.get("reference")).get("type") == "Forward":
        return FORWARDED
    return None


def _answered(item: Mapping[str, Any]) -> str:
    """The id of what a message replies to."""
    id_ = clean(as_text(as_mapping(item.get("reference")).get("messageId")))
    return id_ if item.get("type") == "Reply" and id_ != clean(as_text(item.get("id"))) else ""


def _member(place: str, id_: str, author: Mapping[str, Any]) -> Record:
    roles = tuple(filter(None, (clean(as_text(as_mapping(role).get("name"))) for role in as_list(author.get("roles")))))
    return record_or_skip(
        place,
        Member,
        id=id_,
        name=clean(as_text(author.get("nickname"))) or clean(as_text(author.get("name"))) or id_,
        is_bot=author.get("isBot") is True,
        is_staff=is_staff(roles),
        roles=roles,
    )


def _text(item: Mapping[str, Any]) -> str:
    content = readable_links(as_text(item.get("content")))
    if clean(content):
        return content
    embeds = map(as_mapping, as_list(item.get("embeds")))
    return "\n".join(
        filter(None, (clean(as_text(embed.get(part))) for embed in embeds for part in ("title", "description")))
    )


def _reactions(value: Any) -> dict[str, int]:
    counts = {}
    for item in map(as_mapping, as_list(value)):
        emoji, count = as_mapping(item.get("emoji")), item.get("count")
        name = clean(as_text(emoji.get("code"))) or clean(as_text(emoji.get("name")))
        if name and isinstance(count, int) and 0 < count < 10**9:
            counts[name] = int(count)
    return counts
