"""`hearthside import` with small exports in every format. Models are fakes; stores, files and exit codes are real."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from assistant.bootstrap import House
from knowledge.adapters.memory import ScriptedLanguages
from knowledge.history import Understanding
from tests import making
from tests.integration import exports
from tests.integration.conftest import write_profile
from tests.integration.running import ask, count, refused, run_here

pytestmark = pytest.mark.usefixtures("quick")


def test_a_jsonl_file_comes_in(home: Path, tmp_path: Path) -> None:
    ran = run_here("import", exports.jsonl(tmp_path / "club.jsonl"))
    assert ran.code == 0
    assert "club: read as table. 5 new messages, 0 changed, 0 unchanged; 5 indexed." in ran.out
    assert str(home / "communities" / "club" / "community.yaml") in ran.out


def test_import_answers_with_json(tmp_path: Path) -> None:
    rows = [*exports.CLUB, {"id": "m9", "at": "2026-11-30T10:00:00Z", "text": " "}]
    ran = run_here("import", exports.jsonl(tmp_path / "club.jsonl", rows), "--json")
    assert ran.data == {
        "community": "club",
        "format": "table",
        "added": 5,
        "changed": 0,
        "unchanged": 0,
        "indexed": 5,
        "skipped": {"no text": 1},
        "examples": [{"place": "club.jsonl, line 6", "reason": "no text"}],
        "waiting": None,
    }


def test_a_slack_archive_comes_in(home: Path, tmp_path: Path) -> None:
    ran = run_here("import", exports.slack(tmp_path / "club.zip"), "--json")
    assert (ran.data["format"], ran.data["added"]) == ("slack", 3)
    assert ran.data["skipped"] == {"written by Slack itself (channel_join)": 1}
    assert ask(home, "select name, visibility from channels order by name") == [
        ("#general", "public"),
        ("#staff", "private"),
    ]
    assert ask(home, "select text from messages order by at limit 1") == [("The bag leaks, @Maja!",)]


def test_a_discourse_folder_comes_in(home: Path, tmp_path: Path) -> None:
    ran = run_here("import", exports.discourse(tmp_path / "forum"), "--json")
    assert (ran.data["community"], ran.data["format"], ran.data["added"]) == ("forum", "discourse", 3)
    assert ask(home, "select id, text from messages order by id") == [
        ("7/1", "The bag leaks."),
        ("7/2", "Sorry, Anna."),
        ("8/1", "How do I clean it?"),
    ]


@pytest.mark.parametrize(
    "mapping",
    [
        ("--map", "text=Was", "--map", "at=Wann", "--map", "author=Wer"),
        ("--map", "text=Was,at=Wann,author=Wer"),
        ("--map", "text=Was, at=Wann", "--map", "author=Wer"),
    ],
)
def test_a_table_with_other_names_and_dates_comes_in(home: Path, tmp_path: Path, mapping: tuple[str, ...]) -> None:
    rows = [{"Wer": "anna", "Wann": "28/11/2026", "Was": "Zu spät"}]
    file = exports.table(tmp_path / "club.csv", rows, delimiter=";")
    ran = run_here("import", file, *mapping, "--time-format", "%d/%m/%Y")
    assert ran.code == 0
    assert ask(home, "select author, text, at from messages") == [("anna", "Zu spät", "2026-11-28 00:00:00.000000")]


def test_a_column_may_have_a_comma_in_its_name(home: Path, tmp_path: Path) -> None:
    file = exports.table(tmp_path / "club.csv", [{"Review, long": "It leaks", "Date": "2026-11-28"}])
    assert run_here("import", file, "--map", "text=Review, long").code == 0
    assert ask(home, "select text from messages") == [("It leaks",)]


@pytest.mark.parametrize("wrong", ["Review", "colour=Review", "=Review"])
def test_a_mapping_that_names_no_field_is_refused(tmp_path: Path, wrong: str) -> None:
    file = exports.jsonl(tmp_path / "club.jsonl")
    refused(run_here("import", file, "--map", wrong), "--map: ", f"“{wrong}” should be FIELD=COLUMN", code=2)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: exports.jsonl(folder / "club.jsonl"),
        lambda folder: exports.table(folder / "club.csv", [{"text": "a", "at": "2026-11-28", "author": "b"}]),
        lambda folder: exports.slack(folder / "club.zip"),
        lambda folder: exports.discourse(folder / "club"),
    ],
    ids=["jsonl", "csv", "slack", "discourse"],
)
def test_importing_twice_changes_nothing(home: Path, tmp_path: Path, make: Callable[[Path], Path]) -> None:
    export = make(tmp_path)
    first = run_here("import", export, "--json").data
    before = ask(home, "select * from messages order by id")
    again = run_here("import", export, "--json").data
    assert again | {"unchanged": 0} == first | {"added": 0, "indexed": 0}
    assert again["unchanged"] == first["added"]
    assert ask(home, "select * from messages order by id") == before


def test_an_edited_message_is_indexed_again(home: Path, tmp_path: Path) -> None:
    def telling(text: str, **edited: object) -> Path:
        message = {"type": "message", "user": "U1", "text": text, "ts": "1795860000.000100", **edited}
        return exports.slack(tmp_path / "club.zip", **{"general/2026-11-28.json": [message]})

    run_here("import", telling("It leaks"))
    ran = run_here("import", telling("It drips", edited={"ts": "1795870000.000100"}), "--json")
    assert (ran.data["added"], ran.data["changed"], ran.data["indexed"]) == (0, 1, 1)
    assert run_here("search", "drips", "-n", "1", "--json").data[0]["post"]["message"]["text"] == "It drips"


def test_the_broken_parts_are_skipped_and_named(tmp_path: Path) -> None:
    file = tmp_path / "club.jsonl"
    good = json.dumps(exports.CLUB[0])
    file.write_bytes(f'{good}\n{{"text": \n[1]\n{{"text": "late", "at": "tomorrow"}}\n'.encode() + b"\xff\xfe\n")
    ran = run_here("import", file)
    assert ran.code == 0
    assert "1 new messages" in ran.out
    assert "club.jsonl, line 2: not JSON" in ran.out
    assert "club.jsonl, line 3: not a JSON object" in ran.out
    assert "club.jsonl, line 4: time not understood; write it like 2026-11-28" in ran.out
    assert "club.jsonl, line 5: not UTF-8, or too long" in ran.out


def test_a_rotten_file_in_an_archive_is_skipped(tmp_path: Path) -> None:
    whole = exports.slack(tmp_path / "club.zip")
    with ZipFile(whole) as archive:
        start_of_file = archive.getinfo("general/2026-11-28.json").header_offset
    data = bytearray(whole.read_bytes())
    body = start_of_file + 30 + len("general/2026-11-28.json")
    data[body : body + 40] = b"\xff" * 40
    whole.write_bytes(data)
    ran = run_here("import", whole, "--json")
    assert ran.data["added"] == 1
    assert ran.data["examples"][0]["place"] == "general/2026-11-28.json"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("club.zip", b"PK\x03\x04 and no more"),
        ("club.json", b"{"),
        ("club.json", b"[]"),
        ("club.doc", b"\xd0\xcf\x11\xe0"),
        ("club", b""),
    ],
)
def test_a_file_of_no_known_format_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    refused(run_here("import", file), f"{file} is none of the formats we read", "--map")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "club").mkdir()
    refused(run_here("import", tmp_path / "club"), "none of the formats we read")


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    refused(run_here("import", tmp_path / "nowhere.csv"), "nowhere.csv does not exist.")


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    file = exports.jsonl(tmp_path / "club.jsonl")
    refused(run_here("import", file, "--format", "teams"), "no format “teams”", "slack", "discourse", "table")


@pytest.mark.parametrize("format_", ["slack", "discourse"])
def test_a_file_that_is_not_of_the_format_named_brings_nothing(tmp_path: Path, format_: str) -> None:
    ran = run_here("import", exports.jsonl(tmp_path / "club.jsonl"), "--format", format_)
    assert ran.code == 1
    assert "0 new messages" in ran.out


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    refused(run_here("import", exports.discourse(tmp_path / "club"), "--format", "table"), "club")


def test_nothing_readable_fails_and_makes_no_community(home: Path, tmp_path: Path) -> None:
    file = exports.table(tmp_path / "club.csv", [{"Was": "Zu spät", "Wann": "2026-11-28"}])
    ran = run_here("import", file)
    assert ran.code == 1
    assert "among Was, Wann; name the columns, such as text=Review,at=Date (--map on the command line)" in ran.out
    assert count(home, "communities") == 0
    assert run_here("import", file, "--json").code == 1


def test_languages_are_told_from_what_was_said(home: Path, tmp_path: Path, speak: Callable[[str], None]) -> None:
    speak("sv")
    run_here("import", exports.jsonl(tmp_path / "club.jsonl"))
    assert _profile(home)["languages"] == ["sv"]


def test_an_import_that_failed_first_still_learns_the_languages(
    home: Path, tmp_path: Path, speak: Callable[[str], None]
) -> None:
    speak("pl")
    file = exports.table(tmp_path / "club.csv", [{"Was": "Zu spät", "Wann": "2026-11-28"}])
    run_here("import", file)
    run_here("import", file, "--map", "text=Was,at=Wann")
    assert (_profile(home)["languages"], _profile(home)["default_language"]) == (["pl"], "pl")


def test_what_a_person_wrote_in_the_profile_stays(home: Path, tmp_path: Path) -> None:
    path = write_profile(home)
    before = path.read_text()
    run_here("import", exports.jsonl(tmp_path / "club.jsonl"))
    assert path.read_text() == before


def test_a_community_is_named_by_the_person(home: Path, tmp_path: Path) -> None:
    ran = run_here("import", exports.jsonl(tmp_path / "export.jsonl"), "-c", "Ån & Coffee Club")
    assert ran.out.startswith("an-coffee-club: ")
    assert ask(home, "select id, name from communities") == [("an-coffee-club", "Ån & Coffee Club")]


def test_a_name_without_a_letter_for_an_id_is_refused(tmp_path: Path) -> None:
    file = exports.jsonl(tmp_path / "club.jsonl")
    refused(run_here("import", file, "-c", "、"), "“、” makes no id", "--community")


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the fake detector take everything for one language."""

    def use(language: str) -> None:
        fakes = making.understanding()
        spoken = Understanding(fakes.embedder, ScriptedLanguages(default=language), fakes.heads)
        monkeypatch.setattr(House, "understanding", spoken)

    return use


def _profile(home: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((home / "communities" / "club" / "community.yaml").read_text()))
