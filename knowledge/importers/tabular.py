"""CSV and JSON Lines with a column mapping: reviews, tickets, survey answers, anything with a text and a time."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from knowledge.errors import BadExport
from knowledge.importers.source import (
    MAX_TEXT,
    Options,
    as_text,
    clean,
    message_or_skip,
    parse_time,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Record
from knowledge.words import shorten

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "body", "message", "content", "review", "comment", "post", "description", "review_text"),
    "at": ("at", "date", "time", "timestamp", "created_at", "created", "posted_at", "datetime", "submitted"),
    "author": ("author", "user", "username", "member", "name", "customer", "from", "author_id", "user_id"),
    "id": ("id", "message_id", "post_id", "review_id", "ticket_id"),
    "channel": ("channel", "forum", "category", "source", "board", "room"),
    "title": ("title", "subject", "headline", "review_title"),
    "rating": ("rating", "stars", "score", "grade"),
    "reply_to": ("reply_to", "parent", "parent_id", "in_reply_to"),
    "url": ("url", "link", "permalink"),
}
"""Our fields, and the column names that are taken for them when nobody names others."""
ADVICE = "name the columns, such as text=Review,at=Date (--map on the command line)"

_NEXT_FIELD = re.compile(rf",\s*(?=(?:{'|'.join(SYNONYMS)})\s*=)")
_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
_LINE = 4 * MAX_TEXT
"""Characters of the longest line that is read."""

Row = Mapping[str, Any]


def recognises(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in _SUFFIXES


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield a message for each row that has a text and a time. Line numbers count from 1, the header included."""
    if not path.is_file():
        raise BadExport(f"{path} is not a file; a table is a single CSV or JSONL file.")
    threads = _threads(row for _, row in _rows(path, options) if not isinstance(row, str))
    seen: set[tuple[str, str]] = set()
    for line, row in _rows(path, options):
        place = f"{path.name}, line {line}"
        if isinstance(row, str):
            yield skipped(place, row)
            continue
        for record in _records(place, row, threads, path.stem, options):
            if isinstance(record, Channel | Member):
                if (type(record).__name__, record.id) in seen:
                    continue
                seen.add((type(record).__name__, record.id))
            yield record


def _rows(path: Path, options: Options) -> Iterator[tuple[int, Row | str]]:
    """Each row with its line, under our names of its fields; or why it cannot be read."""
    columns: dict[str, str] = {}
    names: list[str] | None = None
    for line, row in _json_rows(path) if path.suffix.lower() in (".jsonl", ".ndjson") else _csv_rows(path):
        if isinstance(row, str):
            yield line, row
            continue
        if names != list(row):  # each line of a JSONL file may have other keys
            names = list(row)
            columns = mapping(names, options.columns)
        missing = " and ".join(field for field in ("text", "at") if columns.get(field) not in row)
        if missing:
            found = shorten(", ".join(names))
            yield line, f"no column for {missing} among {found}; {ADVICE}"
            continue
        yield line, {field: row.get(column) for field, column in columns.items()}


def _threads(rows: Iterable[Row]) -> Mapping[str, str]:
    """Reply -> the first message of its thread, in whatever order the rows come: many tables begin with the newest."""
    parents = {}
    for row in rows:
        id_, reply_to = _field(row, "id"), _field(row, "reply_to")
        if id_ and reply_to:
            parents[id_] = reply_to
    threads: dict[str, str] = {}
    for id_ in parents:
        passed, first = {id_}, id_
        # What is passed twice goes round in a circle.
        while (parent := threads.get(first) or parents.get(first, "")) and parent not in passed:
            passed.add(parent)
            first = parent
        threads |= dict.fromkeys(passed, first)
    return threads


def read_columns(text: str) -> dict[str, str]:
    """Our field -> column, from “text=Review, at=Date”. A column may have a comma in its name. Raises ValueError."""
    columns: dict[str, str] = {}
    for pair in filter(None, _NEXT_FIELD.split(text.strip(" ,"))):
        field, _, column = map(str.strip, pair.partition("="))
        if field not in SYNONYMS or not column:
            raise ValueError(f"“{pair}” should be FIELD=COLUMN, with a field of {', '.join(SYNONYMS)}.")
        columns[field] = column
    return columns


def mapping(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """Our field -> column. What is given wins; the rest is guessed by name, each column used once."""
    columns = dict(given)
    lower = {str(name).strip().lower().replace(" ", "_"): name for name in names if name is not None}
    for field, synonyms in SYNONYMS.items():
        if field not in columns:
            free = (lower[s] for s in synonyms if s in lower and lower[s] not in columns.values())
            if (name := next(free, None)) is not None:
                columns[field] = name
    return columns


def _lines(path: Path) -> Iterator[tuple[int, str | None]]:
    """Each line with its number; None for a line that is not UTF-8 or far too long."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(_LINE):
            number += 1
            whole = raw.endswith(b"\n") or len(raw) < _LINE
            while raw and not raw.endswith(b"\n") and len(raw) == _LINE:
                raw = file.readline(_LINE)  # skip the rest of an endless line without keeping it
            try:
                yield number, (raw.decode("utf-8-sig" if number == 1 else "utf-8") if whole else None)
            except UnicodeDecodeError:
                yield number, None


def _json_rows(path: Path) -> Iterator[tuple[int, Row | str]]:
    for number, line in _lines(path):
        if line is None:
            yield number, "not UTF-8, or too long"
        elif line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield number, "not JSON"
                continue
            yield number, row if isinstance(row, dict) else "not a JSON object"


def _csv_rows(path: Path) -> Iterator[tuple[int, Row | str]]:
    bad: list[int] = []

    def decoded() -> Iterator[str]:
        for number, line in _lines(path):
            if line is None:
                bad.append(number)
            else:
                yield line.replace("\0", "")

    with path.open("rb") as file:
        first = file.readline(_LINE).decode("utf-8-sig", errors="replace")
    reader = csv.reader(decoded(), dialect=_dialect(first, path), strict=False)
    header: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield reader.line_num + len(bad), f"broken row: {error}"
            continue
        if header and cells:
            yield reader.line_num + len(bad), {**dict.fromkeys(header), **dict(zip(header, cells, strict=False))}
        header = header or cells
    for number in bad:
        yield number, "not UTF-8, or too long"


def _dialect(header: str, path: Path) -> type[csv.Dialect]:
    if path.suffix.lower() == ".tsv":
        return csv.excel_tab
    delimiter = max(",;\t|", key=header.count)
    return type("Found", (csv.excel,), {"delimiter": delimiter})


def _field(row: Row, name: str) -> str:
    return clean(as_text(row.get(name)))


def _records(place: str, row: Row, threads: Mapping[str, str], name: str, options: Options) -> Iterator[Record]:
    text = _field(row, "text")
    try:
        at = parse_time(row.get("at") or "", options)
        rating = _rating(row.get("rating"))
    except ValueError as error:
        yield skipped(place, str(error))
        return
    author = _field(row, "author") or "anonymous"
    channel = _field(row, "channel") or clean(name)
    id_ = _field(row, "id") or _made_up_id(author, at.isoformat(), text)
    reply_to = _field(row, "reply_to") or None
    yield record_or_skip(place, Channel, id=channel, name=channel)
    yield record_or_skip(place, Member, id=author, name=author)
    yield message_or_skip(
        place,
        id=id_,
        channel=channel,
        author=author,
        text=text,
        at=at,
        thread=threads.get(reply_to, reply_to) if reply_to else id_,
        reply_to=reply_to,
        title=_field(row, "title") or None,
        rating=rating,
        url=_field(row, "url") or None,
    )


def _rating(value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        return float(str(value).strip().replace(",", "."))
    except ValueError:
        raise ValueError("rating is not a number") from None


def _made_up_id(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:20]
