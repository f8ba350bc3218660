"""What the importers share: reading files that may be broken, cleaning text, reading times."""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile
from zipfile import Path as ZipPath

import regex
from pydantic import ValidationError

from knowledge.errors import BadExport
from knowledge.messages import Channel, Member, Message, Record, Skipped
from knowledge.words import shorten

Node = Path | ZipPath
"""A file or folder on disk or inside a zip archive."""

MAX_FILE = 256 * 1024 * 1024
"""Bytes of a single JSON file that are read into memory; exports keep days or posts apart, so more is an attack."""
MAX_TEXT = 100_000
"""Characters of a single post."""
_DEEPEST = 20
"""Folders inside one another in an archive: exports have four, so more is an attack."""

# Control characters, and the bidirectional overrides by which one text looks like another. Persian needs its joiners.
_CONTROLS = regex.compile(r"[\p{Cc}--\n\t]|[\u202A-\u202E\u2066-\u2069\uFEFF]|\p{Cs}", regex.VERSION1)


@dataclass(frozen=True)
class Options:
    """What a person can say about a table: the names of its columns, the format of its times."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None


def clean(text: str) -> str:
    """Without control characters and bidirectional overrides, with one kind of line break, trimmed."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def open_export(path: Path) -> Node:
    """The folder of an export, or the root of its zip archive. Nothing is unpacked to disk."""
    if path.is_file() and is_zipfile(path):
        try:
            archive = ZipFile(path)
        except (BadZipFile, ValueError, NotImplementedError) as error:
            raise BadExport(f"{path}: not a readable zip archive: {error}") from error
        # Names that no archiver writes: ZipPath can be kept busy forever with them.
        archive.filelist = [i for i in archive.filelist if "//" not in i.filename and i.filename.count("/") <= _DEEPEST]
        return ZipPath(archive)
    return path


def size(node: Node) -> int:
    """Bytes of a file, unpacked, without reading it."""
    if isinstance(node, ZipPath):
        return node.root.getinfo(node.at).file_size
    return node.stat().st_size


def read_json(node: Node) -> Any:
    """Parse a JSON file. Raises ValueError with the line and column where it breaks."""
    try:
        if size(node) > MAX_FILE:
            raise ValueError(f"larger than {MAX_FILE // 2**20} MiB")
        return json.loads(node.read_bytes())
    except (UnicodeDecodeError, RuntimeError, EOFError, OSError, BadZipFile, zlib.error) as error:
        # RuntimeError: nested too deep, or a zip entry with a password or an unknown compression.
        raise ValueError(f"not readable as JSON: {error}") from error


def skipped(place: str, reason: str) -> Skipped:
    """A part that was left out, in words that can be shown: what an export says may be hostile."""
    return Skipped(place=shorten(clean(place), 300), reason=shorten(clean(reason), 300))


def as_text(value: object) -> str:
    """A text or a number as text; nothing of what should be neither."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one of what should be one and is not."""
    return value if isinstance(value, dict) else {}


def record_or_skip(place: str, kind: type[Channel] | type[Member] | type[Message], **fields: Any) -> Record:
    """A record of these fields, cleaned, or a Skipped that says what is wrong with them."""
    try:
        return kind(**{name: clean(value) if isinstance(value, str) else value for name, value in fields.items()})
    except ValidationError as error:
        first = error.errors()[0]
        return skipped(place, f"bad {'.'.join(map(str, first['loc']))}: {first['msg']}")


def message_or_skip(place: str, **fields: Any) -> Record:
    """A Message of these fields, or a Skipped that says what is wrong with them."""
    text = clean(fields.pop("text"))
    if not text:
        return skipped(place, "no text")
    if len(text) > MAX_TEXT:
        return skipped(place, f"text longer than {MAX_TEXT} characters")
    return record_or_skip(place, Message, text=text, **fields)


def parse_time(value: object, options: Options) -> datetime:
    """Read ISO 8601, seconds or milliseconds since 1970, or the format given in `options`. Raises ValueError."""
    text = str(value).strip()
    try:
        if options.time_format is not None:
            moment = datetime.strptime(text, options.time_format)  # noqa: DTZ007  without a zone it is UTC
        elif regex.fullmatch(r"-?\d{9,17}(\.\d+)?", text):
            number = float(text)
            moment = datetime.fromtimestamp(number / 1000 if abs(number) > 1e11 else number, UTC)
        else:
            moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, re.error) as error:  # re.error: a format that says %d twice
        way_out = (
            ""
            if options.time_format
            else "; write it like 2026-11-28, or give its format: --time-format %d/%m/%Y on the command line"
        )
        raise ValueError(f"time not understood{way_out}") from error
