"""The plain text files: a head, then messages of a time and an author, a text, and what hangs on it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import regex

from knowledge.importers.chats import MadeUpIds
from knowledge.importers.discord.common import BY_DISCORD, DIRECT_MESSAGES, PRIVATE, Kind, Replies, channel_id
from knowledge.importers.local_time import LocalTime, month_first, read_local_time
from knowledge.importers.source import (
    MAX_TEXT,
    Node,
    Options,
    clean,
    message_or_skip,
    parse_time,
    read_lines,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Record

_RULE = "=" * 62
_HEADER = regex.compile(r"\[([^\[\]]{6,60})\] (\S.{0,120}?)( \(pinned\))?")
_BLOCKS = ("{Attachments}", "{Embed}", "{Stickers}", "{Reactions}")
_REACTION = regex.compile(r"(\S+)(?: \((\d{1,9})\))?(?= |$)")
_ADDRESS = regex.compile(r"https?://\S+|.*_Files[/\\].*")
_SYSTEM = regex.compile(
    r"Pinned a message\.|Joined the server\.|Started a thread\.|Left the group\.|Added a recipient\."
    r"|Removed a recipient\.|Changed the channel (icon\.|name\.|name: .*)|(Added .* to|Removed .* from) the group\."
    r"|Started a call that lasted [\d,.]+ minutes\."
)


class _Entry(NamedTuple):
    """A message as it stands in the file: its line, the head of it (see _head), and the lines below."""

    line: int
    time: LocalTime | datetime
    written: LocalTime | None
    author: str
    lines: list[str]


def begins(beginning: bytes) -> bool:
    lines = beginning.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").split(b"\n", 2)
    return len(lines) > 1 and lines[0] == _RULE.encode() and lines[1].startswith((b"Guild: ", b"Server: "))


def replies(file: Node) -> Replies:
    return iter(())


def read(file: Node, threads: Mapping[str, str], options: Options) -> Iterator[Record]:
    guild, channel = _names(file)
    if guild == DIRECT_MESSAGES:
        yield skipped(file.name, PRIVATE)
        return
    name, channel = channel, channel_id(file.name, guild, channel)
    yield record_or_skip(file.name, Channel, id=channel, name=f"#{name.rpartition(' / ')[2] or channel}")
    try:
        times = (head[0] for _, line in read_lines(file) if (head := _head(line or "", options)) is not None)
        order = month_first(time for time in times if isinstance(time, LocalTime))
        ids = MadeUpIds()
        for entry in _entries(file, options):
            if isinstance(entry, int):
                yield skipped(f"{file.name}, line {entry}", "not UTF-8, or too long")
            else:
                yield from _message(f"{file.name}, line {entry.line}", entry, channel, ids, order)
    except ValueError as error:
        yield skipped(file.name, f"broken file: {error}")


KIND = Kind(begins, replies, read)


def _names(file: Node) -> tuple[str, str]:
    names: dict[str, str] = {}
    try:
        for number, line in read_lines(file):
            label, _, value = (line or "").partition(": ")
            names.setdefault(label, clean(value))
            if number == 3:
                break
    except ValueError:
        pass  # whoever reads the messages says so
    return names.get("Guild") or names.get("Server") or "", names.get("Channel", "")


def _head(line: str, options: Options) -> tuple[LocalTime | datetime, LocalTime | None, str] | None:
    """Time, what of it is understood without a given format, and author, if a message begins with this line."""
    match = _HEADER.fullmatch(line.rstrip("\r\n")) if line.startswith("[") else None
    if match is None:
        return None
    written = read_local_time(match.group(1))
    try:
        time = (written if options.time_format is None else None) or parse_time(match.group(1), options)
    except ValueError:
        return None
    author = clean(str(match.group(2)))
    return (time, written, author) if author else None


def _entries(file: Node, options: Options) -> Iterator[_Entry | int]:
    """The messages, and the numbers of lines that cannot be read. What is too long for a post is not kept whole."""
    entry, kept, after_blank = None, 0, True
    for number, line in read_lines(file):
        if line is None:
            yield number
            continue
        head = _head(line, options) if after_blank else None
        after_blank = not line.strip()
        if head is not None:
            if entry is not None:
                yield entry
            entry, kept = _Entry(number, *head, []), 0
        elif entry is not None and kept <= 2 * MAX_TEXT:
            entry.lines.append(line.rstrip("\r\n"))
            kept += len(line)
    if entry is not None:
        yield entry


def _message(place: str, entry: _Entry, channel: str, ids: MadeUpIds, order: bool) -> Iterator[Record]:
    at = entry.time if isinstance(entry.time, datetime) else entry.time.at(month_first=order)
    if at is None:
        yield skipped(place, "no valid time")
        return
    words, blocks = _parts(entry.lines)
    text = clean("\n".join(words)) or clean(_embeds(blocks))
    if _SYSTEM.fullmatch(text):
        yield skipped(place, BY_DISCORD)
        return
    written = entry.written.untold if entry.written else None
    id_ = ids.of(channel, entry.author, (written or at).isoformat(), text)
    yield record_or_skip(place, Member, id=entry.author, name=entry.author)
    yield message_or_skip(
        place,
        id=id_,
        channel=channel,
        author=entry.author,
        text=text,
        at=at,
        thread=id_,
        reactions=_reactions(blocks),
    )


def _parts(lines: list[str]) -> tuple[list[str], list[str]]:
    """The text, and the blocks after it. The rule at the end of the file belongs to neither."""
    if _RULE in lines:
        lines = lines[: lines.index(_RULE)]
    cut = next((number for number, line in enumerate(lines) if line in _BLOCKS), len(lines))
    return lines[:cut], lines[cut:]


def _embeds(blocks: list[str]) -> str:
    """What the embeds say, without addresses."""
    said, inside = [], False
    for line in blocks:
        inside = line == "{Embed}" if line in _BLOCKS else inside
        if inside and line not in _BLOCKS and not _ADDRESS.fullmatch(line):
            said.append(line)
    return "\n".join(said)


def _reactions(blocks: list[str]) -> dict[str, int]:
    listed = next((line for mark, line in pairwise(blocks) if mark == "{Reactions}"), "")
    return {clean(name): int(count or 1) for name, count in _REACTION.findall(listed) if clean(name)}
