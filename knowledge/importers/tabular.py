"""Reviews, tickets, survey answers, anything with a text and a time in columns: CSV, JSON Lines, a JSON list, XLSX.

Times without a zone are UTC; whether 03/04 is in March or in April, the whole column tells. A rating “4/5”, “8 of 10”
or “★★★★☆” is read as it stands, and brought to 1 to 5 where its scale is another one; so is a bare number where the
scale is given (`rating=Score/10`). What the brand answered in the same row becomes a message of its own. A row without
an id gets one from its author, time and text. A JSON row that says `deleted: true` leaves its place and none of its
words.
"""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast, get_args

import regex

from knowledge.errors import BadExport
from knowledge.importers.local_time import month_first_by_days, read_local_date
from knowledge.importers.source import (
    ANSI,
    EXCEL_DELIMITER,
    MAX_LINE,
    READ_AS_ANSI,
    Options,
    as_text,
    clean,
    deleted_or_skip,
    delimiter_of,
    first_bytes,
    first_messages,
    is_ansi,
    message_or_skip,
    own_name,
    parse_time,
    read_lines,
    record_or_skip,
    skipped,
    stream_json,
    told_once,
)
from knowledge.importers.workbook import Sheet, as_moment, is_workbook, sheets
from knowledge.messages import ANONYMOUS, Channel, Kind, Member, Record
from knowledge.words import shorten

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "body", "message", "content", "review", "comment", "post", "description"),
        *("review_text", "review_content", "ticket_description"),
    ),
    "at": (
        *("at", "date", "time", "timestamp", "created_at", "created", "posted_at", "datetime", "submitted"),
        *("review_submit_date_and_time", "review_date", "review_created_utc", "date_created"),
    ),
    "author": ("author", "user", "username", "member", "name", "customer", "from", "author_id", "user_id", "requester"),
    "id": ("id", "message_id", "post_id", "review_id", "ticket_id"),
    "channel": ("channel", "forum", "category", "source", "board", "room"),
    "title": ("title", "subject", "headline", "review_title", "ticket_subject"),
    "rating": ("rating", "stars", "score", "grade", "star_rating", "review_stars", "review_rating"),
    "reply_to": ("reply_to", "parent", "parent_id", "in_reply_to"),
    "url": ("url", "link", "permalink", "review_link"),
    "kind": ("kind",),
    "answer": (
        *("answer", "reply", "response", "reply_text", "response_text", "developer_reply_text", "developer_reply"),
        *("developer_response", "owner_response", "company_reply", "company_reply_text"),
    ),
    "visibility": ("visibility",),
    "answered_at": (
        *("answered_at", "replied_at", "reply_date", "response_date", "developer_reply_date_and_time"),
        *("developer_response_date", "company_reply_date", "company_reply_date_utc"),
    ),
}
"""Our fields, and the column names that are taken for them when nobody names others.

Those of app stores: https://support.google.com/googleplay/android-developer/answer/6135870 (Reviews).
"""
ADVICE = "name the columns, such as text=Review,at=Date (--map on the command line)"
OWNER = Member(id="owner", name="Owner", is_staff=True)
"""Who answered in the row of a review or ticket: such tables do not say."""

_TABLES = frozenset({".csv", ".tsv"})
_LINES = frozenset({".jsonl", ".ndjson"})
_TASTE = 20
"""Rows of a sheet among which its header is looked for: a title and notes may stand above it."""
_LONG_AGO = datetime.fromtimestamp(0, UTC)
"""When a row was deleted that does not say it: a message is never deleted before it was written."""
_UNREADABLE = "not UTF-8, or too long"
_NO_RATING = "read without its rating, which is no number"
_OUT_OF_RANGE = (
    "read without its rating, which is not between 1 and 5; give its scale, such as rating=Score/10 "
    "(--map on the command line)"
)

_KINDS: frozenset[str] = frozenset(get_args(Kind)) - {"document"}
_NOT_WORD = regex.compile(r"[^\w]+")
_NEXT_FIELD = regex.compile(rf",\s*(?=(?:{'|'.join(SYNONYMS)})\s*=)")
_JSON_LIST = regex.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{")
_SCALE = regex.compile(r"(.+)/\s*(\d{1,4})")
_NUMBER = regex.compile(r"\d{1,4}(?:[.,]\d{1,17})?")
_OF = regex.compile(
    rf"[^\d-]{{0,20}}({_NUMBER.pattern})"
    r"(?:\s*(?:/|\s\p{L}{1,10}(?: \p{L}{1,10})?\s)\s*(\d{1,4}))?\D{0,20}"
)
"""“4/5”, “8 of 10”, “4.0 out of 5 stars”, “4 stars”: the number, and the scale where it is said."""
_DAY_AND_MONTH = regex.compile(r"%([dm])\W+%[dm]\W+%[Yy]")
_STARS = regex.compile(r"[★⭐☆✩\uFE0F\s]+")

Row = Mapping[str, Any]
Rows = Iterator[tuple[str, Row | str]]
"""Where each row stands in its file, and the row; or why it cannot be read."""


def recognises(path: Path) -> bool:
    return path.is_file() and _reader(path) is not None


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield a message for each row that has a text and a time. Rows count from 1, the header included.

    Raises BadExport where the file is none, or a workbook that cannot be opened.
    """
    if not path.is_file():
        raise BadExport(f"{path} is not a file; a table is a single CSV, JSON, JSONL or XLSX file.")
    channel = own_name(path.stem)
    yield from _read(lambda: (_reader(path) or _csv_rows)(path, options), f"{path.name}, ", channel, options)


def read_rows(items: Sequence[object], channel: str) -> Iterator[Record]:
    """Yield what `read` would of JSON objects, as a program sends them; `channel` is that of those without one."""
    rows = [(f"entry {n}", i if isinstance(i, dict) else "not a JSON object") for n, i in enumerate(items, start=1)]
    yield from _read(lambda: iter(rows), "", channel, Options())


def _read(rows: Callable[[], Rows], file: str, channel: str, options: Options) -> Iterator[Record]:
    threads = _threads(row for _, row in _named(rows(), options) if not isinstance(row, str))
    ids, named = _Ids(), _named(rows(), options)
    times = _Times((row for _, row in _named(rows(), options) if not isinstance(row, str)), options)
    records = (r for place, row in named for r in _records(f"{file}{place}", row, threads, channel, times, ids))
    yield from told_once(records, anew=False)


class _Ids:
    """Ids of rows that have none: rows that say the same at the same time are told apart by their order.

    Only while the time stays the same, as tables are sorted by it: what is remembered does not grow. Of two sheets of
    a workbook, one often repeats a part of the other.
    """

    def __init__(self) -> None:
        self._now: tuple[str, datetime] | None = None
        self._equals: Counter[str] = Counter()

    def make(self, table: str, author: str, at: datetime, text: str) -> str:
        if (table, at) != self._now:
            self._now = table, at
            self._equals.clear()
        id_ = sha256("\x1f".join((author, at.isoformat(), text)).encode()).hexdigest()[:20]
        self._equals[id_] += 1
        return id_ if self._equals[id_] == 1 else f"{id_}-{self._equals[id_]}"


def _named(rows: Rows, options: Options) -> Rows:
    """Each row with its place, under our names of its fields; or why it cannot be read."""
    names: list[str] | None = None
    columns: dict[str, str] = {}
    scale = guess = ""
    place = "the beginning"
    try:
        for place, row in rows:
            if isinstance(row, str):
                yield place, row
                continue
            if names != list(row):  # each line of a JSONL file may have other keys
                names = list(row)
                columns = mapping(names, options.columns)
                scale, guess = _take_scale(columns, names), _guess(names, columns)
            deleted = row.get("deleted") is True
            if (lack := _lack(columns, names)) and not deleted:
                yield place, lack
                continue
            # A kind that is no column stands for itself.
            fields = {field: row.get(column, column if field == "kind" else None) for field, column in columns.items()}
            fields["rating"] = _scaled(fields.get("rating"), scale)
            yield place, {**fields, "guess": guess, "deleted": deleted}
    except ValueError as error:
        yield f"after {place}", str(error)


def _lack(columns: Mapping[str, str], names: Sequence[str]) -> str | None:
    """What a person is told who gave a table without the columns it needs."""
    missing = " and ".join(field for field in ("text", "at") if columns.get(field) not in names)
    return f"no column for {missing} among {shorten(', '.join(names))}; {ADVICE}" if missing else None


def _threads(rows: Iterable[Row]) -> Mapping[str, str]:
    """Reply -> the first message of its thread, in whatever order the rows come: many tables begin with the newest."""
    parents = {}
    for row in rows:
        id_, reply_to = _field(row, "id"), _field(row, "reply_to")
        if id_ and reply_to:
            parents[id_] = reply_to
    return first_messages(parents)


def read_columns(text: str) -> dict[str, str]:
    """Our field -> column, from “text=Review, at=Date”. A column may have a comma in its name. Raises ValueError.

    `rating=Score/10` gives the scale of a column of bare numbers; `kind=ticket` the kind of all rows.
    """
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
    known = {_NOT_WORD.sub("_", str(name).lower()).strip("_"): name for name in names if name is not None}
    for field, synonyms in SYNONYMS.items():
        if field not in columns:
            free = (known[s] for s in synonyms if s in known and known[s] not in columns.values())
            if (name := next(free, None)) is not None:
                columns[field] = name
    return columns


def _take_scale(columns: dict[str, str], names: Sequence[str]) -> str:
    """The scale that is given with the column of ratings, taken from its name: “10” of “Score/10”."""
    given = columns.get("rating", "")
    if given in names or not (match := _SCALE.fullmatch(given)):
        return ""
    columns["rating"] = match.group(1).strip()
    return str(match.group(2))


def _scaled(value: Any, scale: str) -> Any:
    return f"{as_text(value).strip()}/{scale}" if scale and _NUMBER.fullmatch(as_text(value).strip()) else value


def _guess(names: Sequence[str], columns: Mapping[str, str]) -> Kind:
    """What the rows of a table are, by its columns."""
    known = {_NOT_WORD.sub("_", name.lower()).strip("_") for name in names}
    if any(name.startswith("ticket_") for name in known) or ("title" in columns and known & {"status", "priority"}):
        return "ticket"
    return "review" if columns.get("rating") in names else "post"


def _reader(path: Path) -> Callable[[Path, Options], Rows] | None:
    """How a table is read: told by its content where that says it, by its name where any text could be one."""
    suffix = path.suffix.lower()
    if is_workbook(path):
        return _sheet_rows
    if suffix in _TABLES:
        return _csv_rows
    if suffix in _LINES:
        return _json_rows
    return _json_list if _JSON_LIST.match(first_bytes(path, 4096)) else None


def _json_rows(path: Path, _: Options) -> Rows:
    for number, line in read_lines(path):
        place = f"line {number}"
        if line is None:
            yield place, _UNREADABLE
        elif line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                yield place, "not JSON"
                continue
            yield place, row if isinstance(row, dict) else "not a JSON object"


def _json_list(path: Path, _: Options) -> Rows:
    for number, row in enumerate(stream_json(path, "item"), start=1):
        yield f"entry {number}", row if isinstance(row, dict) else "not a JSON object"


def _sheet_rows(path: Path, options: Options) -> Rows:
    for sheet in sheets(path):
        place = f"sheet {sheet.name}"
        try:
            for row_place, row in _of_sheet(sheet, options):
                yield f"{place}{row_place}", row
        except ValueError as error:
            yield place, str(error)


def _of_sheet(sheet: Sheet, options: Options) -> Rows:
    """The rows below the header: the first row that names a text and a time; a title and notes may stand above it."""
    columns: dict[str, str] = {}
    tasted: list[list[str]] = []
    for number, cells in sheet.rows:
        if not columns:
            names = [as_text(cell).strip() for cell in cells]
            tasted.append(names)
            found = mapping(names, options.columns)
            if _lack(found, names) is None:
                columns = found
            elif len(tasted) == _TASTE:
                break
            continue
        row = {**dict.fromkeys(names), **dict(zip(names, cells, strict=False))}
        row[columns["at"]] = as_moment(row[columns["at"]], sheet.epoch)
        yield f", row {number}", row
    if tasted and not columns:
        yield "", _lack(mapping(tasted[0], options.columns), tasted[0]) or ""


def _csv_rows(path: Path, _: Options) -> Rows:
    encoding = _encoding(path)
    if encoding == ANSI:
        yield "all lines", READ_AS_ANSI
    bad: list[int] = []

    def decoded() -> Iterator[str]:
        for number, line in _lines(path, encoding):
            if line is None:
                bad.append(number)
            elif number == 1 and EXCEL_DELIMITER.fullmatch(line.rstrip("\r\n")):
                yield "\n"
            else:
                yield line.replace("\0", "")

    first = next((line for _, line in _lines(path, encoding)), None) or ""
    reader = csv.reader(decoded(), delimiter=delimiter_of(first, path.suffix), strict=False)
    header: list[str] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield f"line {reader.line_num + len(bad)}", f"broken row: {error}"
            continue
        if header and cells:
            row = {**dict.fromkeys(header), **dict(zip(header, cells, strict=False))}
            yield f"line {reader.line_num + len(bad)}", row
        header = header or cells
    for number in bad:
        yield f"line {number}", _UNREADABLE


def _encoding(path: Path) -> str:
    """UTF-8; UTF-16 where a mark says so; Windows-1252 where it is not UTF-8."""
    if first_bytes(path, 2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    with path.open("rb") as file:
        return ANSI if is_ansi(iter(partial(file.readline, MAX_LINE), b"")) else "utf-8"


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str | None]]:
    """Like read_lines, in any encoding; letters that it does not have become �."""
    if encoding == "utf-8":
        yield from read_lines(path)
        return
    with path.open(encoding=encoding, errors="replace", newline="\n") as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            whole = line.endswith("\n") or len(line) < MAX_LINE
            while line and not line.endswith("\n") and len(line) == MAX_LINE:
                line = file.readline(MAX_LINE)
            yield number, line if whole else None


def _field(row: Row, name: str) -> str:
    return clean(as_text(row.get(name)))


def _records(
    place: str, row: Row | str, threads: Mapping[str, str], name: str, times: "_Times", ids: _Ids
) -> Iterator[Record]:
    if isinstance(row, str):
        yield skipped(place, row)
        return
    text = _field(row, "text")
    try:
        at = _LONG_AGO if row["deleted"] and not row.get("at") else times.read(row.get("at"))
    except ValueError as error:
        yield skipped(place, str(error))
        return
    if row["deleted"] and not _field(row, "id"):
        yield skipped(place, "deleted, and no id that says which message")
        return
    rating = None
    try:
        rating = _rating(row.get("rating"))
    except ValueError as error:
        yield skipped(f"{place}, rating", str(error))  # what was written counts without it
    author = _field(row, "author") or ANONYMOUS
    channel = _field(row, "channel") or clean(name)
    id_ = _field(row, "id") or ids.make(place.rpartition(", ")[0], author, at, text)
    reply_to = _field(row, "reply_to") or None
    thread = threads.get(reply_to, reply_to) if reply_to else id_
    visibility = "public" if _field(row, "visibility").lower() in ("", "public") else "private"
    yield record_or_skip(place, Channel, id=channel, name=channel, visibility=visibility)
    yield record_or_skip(place, Member, id=author, name=author)
    yield (deleted_or_skip if row["deleted"] else message_or_skip)(
        place,
        id=id_,
        channel=channel,
        author=author,
        text=text,
        kind=_kind(row, reply_to),
        at=at,
        thread=thread,
        reply_to=reply_to,
        title=_field(row, "title") or None,
        rating=rating,
        url=_field(row, "url") or None,
    )
    if text and not row["deleted"] and (answer := _field(row, "answer")):
        yield OWNER
        yield message_or_skip(
            place,
            id=f"{id_}#answer",
            channel=channel,
            author=OWNER.id,
            text=answer,
            at=times.read_or(row.get("answered_at"), at),
            thread=thread,
            reply_to=id_,
        )


def _kind(row: Row, reply_to: str | None) -> Kind:
    said = _field(row, "kind").lower()
    if said in _KINDS:
        return cast(Kind, said)
    return "post" if reply_to else cast(Kind, row["guess"])


class _Times:
    """The times of a table. The rows are passed once more only where it takes all of them to tell day from month."""

    def __init__(self, rows: Iterable[Row], options: Options) -> None:
        self._rows = rows
        self._options = options

    def read(self, value: Any) -> datetime:
        """A time, as a workbook or a text has it. Raises ValueError."""
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC)
        try:
            return parse_time(value or "", self._options)
        except ValueError:
            written = read_local_date(as_text(value))
            if written is None:
                raise
            if written.month_first is None and self._month_first is None:
                raise ValueError(_ambiguous(as_text(value))) from None
            at = written.at(month_first=self._month_first is True)
            if at is None:
                raise
            return at

    def read_or(self, value: Any, otherwise: datetime) -> datetime:
        try:
            return self.read(value)
        except ValueError:
            return otherwise

    @cached_property
    def _month_first(self) -> bool | None:
        if given := _DAY_AND_MONTH.search(self._options.time_format or ""):
            return bool(given.group(1) == "m")
        written = (read_local_date(as_text(row.get("at"))) for row in self._rows)
        return month_first_by_days(filter(None, written))


def _ambiguous(date: str) -> str:
    mark = next((mark for mark in "./-" if mark in date), "/")
    orders = " or ".join(f"%{first}{mark}%{second}{mark}%Y" for first, second in ("dm", "md"))
    return f"nothing tells the day from the month; say which comes first: --time-format {orders} on the command line"


def _rating(value: Any) -> float | None:
    """A rating from 1 to 5: one on another scale in proportion, and at least 1. Raises ValueError."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    text = as_text(value).strip()
    if _STARS.fullmatch(text):
        full, empty = (sum(map(text.count, stars)) for stars in ("★⭐", "☆✩"))
        number, scale = float(full), max(5, full + empty)
    elif found := _OF.fullmatch(text):
        number, scale = float(found.group(1).replace(",", ".")), int(found.group(2) or 5)
    else:
        try:
            number, scale = float(text), 5
        except ValueError:
            raise ValueError(_NO_RATING) from None
    rating = number if scale == 5 else max(1.0, 5 * number / max(scale, 0.1))
    if not (1 <= rating <= 5):
        raise ValueError(_OUT_OF_RANGE)
    return rating
