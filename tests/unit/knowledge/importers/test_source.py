"""What the importers share: cleaning, times, files that are not what they should be."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipExtFile, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.errors import BadExport
from knowledge.importers import recognise, source
from knowledge.importers.source import (
    MAX_TEXT,
    Options,
    as_list,
    as_mapping,
    as_text,
    clean,
    message_or_skip,
    open_export,
    parse_time,
    read_json,
    read_lines,
    skipped,
    told_once,
    top_files,
)
from knowledge.messages import Member, Message, Record, Skipped
from tests.making import NOW
from tests.unit.knowledge.importers.exports import LONE_SURROGATE, json_values, with_a_broken_directory, zipped


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\0b\x1b\x7f\x85c", "abc"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("a\tb", "a\tb"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("\ufeffhello", "hello"),
        (f"a{LONE_SURROGATE}b", "ab"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("عربي\u200f!", "عربي\u200f!"),
        ("👩\u200d🌾 ok", "👩\u200d🌾 ok"),
        ("  spaces  ", "spaces"),
    ],
)
def test_cleaning_takes_out_what_deceives_and_leaves_what_people_write(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(st.characters(), max_size=60))
@settings(deadline=None)
def test_a_clean_text_stays_as_it_is_and_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\0" not in once
    once.encode()


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-12-01", datetime(2025, 12, 1, tzinfo=UTC)),
        ("2025-12-01T10:00:00+02:00", datetime(2025, 12, 1, 8, tzinfo=UTC)),
        ("2025-12-01T10:00:00.123Z", datetime(2025, 12, 1, 10, 0, 0, 123000, tzinfo=UTC)),
        (1764583200, datetime(2025, 12, 1, 10, tzinfo=UTC)),
        ("1764583200.5", datetime(2025, 12, 1, 10, 0, 0, 500000, tzinfo=UTC)),
        (1764583200000, datetime(2025, 12, 1, 10, tzinfo=UTC)),
        (" 2025-12-01 10:00 ", datetime(2025, 12, 1, 10, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_the_forms_that_exports_have(value: object, moment: datetime) -> None:
    assert parse_time(value, Options()) == moment


def test_a_time_can_be_read_in_a_format_of_its_own() -> None:
    options = Options(time_format="%d/%m/%Y %z")
    assert parse_time("02/12/2025 +0100", options) == datetime(2025, 12, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["", "yesterday", "12/31/2025", None, [], {}, True, "9" * 17, "0001-01-01T00:00+23:59"]
)
def test_what_is_no_time_is_refused_with_a_way_out(value: object) -> None:
    with pytest.raises(ValueError, match="--time-format"):
        parse_time(value, Options())


@pytest.mark.parametrize("time_format", ["%", "%Q", "%d/%d", "(", "%Y"])
def test_a_format_that_does_not_fit_is_an_ordinary_failure(time_format: str) -> None:
    with pytest.raises(ValueError, match="time not understood"):
        parse_time("2025-12-01", Options(time_format=time_format))


@given(json_values)
@settings(deadline=None)
def test_any_value_is_a_time_in_utc_or_refused(value: object) -> None:
    try:
        moment = parse_time(value, Options())
    except ValueError:
        return
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (5, "5"), (1.5, "1.5"), (True, ""), (None, ""), ({}, ""), ([], "")]
)
def test_only_texts_and_numbers_are_text(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("value", [None, "x", 5, [], [("a", 1)]])
def test_what_is_no_object_has_no_fields(value: object) -> None:
    assert as_mapping(value) == {}


@pytest.mark.parametrize("value", [None, "x", 5, {}, ("a",)])
def test_what_is_no_list_has_no_items(value: object) -> None:
    assert as_list(value) == []


def a_message(**changes: object) -> Record:
    fields = {"id": "1", "channel": "c", "author": "a", "text": "hi", "at": NOW, "thread": "1"}
    return message_or_skip("row 1", **{**fields, **changes})


def test_a_message_is_cleaned_in_all_its_fields() -> None:
    made = a_message(id="1\0", author="a\u202e", text="hi\0")
    assert isinstance(made, Message)
    assert (made.id, made.author, made.text) == ("1", "a", "hi")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": " \0 "}, "no text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "text longer than"),
        ({"rating": 7}, "bad rating"),
        ({"id": "x" * 301}, "bad id"),
        ({"author": "x" * 301}, "bad author"),
        ({"thread": "x" * 301}, "bad thread"),
        ({"reactions": {"heart": "many"}}, "bad reactions"),
        ({"at": datetime(2025, 12, 1)}, "bad at"),  # noqa: DTZ001  that is the point
    ],
)
def test_a_message_that_cannot_be_kept_says_why(changes: dict[str, object], reason: str) -> None:
    made = a_message(**changes)
    assert isinstance(made, Skipped)
    assert made.place == "row 1"
    assert reason in made.reason


def test_the_longest_text_that_is_kept_is_kept() -> None:
    assert isinstance(a_message(text="x" * MAX_TEXT), Message)


def test_what_was_skipped_is_told_in_a_line_that_can_be_shown() -> None:
    told = skipped(f"file{LONE_SURROGATE}", "bad\n\u202e" + "x" * 5000)
    assert told.place == "file"
    assert told.reason.startswith("bad x")
    assert len(told.reason) <= 300


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1,", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000, b'{"a": 1}}', b"\x80"],
    ids=["empty", "open", "cut", "not text", "deep", "a number without end", "too much", "not UTF-8"],
)
def test_a_file_that_is_not_json_is_an_ordinary_failure(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r".+"):
        read_json(file)


def test_a_file_that_is_gone_is_an_ordinary_failure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not readable"):
        read_json(tmp_path / "gone.json")


def test_a_file_that_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_FILE", 10)
    file = tmp_path / "x.json"
    file.write_text("[" + "1," * 10 + "1]", encoding="utf-8")
    with pytest.raises(ValueError, match="larger than"):
        read_json(file)


def test_what_a_zip_bomb_would_unpack_to_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_FILE", 1000)
    bomb = zipped(tmp_path / "bomb.zip", {"x.json": " " * 100_000})
    assert bomb.stat().st_size < 1000
    with pytest.raises(ValueError, match="larger than"):
        read_json(open_export(bomb) / "x.json")


@pytest.mark.parametrize(
    ("name", "begins", "goes_on"),
    [
        ("chat.txt", "28/11/2026, 09:05 - Anna: hi\n", "\n"),
        ("chat.txt", "28/11/2026, 09:05 - Anna: hi\n", "x\n"),
        ("bags.txt", f"{'=' * 62}\nGuild: Club\nChannel: Bags\n{'=' * 62}\n\n[12/01/2025 09:00] anna\nhi\n", "x\n"),
        (
            "a.jsonl",
            '{"id": "1", "author": "anna", "subreddit": "a", "created_utc": 1, "title": "hi"}\n',
            "\n",
        ),
        ("a.mbox", "From anna@x.example Mon Dec  1 09:00:00 2025\nFrom: anna@x.example\n\nhi\n", "\n"),
        ("result.json", '{"name": "x", "type": "private_group", "messages": [{"from_id": "1"}', ", {}"),
        ("Posts.xml", '<posts><row PostTypeId="1" />', "<row />"),
        ("bags.html", "<body class=chatlog__x>", "<div data-message-id=1>"),
    ],
)
def test_of_a_file_that_a_zip_has_packed_as_no_export_only_the_beginning_is_unpacked(
    name: str, begins: str, goes_on: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {name: begins + goes_on * (3_000_000 // len(goes_on))})
    unpacked, read_whole = list[int](), ZipExtFile._read1  # type: ignore[attr-defined]  # all reading goes through it

    def counted(file: ZipExtFile, count: int) -> bytes:
        data: bytes = read_whole(file, count)
        unpacked.append(len(data))
        return data

    monkeypatch.setattr(ZipExtFile, "_read1", counted)
    reasons = [record.reason for record in recognise(bomb).read(bomb, Options()) if isinstance(record, Skipped)]
    assert reasons == ["broken file: unpacks to more than 100 times its size"]
    assert sum(unpacked) < 2_000_000


def test_an_archive_of_many_small_parts_that_unpack_to_far_more_is_not_opened(tmp_path: Path) -> None:
    parts = {f"{number}.txt": "28/11/2026, 09:05 - Anna: hi\n" + "x\n" * 500_000 for number in range(10)}
    assert open_export(zipped(tmp_path / "a.zip", dict(list(parts.items())[:5])))
    with pytest.raises(BadExport, match=r"b\.zip: unpacks to more than 100 times its size"):
        open_export(zipped(tmp_path / "b.zip", parts))


def test_a_file_of_lines_that_is_larger_than_any_export_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_STREAM", 10)
    file = tmp_path / "x.txt"
    file.write_text("one\ntwo\n" * 2)
    with pytest.raises(ValueError, match="larger than any export"):
        next(read_lines(file))


def test_blank_lines_without_end_are_not_read_to_their_end(tmp_path: Path) -> None:
    file, lines = tmp_path / "x.txt", list[str | None]()
    file.write_text("one\n" + " \n" * 300_000)
    with pytest.raises(ValueError, match="blank lines without end"):
        lines.extend(line for _, line in read_lines(file))
    assert len(lines) < 150_000


def test_an_archive_is_not_asked_for_each_of_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ZipExtFile, "readline", None)  # it takes five times as long
    root = open_export(zipped(tmp_path / "a.zip", {"x.txt": "\ufeffone\n\n" + "x" * 900_000 + "\nlast"}))
    assert list(read_lines(root / "x.txt")) == [(1, "one\n"), (2, "\n"), (3, None), (4, "last")]


@pytest.mark.parametrize(("anew", "names"), [(True, ["Anna", "Annie", "Anna"]), (False, ["Anna"])])
def test_a_member_is_told_once_and_anew_under_another_name_where_that_is_wanted(anew: bool, names: list[str]) -> None:
    told = told_once((Member(id="1", name=name) for name in ("Anna", "Anna", "Annie", "Anna")), anew=anew)
    assert [record.name for record in told if isinstance(record, Member)] == names


def test_a_folder_is_opened_as_it_is(tmp_path: Path) -> None:
    assert open_export(tmp_path) == tmp_path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("entries", "alone", "found"),
    [
        (["x", "a/x", "b/x"], False, ["x", "a/x", "b/x"]),
        (["x", "a/x", "b/x"], True, ["x"]),
        (["a/x", ".git/x", "__MACOSX/x"], True, ["a/x"]),
        (["a/x", ".git/x", "__MACOSX/x"], False, ["a/x"]),
        (["a/a/x", "a/y"], False, []),
    ],
)
def test_a_file_is_looked_for_at_the_top_and_in_the_folders_there(
    entries: list[str], alone: bool, found: list[str], packed: bool, tmp_path: Path
) -> None:
    archive = zipped(tmp_path / "a.zip", dict.fromkeys(entries, ""))
    if not packed:
        ZipFile(archive).extractall(tmp_path / "a")
    files = top_files(open_export(archive if packed else tmp_path / "a"), "x", alone=alone)
    assert sorted(str(file).partition("/a.zip/" if packed else f"{tmp_path}/a/")[2] for file in files) == sorted(found)


def test_an_archive_is_read_without_unpacking_it(tmp_path: Path) -> None:
    root = open_export(zipped(tmp_path / "a.zip", {"inner/x.json": "[1]"}))
    assert read_json(root / "inner" / "x.json") == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_with_a_broken_directory_cannot_be_read_at_all(tmp_path: Path) -> None:
    archive = with_a_broken_directory(zipped(tmp_path / "a.zip", {"a": "x"}))
    with pytest.raises(BadExport, match=r"a\.zip"):
        open_export(archive)


@pytest.mark.parametrize("name", ["//x", "a//b.json", "/" * 30, "a/" * 5000 + "x.json"])
def test_names_that_keep_a_reader_busy_are_left_out(name: str, tmp_path: Path) -> None:
    root = open_export(zipped(tmp_path / "a.zip", [(name, "[]"), ("x.json", "[1]")]))
    assert [child.name for child in root.iterdir()] == ["x.json"]
