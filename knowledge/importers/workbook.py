"""XLSX workbooks as rows of values, streaming; whatever is wrong with one is said, never raised by a library.

Of merged cells the first one holds the value, as in the file. Format: ECMA-376, through openpyxl.
"""

import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.datetime import from_excel

from knowledge.errors import BadExport
from knowledge.importers.source import MAX_FILE, MAX_TEXT, first_bytes, is_bomb

_MAX_PART = 32 * 1024 * 1024
"""Bytes, unpacked, of a part that is read as a whole (styles, relations); real ones have less than 1 MB."""
_MAX_TEXTS = 128 * 1024 * 1024
"""Bytes, unpacked, of the texts that all sheets share: they are held in memory."""
_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 256
_LAST_DAY = 2_958_466
"""31 December 9999, as spreadsheets count days."""

# What a spreadsheet has and openpyxl leaves out (charts, validation) is nothing that a person should hear of.
warnings.filterwarnings("ignore", module="openpyxl")


class Sheet(NamedTuple):
    """A sheet: its name, the day from which it counts days, its rows with their numbers from 1, the empty left out."""

    name: str
    epoch: datetime
    rows: Iterator[tuple[int, list[Any]]]


def is_workbook(path: Path) -> bool:
    """Whether a file is an XLSX workbook, by what is in it."""
    if not first_bytes(path, 4).startswith(b"PK"):
        return False
    try:
        with ZipFile(path) as archive:
            return {"[Content_Types].xml", "xl/workbook.xml"} <= {*archive.namelist()}
    except (BadZipFile, OSError, ValueError, NotImplementedError, RecursionError):
        return False


def sheets(path: Path) -> Iterator[Sheet]:
    """The sheets of a workbook, each to be read before the next. Raises BadExport where it cannot be opened.

    Rows raise ValueError where a sheet breaks. Formulas stand with the value that was last computed.
    """
    _refuse_bombs(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        reason = error.__cause__ or error  # openpyxl wraps what it was told by others
        raise BadExport(f"{path} cannot be opened as a workbook: {reason or type(reason).__name__}.") from error
    with closing(book):
        for sheet in book.worksheets:
            yield Sheet(sheet.title, book.epoch, _rows(sheet))


def as_moment(value: Any, epoch: datetime) -> Any:
    """A number of days as the moment it stands for; anything else as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value < _LAST_DAY:
        return from_excel(value, epoch)
    return value


def _refuse_bombs(path: Path) -> None:
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError, RecursionError) as error:
        raise BadExport(f"{path} cannot be opened as a workbook: {error}.") from error
    for part in parts:
        if part.file_size > _largest(part.filename) or is_bomb(part):
            raise BadExport(
                f"{path}: its part {part.filename[:100]} is {part.file_size // 2**20} MiB unpacked, more than we read. "
                "Save the sheet as CSV (UTF-8) and import that."
            )


def _largest(part: str) -> int:
    if part.startswith("xl/worksheets/"):
        return MAX_FILE
    return _MAX_TEXTS if part.endswith("sharedStrings.xml") else _MAX_PART


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    # What a sheet says of its own size may be wrong, or a trap.
    sheet.reset_dimensions()
    try:
        for number, cells in enumerate(sheet.iter_rows(max_row=_MAX_ROWS, values_only=True), start=1):
            if cells:  # a row that the file leaves out has none
                values = list(map(_value, cells[:_MAX_COLUMNS]))
                while values and values[-1] is None:
                    values.pop()
                if values:
                    yield number, values
    except Exception as error:
        raise ValueError(f"broken sheet: {error or type(error).__name__}") from error


def _value(cell: Any) -> Any:
    if isinstance(cell, datetime) or cell is None:
        return cell
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, str):
        # All rows may share one text without end.
        return None if cell in ERROR_CODES else cell[: MAX_TEXT + 1]
    return cell
