"""Workbooks: sheets with a text and a time, whole, broken and hostile."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.errors import BadExport
from knowledge.importers import recognise
from knowledge.importers.tabular import recognises
from knowledge.messages import Skipped
from tests.unit.knowledge.importers.archives import damaged, imported, read_export
from tests.unit.knowledge.importers.exports import assert_safe, messages, reasons, texts, zipped

HEADER = ("Review", "Date", "Stars")
DAY = datetime(2025, 12, 2)  # noqa: DTZ001  a spreadsheet knows no zones
ROW = ("It leaks.", DAY - timedelta(hours=14, minutes=30), 2)

read_table = partial(read_export, name="table")


def workbook(path: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def rewritten(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The same archive with one part changed."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_a_workbook_is_recognised_by_its_content(tmp_path: Path) -> None:
    path = workbook(tmp_path / "export.bin", Reviews=[HEADER, ROW])
    assert recognise(path).name == "table"
    assert not recognises(zipped(tmp_path / "reviews.xlsx", {"xl/other.xml": "<x/>"}))


def test_every_sheet_with_a_text_and_a_time_is_read(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "r.xlsx",
        Notes=[["Made by", "us"]],
        App=[["Monthly report"], [], HEADER, ROW, [], ("", DAY, 3)],
        Shop=[HEADER, ("Lovely.", "2025-12-02", "5/5")],
        Empty=[],
    )
    records = read_table(path)
    assert [(m.text, m.at, m.rating, m.kind) for m in messages(records)] == [
        ("It leaks.", datetime(2025, 12, 1, 9, 30, tzinfo=UTC), 2, "review"),
        ("Lovely.", datetime(2025, 12, 2, tzinfo=UTC), 5, "review"),
    ]
    places = [(r.place, r.reason.split(" among ")[0]) for r in records if isinstance(r, Skipped)]
    assert places == [("r.xlsx, sheet Notes", "no column for text and at"), ("r.xlsx, sheet App, row 6", "no text")]


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        (45992, datetime(2025, 12, 1, tzinfo=UTC)),
        (45992.75, datetime(2025, 12, 1, 18, tzinfo=UTC)),
        (date(2025, 12, 1), datetime(2025, 12, 1, tzinfo=UTC)),
        (1764583200, datetime(2025, 12, 1, 10, tzinfo=UTC)),
        ("2025-12-01", datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_time_may_be_a_date_a_count_of_days_or_a_text(cell: Any, read_as: datetime, tmp_path: Path) -> None:
    (message,) = messages(read_table(workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", cell)])))
    assert message.at == read_as


def test_days_are_counted_from_where_the_workbook_does(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(("text", "at"))
    book.active.append(("x", 44530))
    book.save(tmp_path / "r.xlsx")
    (message,) = messages(read_table(tmp_path / "r.xlsx"))
    assert message.at == datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("cell", [time(9), timedelta(days=3), True, -5, 0.5, 10**18, "soon", None])
def test_a_cell_that_is_no_time_is_counted(cell: Any, tmp_path: Path) -> None:
    records = read_table(workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", cell), ("y", date(2025, 12, 1))]))
    assert texts(records) == ["y"]
    assert len(reasons(records)) == 1


def test_merged_cells_errors_and_formulas_are_no_trouble(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("text", "at", "author"),
        ("x", "2025-12-01", "Anna"),
        ("y", "2025-12-01", None),
        ("#N/A", "2025-12-01"),
    ):
        sheet.append(row)
    sheet.append(("=A1", "2025-12-01"))
    sheet.merge_cells("C2:C3")
    book.save(tmp_path / "r.xlsx")
    records = read_table(tmp_path / "r.xlsx")
    assert [(m.text, m.author) for m in messages(records)] == [("x", "Anna"), ("y", "anonymous")]
    assert reasons(records) == ["no text", "no text"]


def test_a_longer_export_adds_only_what_is_new(tmp_path: Path) -> None:
    first = {"A": [HEADER, ROW, ROW]}
    longer = {"A": [HEADER, ("New.", DAY, 1), ROW, ROW], "Bad": [HEADER, ROW]}
    exports = (read_table(workbook(tmp_path / "r.xlsx", **sheets)) for sheets in (first, longer))
    assert [saved.added for saved in imported(MemoryMessageStore(), *exports)] == [2, 1]


SHEET = "xl/worksheets/sheet1.xml"


def test_a_sheet_that_lies_about_its_size_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", "2025-12-01")])
    rewritten(path, SHEET, lambda xml: re.sub(r'ref="[^"]*"', 'ref="A1:XFD1048576"', xml))
    assert texts(read_table(path)) == ["x"]


@pytest.mark.parametrize("row", ["99999999999999999999", "0", "-1", "x"])
def test_a_row_with_an_impossible_number_ends_the_sheet_at_most(row: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", "2025-12-01"), ("y", "2025-12-01")])
    rewritten(path, SHEET, lambda xml: xml.replace('r="3"', f'r="{row}"'))
    records = read_table(path)
    assert "x" in texts(records)
    assert_safe(records)


def test_a_sheet_that_breaks_is_read_up_to_there_and_the_next_one_too(tmp_path: Path) -> None:
    rows = [("text", "at"), *((f"x{n}", "2025-12-01") for n in range(300))]
    path = workbook(tmp_path / "r.xlsx", A=rows, B=[("text", "at"), ("y", "2025-12-01")])
    records = read_table(rewritten(path, SHEET, lambda xml: xml[: len(xml) * 3 // 4]))
    assert texts(records)[0] == "x0"
    assert texts(records)[-1] == "y"
    assert any("broken sheet" in reason for reason in reasons(records))


def test_entities_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", "2025-12-01")])
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    rewritten(path, SHEET, lambda xml: laughs + re.sub(r"^<\?xml.*?\?>", "", xml))
    with pytest.raises(BadExport, match="cannot be opened as a workbook: EntitiesForbidden"):
        read_table(path)


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "xl/theme/theme1.xml"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(part: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", "2025-12-01")])
    rewritten(path, part, lambda xml: xml + " " * 40_000_000)
    with pytest.raises(BadExport, match=f"{part}.*Save the sheet as CSV"):
        read_table(path)


def test_what_is_no_workbook_inside_cannot_be_opened(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.xlsx", {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x"})
    with pytest.raises(BadExport, match="cannot be opened as a workbook"):
        read_table(path)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6), st.sampled_from(["xl/workbook.xml", SHEET, None]))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_is_counted_or_refused(tmp_path: Path, at: int, noise: bytes, part: str | None) -> None:
    path = workbook(tmp_path / "r.xlsx", A=[("text", "at"), ("x", "2025-12-01"), ("y", 45992)])
    if part is None:
        path.write_bytes(damaged(path.read_bytes(), at, noise))
    else:
        rewritten(path, part, lambda xml: damaged(xml.encode(), at, noise).decode(errors="ignore"))
    try:
        assert_safe(read_table(path))
    except BadExport as error:
        assert str(path) in str(error)  # noqa: PT017  any other exception fails the test
