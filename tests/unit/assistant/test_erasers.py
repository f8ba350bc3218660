"""Erasing traces from the files of a home folder: what goes, what stays byte for byte, what the receipt says."""

import codecs
import gzip
import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pypdf import PdfWriter

from assistant.adapters.erasers import Files
from assistant.forgotten import Marks, Trace
from tests.making import message
from tests.unit.knowledge.importers.test_documents import pdf

KEY = b"k" * 32
NAME = "Zoë Quillfeather"
POST = message(
    "canary-post", "The parcel came in the rain and every bag in it was soaked through.", author="u77-canary"
)
TRACES = (NAME, POST.text, "u77-canary", "canary-post")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    (folder / "exports").mkdir(parents=True)
    return folder


def trace() -> Trace:
    plain = Marks(KEY)
    digests = plain.of_name(NAME, {"Zoë", "Quillfeather"}) | {plain.of("member", "u77-canary")}
    return Trace(frozenset({"u77-canary"}), frozenset({NAME}), {POST.id: POST}, {}, Marks(KEY, digests))


def files(home: Path) -> Files:
    return Files(home, home / "communities" / "club" / "community.yaml")


def kept(home: Path, name: str, data: bytes) -> bytes | None:
    """What is left of a file after forgetting; None where it is gone."""
    path = home / "exports" / name
    path.write_bytes(data)
    found = files(home).find(trace())
    files(home).erase(trace())
    left = path.read_bytes() if path.exists() else None
    assert found == (left != data)
    assert files(home).find(trace()) == 0
    assert not list(home.rglob("*.part"))
    return left


def unsearched(home: Path) -> str:
    return next((told for told in files(home).leaves(trace()) if "cannot be searched for certain" in told), "")


HEADER, THEIRS, OTHERS = "id;text;n", f"2;{NAME} wrote;1", ('1;"a, b";2', '3;"two\nlines; she said ""Zoé""";3')


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"", "cp1252"),
        (b"", "cp1250"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_rows_of_a_table_that_stay_are_the_same_byte_for_byte(
    home: Path, mark: bytes, encoding: str, delimiter: str, end: str
) -> None:
    def written(*rows: str) -> bytes:
        return mark + "".join(row.replace(";", delimiter) + end for row in rows).encode(encoding)

    left = kept(home, "a.csv", written(HEADER, OTHERS[0], THEIRS, OTHERS[1]))
    assert left == written(HEADER, *OTHERS)


def test_the_mark_of_a_table_stays_when_its_first_row_goes(home: Path) -> None:
    assert kept(home, "a.csv", f"{NAME},x\nb,y\n".encode("utf-16")) == "b,y\n".encode("utf-16")


def test_a_row_whose_letters_are_broken_is_still_searched_and_the_others_are_not_touched(home: Path) -> None:
    odd = b'"\xff\x81 ",  spaced ,"" \r\n'
    assert kept(home, "a.csv", odd + f"1,{NAME}\r\n".encode() + odd) == odd + odd


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_lines_of_json_that_stay_are_the_same_byte_for_byte(home: Path, encoding: str) -> None:
    theirs, others = json.dumps({"author": NAME}, ensure_ascii=False), '{"text" : "é", "n":1.50}'
    assert kept(home, "a.jsonl", f"{theirs}\n{others}\n{theirs}\n".encode(encoding)) == f"{others}\n".encode(encoding)


def test_a_row_as_long_as_a_post_can_be_is_read_in_any_script(home: Path) -> None:
    others = f"1,{'ب' * 100_000}\n".encode()
    assert kept(home, "a.csv", others + f"2,{NAME}\n".encode()) == others


def test_a_table_of_theirs_alone_goes(home: Path) -> None:
    assert kept(home, "a.csv", f"{NAME}\n".encode("utf-16")) is None


@pytest.mark.parametrize("said", TRACES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_traces_are_found_in_whatever_letters(home: Path, name: str, encoding: str, said: str) -> None:
    left = kept(home, name, f"before\n{said}\nafter ñ\n".encode(encoding))
    assert left is None or said.encode(encoding)[-24:] not in left


@pytest.mark.parametrize("said", ["Thanks\nZoë", 'so "Zoë"', "Zoë O'Neil & all"])
def test_traces_are_found_behind_the_escapes_of_json(home: Path, said: str) -> None:
    assert kept(home, "a.json", json.dumps({"text": said}).encode()) is None


def test_traces_are_found_behind_the_entities_of_html(home: Path) -> None:
    assert kept(home, "a.html", b"<p>Zo&euml; was here.</p>") is None


def zipped(name: str, data: bytes) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return held.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    held = BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, BytesIO(data))
    return held.getvalue()


def book(_: str, data: bytes) -> bytes:
    made, held = Workbook(), BytesIO()
    made.active.append(["text", data.decode()])
    made.save(held)
    return held.getvalue()


PACKED: dict[str, Callable[[str, bytes], bytes]] = {
    "a.zip": zipped,
    "a.tar": tarred,
    "a.json.gz": lambda _, data: gzip.compress(data),
    "a.tar.gz": lambda name, data: gzip.compress(tarred(name, data)),
    "zip-in-zip.zip": lambda name, data: zipped("inner.zip", zipped(name, data)),
    "gz-in-zip.zip": lambda name, data: zipped("inner.gz", gzip.compress(data)),
    "a.xlsx": book,
}


@pytest.mark.parametrize("said", TRACES)
@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_is_looked_into_and_goes_whole(home: Path, name: str, said: str) -> None:
    assert kept(home, name, PACKED[name]("a.json", f"before {said} after".encode())) is None


@pytest.mark.parametrize("name", PACKED)
def test_what_is_packed_without_a_trace_stays_and_nothing_is_said_of_it(home: Path, name: str) -> None:
    data = PACKED[name]("a.json", b"Nobody is named.")
    assert kept(home, name, data) == data
    assert unsearched(home) == ""


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_a_name_that_is_a_file_name_in_an_archive_counts(home: Path, name: str) -> None:
    assert kept(home, name, PACKED[name](f"dms/{NAME}.json", b"x")) is None


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.json.gz", "a.tar.gz", "a.xlsx"])
def test_what_is_packed_and_torn_cannot_be_cleared_and_goes(home: Path, name: str) -> None:
    data = PACKED[name]("a.json", b"Nobody is named." * 200)
    assert kept(home, name, data[: min(len(data) // 2, 1500)]) is None


def test_an_archive_that_is_damaged_in_the_middle_cannot_be_cleared_and_goes(home: Path) -> None:
    one = tarred("a", b"x")[:1024]
    assert kept(home, "a.tar", one + b"?" * 1024) is None


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(PACKED)), st.integers(0, 5000), st.binary(max_size=4), st.integers(0, 8))
def test_any_damage_to_what_is_packed_is_no_error(home: Path, name: str, at: int, damage: bytes, cut: int) -> None:
    data = PACKED[name]("a.json", b"Nobody is named." * 50)
    at %= len(data)
    assert kept(home, name, whole := data[:at] + damage + data[at + cut :]) in (None, whole)


def test_archives_in_one_another_without_end_go(home: Path) -> None:
    data = b"Nobody is named."
    for _ in range(30):
        data = gzip.compress(data)
    assert kept(home, "a.gz", data) is None


def compressed_pdf(path: Path, line: str) -> bytes:
    writer = PdfWriter(clone_from=pdf(path, [line]))
    for page in writer.pages:
        page.compress_content_streams()
    writer.write(path)
    return path.read_bytes()


def test_the_pages_of_a_pdf_are_read(home: Path, tmp_path: Path) -> None:
    data = compressed_pdf(tmp_path / "a.pdf", "Thanks to Quillfeather for that.")
    assert b"Quillfeather" not in data
    assert kept(home, "a.pdf", data) is None
    assert kept(home, "a.zip", zipped("a.pdf", data)) is None


def test_a_pdf_that_names_nobody_stays_and_the_receipt_says_that_it_may_hold_more(home: Path, tmp_path: Path) -> None:
    data = compressed_pdf(tmp_path / "a.pdf", "Thanks to everybody.")
    assert kept(home, "a.pdf", data) == data
    assert "a.pdf" in unsearched(home)


@pytest.mark.parametrize("data", [b"%PDF-1.7 torn", None])
def test_a_pdf_that_cannot_be_opened_goes(home: Path, tmp_path: Path, data: bytes | None) -> None:
    locked = pdf(tmp_path / "a.pdf", ["Nobody is named."], password="secret").read_bytes()
    assert kept(home, "a.pdf", data or locked) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04"),
        ("a.txt", "Zażółć gęślą jaźń".encode("cp1250")),
        ("a.csv", "a,b\n1,jaźń\n".encode("cp1250")),
        ("a.mbox", b"From x\nContent-Transfer-Encoding: BASE64\n\nWm/DqyBRdWlsbGZlYXRoZXI=\n"),
        ("a.zip", zipped("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")),
    ],
)
def test_what_cannot_be_searched_with_certainty_stays_and_is_named_in_the_receipt(
    home: Path, name: str, data: bytes
) -> None:
    assert kept(home, name, data) == data
    assert name in unsearched(home)


def test_of_many_files_that_cannot_be_searched_some_are_named_and_all_counted(home: Path) -> None:
    for number in range(25):
        (home / "exports" / f"{number:02}.png").write_bytes(b"\x89PNG\xff")
    assert "00.png" in unsearched(home)
    assert "and 15 more" in unsearched(home)


def test_a_file_that_may_not_be_opened_is_an_error_and_not_deleted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "exports" / "a.txt"
    path.write_text("Nobody is named.")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        with pytest.raises(PermissionError):
            files(home).erase(trace())
    assert path.exists()
