"""Discord: the JSON, HTML and plain text files of DiscordChatExporter, one per channel, alone or in a folder or zip.

Format: https://github.com/Tyrrrz/DiscordChatExporter. Direct messages are never read. A private thread is private; what
other channels are, no export says: the profile of the community does. Who replies belongs to the thread of what is
replied to; a thread of Discord (JSON only) is one, named by its own id. A forwarded message is somebody else's words.
Where the author wrote nothing, the text of an embed stands for it: bots speak in embeds.

HTML and text have no id of the channel but in the name that the exporter gave their file. HTML times are taken from the
ids of the messages, which tell the millisecond. Text times have no zone and are taken as UTC, its messages have no ids,
edits or replies, and its members are known by their names alone: of the three, JSON says most.
"""

from collections.abc import Iterator
from pathlib import Path

from knowledge.importers.discord import html_file, json_file, text_file
from knowledge.importers.discord.common import Kind
from knowledge.importers.source import (
    Node,
    Options,
    files_in,
    first_bytes,
    first_messages,
    has_file,
    open_export,
    skipped,
    told_once,
)
from knowledge.messages import Record

_SUFFIXES = (".json", ".html", ".htm", ".txt")
_KINDS = (json_file.KIND, html_file.KIND, text_file.KIND)


def recognises(path: Path) -> bool:
    return has_file(path, _kind, _files)


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each channel with its members and messages, file by file in the order of their names."""
    files = [(file, kind) for file in _files(open_export(path)) if (kind := _kind(file)) is not None]
    if not files:
        yield skipped(path.name, "no file of DiscordChatExporter")
    # A reply may stand before what it answers, or in another part of its channel.
    threads = first_messages(dict(pair for file, kind in files for pair in kind.replies(file)))
    yield from told_once(record for file, kind in files for record in kind.read(file, threads, options))


def _files(root: Node) -> Iterator[Node]:
    return (file for file in files_in(root) if file.name.lower().endswith(_SUFFIXES))


def _kind(file: Node) -> Kind | None:
    beginning = first_bytes(file)
    return next((kind for kind in _KINDS if kind.begins(beginning)), None)
