"""The brand's own documents in chunks: Markdown, text, HTML and PDF, a file or a folder of them.

A chunk is a message of kind “document” under the headings it stands below; a document is a thread of chunks. Its time
is when the file was last changed. Front matter is left out, and of a PDF the lines that most of its pages repeat.

What a hostile file may cost: text is read up to 4 MiB, a PDF up to 256 MiB and 2,000 pages, inside pypdf's own limits
(made tighter) and with a budget of drawing operations for the whole file, as a time limit would need another process.
"""

import codecs
import csv
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import regex
from markdown_it import MarkdownIt

from knowledge.errors import UnknownFormat
from knowledge.importers.markup import Section, html_sections
from knowledge.importers.source import (
    ANSI,
    MAX_FILE,
    READ_AS_ANSI,
    Options,
    clean,
    files_in,
    first_bytes,
    is_ansi,
    message_or_skip,
    skipped,
)
from knowledge.messages import Channel, Contents, Member, Message, Record
from knowledge.words import shorten

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

CHANNEL = Channel(id="documents", name="Documents")
AUTHOR = Member(id="documents", name="Documents", is_staff=True)

_THREAD = "doc:"
_CHUNK = 900
"""Characters of a chunk: 200 to 256 tokens of the embedder, which reads no more at a time."""
_MAX_BYTES = 4 * 1024 * 1024
"""Bytes of a text: several books. The tree of an HTML page takes fifty times its size."""
_MAX_CELLS = 500_000
"""Cells that Markdown tables could have. Short rows are filled up, so that few bytes can make many."""
_MAX_PAGES = 2_000
_MAX_OPERATIONS = 5_000_000
"""Drawing operations of a PDF, about half a minute; a dense page has ten thousand."""
_BEGINNING = 65_536
"""Bytes by which a document is recognised."""
_TASTE = 20
"""Files of a folder that are looked into."""
_MANY = 1_000
"""Files of a folder whose names are looked at."""

_BESIDE = frozenset(".png .jpg .jpeg .gif .svg .webp .avif .ico .css .js .woff .woff2 .mp4".split())  # noqa: SIM905
"""What lies beside documents and is none."""
_SEPARATORS = ["\n\n", "\n", ". ", "؟ ", "۔ ", "? ", "! ", "。", "。", "।", "، ", "; ", ", ", " ", ""]
_FRONT_MATTER = regex.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", regex.DOTALL)
_TITLE_LINE = regex.compile(r"^title:[ \t]*[\"']?(.*?)[\"']?[ \t]*$", regex.MULTILINE)
_HTML_TAG = regex.compile(rb"(?i)<(?:!doctype html|html|head|body|title|meta|article|section|h[1-6]|p|div|table|ul)\b")
_CONTROL = regex.compile(r"[\p{Cc}--\n\r\t\f]", regex.VERSION1)
_STAMPED = regex.compile(
    r"[^\p{L}\d\n]{0,5}(?:\d{1,4}([./-]) ?\d{1,2}\1 ?\d{1,4}|\d{4}[년年] ?\d{1,2}[월月] ?\d{1,2}[일日]|"
    r"\d{1,2}\.? (?:de )?\p{L}{3,12}\.?,? (?:de )?\d{4})\D{1,12}\d{1,2}[:.]\d{2}"
)
"""A line as chats begin them, with a date and a time."""
_ANYWAY = "on the command line), or give it alone with --format documents if it is a document of yours"
_CHAT = f"looks like a chat: name its format (such as --format whatsapp {_ANYWAY}"
_TABLE = f"looks like a table: save it as .csv or name its format (--format table {_ANYWAY}"
_NUMBER = regex.compile(r"\d+")
_HYPHEN = regex.compile(r"(?<=\p{L})[-\u00AD]\n(?=\p{Ll})")
_WRAPPED = regex.compile(r"(?<![.!?:؟۔。।])\n(?=[\p{Ll}\p{Lo}])")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_EDGE = 2
"""Lines at the top and the bottom of a page that may be its header or footer."""

# What pypdf finds odd about a file is nothing that a person should hear of: what cannot be read is reported.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class Document(NamedTuple):
    """A document by its title, in sections; how a section's title follows on it, and what is told of places."""

    title: str
    sections: list[Section]
    joint: str = " › "
    told: tuple[tuple[str, str], ...] = ()


def recognises(path: Path) -> bool:
    """A document, or a folder with documents and nothing else that anybody could want to have read.

    Raises UnknownFormat of a file that looks like what others wrote: it must not speak for the brand.
    """
    if taken_for := _taken_for(path):
        raise UnknownFormat(f"{path} {taken_for}.")
    if path.is_file():
        return _is_document(path)
    files = list(islice(_files(path), _MANY))
    documents = [file for file in files if file.suffix.lower() in _READERS]
    others = [file for file in files if file.suffix.lower() not in _READERS.keys() | _BESIDE]
    return not others and any(map(_is_document, documents[:_TASTE]))


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each document's chunks, then which of them it has now. `options` say nothing about documents."""
    del options
    found = introduced = False
    try:
        for file in _files(path):
            found = True
            name = clean(file.name if path.is_file() else file.relative_to(path).as_posix())
            if not path.is_file() and (taken_for := _taken_for(file)):
                yield skipped(name, taken_for)
                continue
            try:
                document, at = _read(file), datetime.fromtimestamp(file.stat().st_mtime, UTC)
            except (ValueError, OSError, OverflowError, RecursionError) as error:
                yield skipped(name, str(error) or type(error).__name__)
                continue
            if not introduced:
                yield CHANNEL
                yield AUTHOR
                introduced = True
            yield from _chunks(name, document, at)
    except (OSError, RecursionError) as error:  # a folder that nobody may open, or without end
        yield skipped(path.name, f"not readable: {error}")
    if not found:
        yield skipped(path.name, "no file in it")


def name_of(piece: Message) -> str:
    """The document that a piece is of, by its file's name, with its folders where a folder was imported."""
    return piece.thread.removeprefix(_THREAD)


def _files(path: Path) -> Iterator[Path]:
    for node in files_in(path):
        if isinstance(node, Path):
            yield node


def _is_document(path: Path) -> bool:
    start, suffix = first_bytes(path, _BEGINNING), path.suffix.lower()
    if suffix == ".pdf":
        return b"%PDF-" in start[:1024]
    if suffix in (".html", ".htm"):
        return _HTML_TAG.search(start) is not None
    if suffix not in _READERS or not start.strip():
        return False
    try:
        return not _CONTROL.search(_decoded(start, partial=len(start) == _BEGINNING))
    except ValueError:
        return False


def _taken_for(path: Path) -> str | None:
    """What a text is rather than a document, a chat or a table, in words that tell the way out."""
    begun = first_bytes(path, _BEGINNING) if path.suffix.lower() == ".txt" else b""
    try:
        lines = clean(_decoded(begun, partial=len(begun) == _BEGINNING)).split("\n")
    except ValueError:
        return None
    lines = lines[:-1] if len(begun) == _BEGINNING else lines
    stamped = sum(1 for line in lines if _STAMPED.match(line))
    if stamped >= 3 and stamped * 5 >= len(lines):
        return _CHAT
    return _TABLE if any(_is_table(lines, *told) for told in ((",", 3), (";", 2), ("\t", 2))) else None


def _is_table(lines: list[str], delimiter: str, least: int) -> bool:
    """Whether all rows have as many cells as a header of short names."""
    try:
        header, *rows = islice(filter(None, csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)), _TASTE)
    except (csv.Error, ValueError):
        return False
    has_names = len(set(header)) == len(header) >= least and all(0 < len(name.strip()) <= 40 for name in header)
    return has_names and len(rows) >= 2 and all(len(row) == len(header) for row in rows)


def _chunks(name: str, document: Document, at: datetime) -> Iterator[Record]:
    thread = f"{_THREAD}{name}"
    ids: list[str] = []
    for place, reason in document.told:
        yield skipped(f"{name}, {place}", reason)
    for section in document.sections:
        headings = [heading for heading in section.headings if heading != document.title]
        title = document.joint.join(shorten(text, 80) for text in (document.title, *headings))
        for text in _split(section.text):
            record = message_or_skip(
                name,
                id=thread if not ids else f"{thread}#{len(ids) + 1}",
                channel=CHANNEL.id,
                author=AUTHOR.id,
                text=text,
                kind="document",
                at=at,
                thread=thread,
                title=title,
            )
            yield record
            if isinstance(record, Message):
                ids.append(record.id)
    if ids:
        yield Contents(thread=thread, ids=tuple(ids))
    else:
        yield skipped(name, "no text")


def _split(text: str) -> list[str]:
    if len(text) <= _CHUNK:
        return [text] if text else []
    return [chunk for chunk in _splitter().split_text(text) if clean(chunk)]


@cache
def _splitter() -> "RecursiveCharacterTextSplitter":
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # a second: for documents only

    return RecursiveCharacterTextSplitter(
        chunk_size=_CHUNK, chunk_overlap=0, separators=_SEPARATORS, keep_separator="end"
    )


def _read(file: Path) -> Document:
    """Raises ValueError with the reason why a file cannot be read."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise ValueError("no document: not Markdown, text, HTML or PDF")
    document = reader(file)
    if reader is not _pdf and _is_ansi(file.read_bytes()):
        document = document._replace(told=(("all lines", READ_AS_ANSI),))
    return document._replace(title=clean(document.title) or _name(file))


def _name(file: Path) -> str:
    """What a document is called that does not say: return_policy-2026.pdf is “return policy 2026”."""
    return clean(regex.sub(r"[_\s-]+", " ", file.stem)) or file.name


def _text(file: Path) -> str:
    if file.stat().st_size > _MAX_BYTES:
        raise ValueError(f"larger than {_MAX_BYTES // 2**20} MiB")
    return clean(_decoded(file.read_bytes()))


def _decoded(data: bytes, *, partial: bool = False) -> str:
    """UTF-8, UTF-16 where a mark says so, or Windows-1252. A part may end within a letter. Raises ValueError."""
    encoding = "utf-16" if data[:2] in _UTF_16 else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if partial and error.start >= len(data) - 4:
            return data[: error.start].decode(encoding)
        if _is_ansi(data):
            return data.decode(ANSI, "replace")
        raise ValueError("not UTF-8; save it as UTF-8 and import it again") from error


def _is_ansi(data: bytes) -> bool:
    return data[:2] not in _UTF_16 and is_ansi(data.split(b"\n"))


def _plain(file: Path) -> Document:
    return Document("", [Section((), _text(file))])


def _html(file: Path) -> Document:
    title, sections = html_sections(_text(file))
    return _titled(title, sections)


def _markdown(file: Path) -> Document:
    text, title = _text(file), ""
    if front := _FRONT_MATTER.match(text):
        found = _TITLE_LINE.search(front.group(1) or "")
        text, title = text[front.end() :], found.group(1) if found else ""
    lines = text.split("\n")
    has_sane_tables = max(line.count("|") for line in lines) * len(lines) <= _MAX_CELLS
    parser = MarkdownIt("commonmark").enable("table" if has_sane_tables else [])
    _, sections = html_sections(parser.render(text))
    return _titled(title, sections)


def _titled(title: str, sections: list[Section]) -> Document:
    """A page is called what it says, or as its only highest heading."""
    highest = {section.headings[0] for section in sections if section.headings}
    return Document(title or (highest.pop() if len(highest) == 1 else ""), sections)


def _pdf(file: Path) -> Document:
    if file.stat().st_size > MAX_FILE:
        raise ValueError(f"larger than {MAX_FILE // 2**20} MiB")
    texts = _pages(file)
    pages = _without_edges([_lines(text or "") for text in texts])
    sections = [
        Section((f"page {number}",), text)
        for number, lines in enumerate(pages, start=1)
        if (text := clean(_WRAPPED.sub(" ", _HYPHEN.sub("", "\n".join(lines)))))
    ]
    if not sections:
        raise ValueError("no text in it: a scan? Run it through OCR first")
    broken = ((f"page {number}", "page not readable") for number, text in enumerate(texts, start=1) if text is None)
    return Document("", sections, joint=", ", told=tuple(broken))


class _Refused(ValueError):
    """A PDF that is not read further."""


def _pages(file: Path) -> list[str | None]:
    """The text of each page, None for one that breaks. Raises ValueError."""
    from pypdf import PdfReader, apply_configuration
    from pypdf.errors import DependencyError

    budget = iter(range(_MAX_OPERATIONS))

    def count(*_: Any) -> None:
        if next(budget, None) is None:
            raise _Refused(f"more than {_MAX_OPERATIONS} drawing operations")

    def text_of(page: Any) -> str | None:
        try:
            return str(page.extract_text(visitor_operand_before=count))
        except _Refused:
            raise
        except Exception:  # noqa: BLE001  pypdf lets nearly anything through where a page is broken
            return None

    try:
        with apply_configuration(**_PDF_LIMITS), PdfReader(file) as reader:
            if reader.is_encrypted and not reader.decrypt(""):
                raise _Refused("encrypted: save it without a password")
            if len(reader.pages) > _MAX_PAGES:
                raise _Refused(f"more than {_MAX_PAGES} pages")
            return [text_of(page) for page in reader.pages]
    except _Refused:
        raise
    except DependencyError as error:
        raise ValueError("encrypted: save it without a password") from error
    except Exception as error:
        raise ValueError("not readable as PDF") from error


_PDF_LIMITS: Mapping[str, Any] = {
    "zlib_maximum_output_length": 32 * 1024 * 1024,
    "lzw_maximum_output_length": 32 * 1024 * 1024,
    "run_length_maximum_output_length": 32 * 1024 * 1024,
    "array_based_stream_maximum_output_length": 32 * 1024 * 1024,
    "stream_decoding_work_maximum_length": 64 * 1024 * 1024,
    "stream_parsing_work_maximum_count": 500_000,
    "xform_maximum_invocations_per_extraction": 200,
    "page_tree_maximum_entries": 10 * _MAX_PAGES,
}


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in clean(text).split("\n")) if line]


def _without_edges(pages: list[list[str]]) -> list[list[str]]:
    """Without the first and last lines that more than half of the pages have, whatever number they give the page."""
    if len(pages) < 3:
        return pages
    common = Counter(edge for lines in pages for edge in {_edge(line) for line in (*lines[:_EDGE], *lines[-_EDGE:])})
    repeated = {edge for edge, count in common.items() if count * 2 > len(pages)}

    def is_kept(number: int, line: str, lines: list[str]) -> bool:
        return _EDGE <= number < len(lines) - _EDGE or _edge(line) not in repeated

    return [[line for number, line in enumerate(lines) if is_kept(number, line, lines)] for lines in pages]


def _edge(line: str) -> str:
    return str(_NUMBER.sub("#", line))


_READERS: Mapping[str, Callable[[Path], Document]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".txt": _plain,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
}
