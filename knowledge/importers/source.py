"""What the importers share: reading files that may be broken, cleaning text, reading times."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BufferedReader
from itertools import accumulate, islice
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, cast
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile
from zipfile import Path as ZipPath

import ijson
import regex
from pydantic import ValidationError

from knowledge.errors import BadExport
from knowledge.messages import EMPTIED, Channel, Member, Message, Record, Skipped
from knowledge.words import shorten

Node = Path | ZipPath
"""A file or folder on disk or inside a zip archive."""

MAX_FILE = 256 * 1024 * 1024
"""Bytes of a single JSON file that are read into memory; exports keep days or posts apart, so more is an attack."""
MAX_TEXT = 100_000
"""Characters of a single post."""
MAX_LINE = 4 * MAX_TEXT
"""Bytes of the longest line that is read."""
MAX_STREAM = 8 * 1024**3
"""Bytes of a file that is read as a stream: far beyond any export, within reach of a zip bomb."""
MAX_RATIO = 100
"""How many times its size a large part of a zip may unpack to; chats, posts and sheets: ten to thirty times."""
_SMALL = 8 * 1024 * 1024
"""Bytes, unpacked, of an archive that may be packed however small."""
_MAX_BLANK = 100_000
"""Blank lines in a row; of more, whoever waits for the next record would hear nothing."""
ANSI = "cp1252"
"""What is not UTF-8, in the end: of the older encodings the one that most files have."""
EXCEL_DELIMITER = regex.compile(r'"?sep=([,;\t|])"?')
"""The first line of a table that tells Excel what parts its cells."""
READ_AS_ANSI = "not UTF-8, so read as Windows-1252; if letters look wrong, save it as UTF-8 and import that"
UNREADABLE = (RuntimeError, EOFError, OSError, BadZipFile, LZMAError, zlib.error)
"""What reading a damaged file raises. RuntimeError: nested too deep, or a zip entry with a password."""
_DEEPEST = 20
"""Folders inside one another in an archive: exports have four, so more is an attack."""
_TASTE = 20
"""Files of an export that are looked into to recognise it: the first ones may be broken."""
_DEEPEST_JSON = 200
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

# Control characters, and the bidirectional overrides by which one text looks like another. Persian needs its joiners.
_CONTROLS = regex.compile(r"[\p{Cc}--\n\t]|[\u202A-\u202E\u2066-\u2069\uFEFF]|\p{Cs}", regex.VERSION1)

_COPY = regex.compile(r" ?\(\d{1,3}\)$")

# A link of Markdown. The lengths keep a text full of brackets from being read again and again.
_LINK = regex.compile(
    r"""!?\[([^\[\]\n]{0,500})\]\(<?((?:[^()\s<>]|\([^()\s<>]{0,100}\)){1,2000}+)>?(?:\s"[^"\n]{0,200}")?\)"""
)


@dataclass(frozen=True)
class Options:
    """What a person can say about a table: the names of its columns, the format of its times."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None


def clean(text: str) -> str:
    """Without control characters and bidirectional overrides, with one kind of line break, trimmed."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def readable_links(markdown: str) -> str:
    """Markdown with its links as “label (address)”; an address that is its own label stands alone."""

    def readable(match: regex.Match[str]) -> str:
        label, address = str(match.group(1)).strip(), str(match.group(2))
        return f"{label} ({address})" if label and label != address else address

    return str(_LINK.sub(readable, markdown))


def own_name(stem: str) -> str:
    """What a file is called, without the number that a browser gives what it has fetched before: “reviews (1)”."""
    return str(_COPY.sub("", stem)) or stem


def open_export(path: Path) -> Node:
    """The folder of an export, or the root of its zip archive. Nothing is unpacked to disk."""
    if path.is_file() and is_zipfile(path):
        try:
            archive = ZipFile(path)
        except (BadZipFile, ValueError, NotImplementedError) as error:
            raise BadExport(f"{path}: not a readable zip archive: {error}") from error
        # Names that no archiver writes: ZipPath can be kept busy forever with them.
        archive.filelist = [i for i in archive.filelist if "//" not in i.filename and i.filename.count("/") <= _DEEPEST]
        # Each part of a bomb may be small enough to be read.
        if sum(part.file_size for part in archive.filelist) > max(_SMALL, MAX_RATIO * size(path)):
            raise BadExport(f"{path}: unpacks to more than {MAX_RATIO} times its size")
        return ZipPath(archive)
    return path


def size(node: Node) -> int:
    """Bytes of a file, unpacked, without reading it."""
    if isinstance(node, ZipPath):
        return node.root.getinfo(node.at).file_size
    return node.stat().st_size


def is_bomb(part: ZipInfo) -> bool:
    """Whether a part of a zip is large and was packed as small as nothing that people write."""
    return part.file_size > 2**20 and part.file_size > MAX_RATIO * part.compress_size


def check_size(node: Node) -> None:
    """Raises ValueError for a file that would keep whoever streams it busy without end."""
    if size(node) > MAX_STREAM:
        raise ValueError("larger than any export")
    if isinstance(node, ZipPath) and is_bomb(node.root.getinfo(node.at)):
        raise ValueError(f"unpacks to more than {MAX_RATIO} times its size")


def read_json(node: Node) -> Any:
    """Parse a JSON file. Raises ValueError with the line and column where it breaks."""
    try:
        if size(node) > MAX_FILE:
            raise ValueError(f"larger than {MAX_FILE // 2**20} MiB")
        return json.loads(node.read_bytes())
    except (UnicodeDecodeError, *UNREADABLE) as error:
        raise ValueError(f"not readable as JSON: {error}") from error


def stream_json(node: Node, prefix: str) -> Iterator[Any]:
    """The items at `prefix` (as ijson writes paths: "messages.item") of a JSON file of any size, one at a time.

    Raises ValueError with the reason where the file breaks; what came before it has been yielded.
    """
    yield from _parsed(node, lambda file: ijson.items(file, prefix, use_float=True))


def json_events(node: Node) -> Iterator[tuple[str, str, Any]]:
    """What ijson.parse says of a JSON file of any size: (prefix, event, value). Raises ValueError like stream_json."""
    yield from _parsed(node, lambda file: ijson.parse(file, use_float=True))


def _parsed(node: Node, parse: Callable[["_Shallow"], Iterator[Any]]) -> Iterator[Any]:
    try:
        check_size(node)
        with node.open("rb") as file:
            # The BOM that some tools write is no JSON.
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            yield from parse(_Shallow(file))
    except (ijson.JSONError, UnicodeDecodeError, *UNREADABLE) as error:
        raise ValueError(f"not readable as JSON: {error}") from error


class _Shallow:
    """A JSON file that refuses to be nested deeper than any export, or to hold a value without end.

    ijson remembers the path to each level, so that a million brackets would take more memory than there is.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._depth = self._endless = 0
        self._in_string = False
        self._kept = b""

    def read(self, count: int = -1) -> bytes:
        data = self._file.read(count)
        # Without escapes, each quotation mark begins or ends a string.
        text = (self._kept + data).replace(b"\\\\", b"").replace(b'\\"', b"")
        self._kept = b"\\" if text.endswith(b"\\") else b""
        parts = text.removesuffix(b"\\").split(b'"')
        brackets = b"".join(parts[self._in_string :: 2]).translate(None, _NO_BRACKETS)
        depths = list(accumulate((1 if bracket in b"[{" else -1 for bracket in brackets), initial=self._depth))
        self._in_string ^= len(parts) % 2 == 0
        self._depth = depths[-1]
        self._endless = self._endless + len(data) if len(parts) == len(depths) == 1 else 0
        if max(depths) > _DEEPEST_JSON or self._endless > MAX_FILE:
            raise ValueError("nested too deep, or a value that is too long")
        return data


def raw_lines(node: Node) -> Iterator[bytes]:
    """The lines of a file; longer ones in pieces of MAX_LINE. Raises ValueError where it breaks or would never end."""
    blank = 0
    try:
        check_size(node)
        # Line by line, a part of a zip reads itself five times as slowly as its buffer does.
        with BufferedReader(cast(Any, node.open("rb"))) as file:
            while line := file.readline(MAX_LINE):
                blank = 0 if line.strip() else blank + 1
                if blank > _MAX_BLANK:
                    raise ValueError("blank lines without end")
                yield line
    except UNREADABLE as error:
        raise ValueError(f"not readable: {error}") from error


def read_lines(node: Node) -> Iterator[tuple[int, str | None]]:
    """Each line with its number from 1; None for a line that is not UTF-8 or far too long, which is never held whole.

    Raises ValueError like raw_lines.
    """
    lines = raw_lines(node)
    for number, line in enumerate(lines, start=1):
        whole = line.endswith(b"\n") or len(line) < MAX_LINE
        while len(line) == MAX_LINE and not line.endswith(b"\n"):
            line = next(lines, b"")
        try:
            yield number, (line.decode("utf-8-sig" if number == 1 else "utf-8") if whole else None)
        except UnicodeDecodeError:
            yield number, None


def delimiter_of(header: str, suffix: str) -> str:
    """What parts the cells of a table in a file with this ending, whose first line is `header`."""
    told = EXCEL_DELIMITER.fullmatch(header.rstrip("\r\n"))
    if suffix.lower() == ".tsv":
        return "\t"
    return str(told.group(1)) if told else max(",;\t|", key=header.count)


def is_ansi(lines: Iterable[bytes]) -> bool:
    """Whether a text is not UTF-8, and so Windows-1252: more lines cannot be UTF-8 than use its letters."""
    used = broken = 0
    for line in lines:
        if not line.isascii():
            try:
                line.decode()
                used += 1
            except UnicodeDecodeError:
                broken += 1
    return broken > used


def first_bytes(node: Node, count: int = 65_536) -> bytes:
    """The beginning of a file, to recognise it by; nothing of what is no file or cannot be read."""
    try:
        with node.open("rb") as file:
            return bytes(file.read(count))
    except (*UNREADABLE, ValueError):
        return b""


def files_in(node: Node) -> Iterator[Node]:
    """A file itself, or the files of a folder and of its folders in the order of their names."""
    if node.is_file():
        yield node
        return
    children: list[Node] = list(node.iterdir()) if node.is_dir() else []
    for child in sorted(children, key=lambda c: c.name):
        # A link may lead out of the export, or around in it.
        if not child.name.startswith((".", "__")) and not (isinstance(child, Path) and child.is_symlink()):
            yield from files_in(child)


def has_file(path: Path, is_one: Callable[[Node], object], files: Callable[[Node], Iterator[Node]] = files_in) -> bool:
    """Whether one of the first `files` of an export is one of these. Raises what opening it does."""
    return any(map(is_one, islice(files(open_export(path)), _TASTE)))


def top_folders(node: Node, *, alone: bool = False) -> list[Node]:
    """A folder or zip, then the folders at its top, as archivers put one around; `alone`: only if there is just one."""
    if not node.is_dir():
        return []
    inner = [child for child in node.iterdir() if child.is_dir() and not child.name.startswith((".", "__"))]
    return [node, *(inner if len(inner) == 1 or not alone else [])]


def top_files(node: Node, name: str, *, alone: bool = False) -> Iterator[Node]:
    """The files of that name in the top folders."""
    return (folder / name for folder in top_folders(node, alone=alone) if (folder / name).is_file())


def beside(node: Node, name: str) -> Node:
    """What is called `name` in the folder of a file."""
    folder = node.parent
    assert isinstance(folder, Path | ZipPath)
    return folder / name


def first_messages(parents: Mapping[str, str]) -> Mapping[str, str]:
    """Reply -> the first message of its thread, of reply -> what it answers, in whatever order they came."""
    threads: dict[str, str] = {}
    for id_ in parents:
        passed, first = {id_}, id_
        # What is passed twice goes round in a circle.
        while (parent := threads.get(first) or parents.get(first, "")) and parent not in passed:
            passed.add(parent)
            first = parent
        threads |= dict.fromkeys(passed, first)
    return threads


def told_once(records: Iterable[Record], *, anew: bool = True) -> Iterator[Record]:
    """Each channel and member once; `anew`: and again where the export says something new of them.

    A channel that turns out to be private is told in any case, and stays private.
    """
    known: dict[tuple[type[Record], str], Record] = {}
    for record in records:
        if isinstance(record, Channel | Member):
            key = (type(record), record.id)
            before, closes = known.get(key), False
            if isinstance(record, Channel) and isinstance(before, Channel):
                if before.visibility == "private":
                    record = record.model_copy(update={"visibility": "private"})
                closes = record.visibility != before.visibility
            if before is not None and (before == record or not (anew or closes)):
                continue
            known[key] = record
        yield record


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


def as_list(value: object) -> list[Any]:
    """A JSON list; an empty one of what should be one and is not."""
    return value if isinstance(value, list) else []


def as_moment(value: object) -> datetime | None:
    """ISO 8601, or seconds or milliseconds since 1970; None for anything else."""
    try:
        return parse_time(value, Options()) if as_text(value) else None
    except ValueError:
        return None


def deleted_or_skip(place: str, **fields: Any) -> Record:
    """The place that a deleted message leaves in its thread: the same fields, without a word of it."""
    return record_or_skip(place, Message, **{**fields, **EMPTIED})


def record_or_skip(place: str, kind: type[Channel] | type[Member] | type[Message], /, **fields: Any) -> Record:
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
