"""What a kept file says, whatever it is packed in and however its letters are written.

Of JSON lines and tables each line and row can be taken out by itself, and the others stay as they are, byte for byte.
"""

import codecs
import csv
import html
import json
import tarfile
from collections.abc import Callable, Iterator
from errno import EINVAL
from gzip import GzipFile
from io import BytesIO, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple, cast
from zipfile import ZipFile

import regex

from knowledge.importers.source import UNREADABLE, delimiter_of


class Part(NamedTuple):
    """A part of a file: what it says, a text or values, and whether that is certain to be all. `raw` are the bytes of
    one that can be taken out by itself.
    """

    says: object
    is_all: bool = True
    raw: bytes = b""


class CannotRead(Exception):
    """A file that is damaged, locked, or larger than is read."""


_LARGEST = 512 * 1024 * 1024
"""Bytes of a file, or of a packed one, that are read at once."""
_DEEPEST = 10
"""Archives inside one another."""
_BEGINNING = 4096
"""Bytes by which a file is recognised."""
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins like the mark of UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    codecs.BOM_UTF8: "",
}
_GUESSES = ("utf-8", "cp1252", "cp1250", "cp1256")
"""How text is read that is not Unicode, or not all of it: with the letters of the languages of the house."""
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_ESCAPE = regex.compile(r'\\(?:u([0-9a-fA-F]{4})|[nrtbf"/\\])')
_ENCODED_MAIL = regex.compile(r"(?im)^content-transfer-encoding:\s*(?:base64|quoted-printable)")


def parts(path: Path) -> Iterator[Part]:
    """All that a file says. Raises CannotRead."""
    with path.open("rb") as file:
        start, suffix = _beginning(file), path.suffix.lower()
        mark, encoding = _mark(start)
        try:
            # Without a mark, nobody knows where a line of wide letters ends.
            if suffix in (*_LINES, *_TABLES) and (encoding or b"\0" not in start):
                file.seek(len(mark))
                # Whatever is wrong with the letters, what is read so can be written again as it was.
                errors = "surrogatepass" if encoding else "surrogateescape"
                lines = TextIOWrapper(file, encoding or "utf-8", errors, newline="")
                yield from _json_lines(lines) if suffix in _LINES else _table_rows(lines, suffix)
            else:
                yield from _whole(file)
        except OSError as error:
            if error.errno not in (None, EINVAL):  # the disk's fault; a torn zip asks to seek to where nothing is
                raise
            raise CannotRead from error
        except (*UNREADABLE, ValueError, csv.Error, tarfile.TarError) as error:
            raise CannotRead from error


def take_out(path: Path, is_wanted: Callable[[Part], bool]) -> None:
    """Take these parts out of a file. It goes whole where nothing else is left, or cannot stand by itself."""
    try:
        kept = b"".join(part.raw for part in parts(path) if not is_wanted(part))
    except CannotRead:
        kept = b""
    if not kept:
        path.unlink()
        return
    with path.open("rb") as file:
        mark, _ = _mark(_beginning(file))
    partial = path.with_name(f"{path.name}.part")
    partial.write_bytes(mark + kept)
    partial.replace(path)


def _beginning(file: IO[bytes]) -> bytes:
    start = file.read(_BEGINNING)
    file.seek(0)
    return start


def _mark(data: bytes) -> tuple[bytes, str]:
    """The mark of Unicode that a file begins with, and the encoding of wide letters that it stands for, if any."""
    return next(((mark, encoding) for mark, encoding in _MARKS.items() if data.startswith(mark)), (b"", ""))


def _json_lines(lines: TextIOWrapper) -> Iterator[Part]:
    """Each line, and what it says; a broken one says itself."""
    for line in lines:
        texts = _said(line, lines)
        yield Part([_parsed(text) for text in texts], len(texts) == 1, _bytes(line, lines))


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _table_rows(lines: TextIOWrapper, suffix: str) -> Iterator[Part]:
    """Each row as it is written, and its cells."""
    header = lines.readline()
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in chain([header], lines):
            taken.append(line)
            yield line

    for cells in csv.reader(noted(), delimiter=delimiter_of(header, suffix)):
        texts = [_said(cell, lines) for cell in cells]
        values = [part for text in chain(*texts) for part in (text, *text.split(";"))]  # sources stand so in a batch
        yield Part(values, all(len(each) == 1 for each in texts), _bytes("".join(taken), lines))
        taken.clear()


def _bytes(text: str, file: TextIOWrapper) -> bytes:
    return text.encode(file.encoding, file.errors or "strict")


def _said(text: str, file: TextIOWrapper) -> list[str]:
    """What a text says that was read from a file, which may not be in the encoding that it was read with."""
    return _readings(_bytes(text, file)) if file.encoding == "utf-8" else [text]


def _readings(data: bytes) -> list[str]:
    """What bytes say: one text where they are UTF-8 for certain, else all that they may say."""
    wide = b"\0" in data
    try:
        if not wide:
            return [data.decode()]
    except UnicodeDecodeError:
        pass
    narrow = data.replace(b"\0", b"")
    guesses = [narrow.decode(encoding, "ignore") for encoding in _GUESSES]
    return [*guesses, *(data.decode(encoding, "ignore") for encoding in ("utf-16-le", "utf-16-be") if wide)]


def _whole(file: IO[bytes], depth: int = 0) -> Iterator[Part]:
    """What a file says that is not split, or, of an archive, what is packed in it says."""
    start = _beginning(file)
    if depth > _DEEPEST:
        raise CannotRead
    if start.startswith(b"PK\x03\x04"):
        with ZipFile(file) as archive:
            for entry in archive.infolist():
                yield Part(entry.filename)
                with archive.open(entry) as packed:
                    yield from _whole(BytesIO(_read(packed)), depth + 1)
    elif start[257:262] == b"ustar":
        yield from _tarred(file, depth)
    elif start.startswith(b"\x1f\x8b"):
        with GzipFile(fileobj=file, mode="rb") as unpacked:
            yield from _whole(cast(IO[bytes], unpacked), depth + 1)
    elif start.startswith(b"%PDF-"):
        data = _read(file)
        yield from (Part(text, is_all=False) for text in (*_readings(data), *_pages(data)))
    else:
        yield from _text(_read(file))


def _tarred(file: IO[bytes], depth: int) -> Iterator[Part]:
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for entry in archive:
            yield Part(entry.name)
            packed = archive.extractfile(entry) if entry.isfile() else None
            if packed:
                yield from _whole(BytesIO(_read(packed)), depth + 1)
        # At a broken header tarfile ends as if nothing came after it.
        file.seek(archive.offset)
        if file.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise CannotRead


def _read(file: IO[bytes]) -> bytes:
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise CannotRead
    return data


def _pages(data: bytes) -> Iterator[str]:
    """What can be read of a PDF: never for certain all, as letters may be drawn."""
    from pypdf import PdfReader

    try:
        reader = PdfReader(BytesIO(data))
        yield str(reader.metadata or "")
        for page in reader.pages:
            yield page.extract_text()
    except Exception as error:  # pypdf lets nearly anything through where a file is broken
        raise CannotRead from error


def _text(data: bytes) -> Iterator[Part]:
    mark, encoding = _mark(data)
    texts = [data.decode(encoding, "replace")] if encoding else _readings(data.removeprefix(mark))
    is_all = len(texts) == 1 and "\ufffd" not in texts[0] and not _ENCODED_MAIL.search(texts[0])
    for text in texts:
        yield Part(text, is_all)
        plain = html.unescape(_ESCAPE.sub(_unescaped, text))
        if plain != text:
            yield Part(plain, is_all)


def _unescaped(match: "regex.Match[str]") -> str:
    """What an escape of JSON stands for; a space for those that part words."""
    return chr(int(match[1], 16)) if match[1] else " "
