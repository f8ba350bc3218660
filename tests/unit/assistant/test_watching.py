"""A watched folder: real files, a real watch in a thread, and a store of its own."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest

from assistant import intake, sample, watching
from assistant.bootstrap import House
from assistant.errors import BadProfile
from assistant.watching import Settling, watch
from knowledge.adapters.memory import MemoryIndex
from knowledge.errors import EmbeddingFailed, StoreBusy, StoreUnreachable
from knowledge.importers.source import Options
from tests import making
from tests.integration import exports

PATIENCE = 30


class Watch:
    """A watch in a thread, and what it says."""

    def __init__(self, house: House, folder: Path, **options: Any) -> None:
        self._said: Queue[str] = Queue()
        self._stop = Event()
        self.failure: Exception | None = None
        self._thread = Thread(target=self._run, args=(house, folder, options))
        self._thread.start()

    def _run(self, house: House, folder: Path, options: dict[str, Any]) -> None:
        try:
            watch(house, folder, say=self._said.put, quiet=0.0, stop=self._stop, **options)
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.failure = error
            self._said.put("")

    def says(self, count: int = 1) -> list[str]:
        return sorted(self._said.get(timeout=PATIENCE) for _ in range(count))

    def end(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture(autouse=True)
def _awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_WAKE", 20)


@pytest.fixture(scope="module")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("furnished")
    with making.house(home) as made:
        making.furnish(made)
    return home


@pytest.fixture
def house(_furnished: Path, tmp_path: Path) -> Iterator[House]:
    with making.house(Path(shutil.copytree(_furnished, tmp_path / "home"))) as made:
        yield made


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def lying(folder: Path) -> list[str]:
    """What lies in a folder and in done/ and failed/."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob("**/*") if path.is_file())


def test_what_lies_there_and_what_is_dropped_later_comes_in(house: House, inbox: Path) -> None:
    exports.jsonl(inbox / "first.jsonl", exports.CLUB[:2])
    watching = Watch(house, inbox)
    assert watching.says() == [
        "first.jsonl: club, read as table. 2 new messages, 0 changed, 0 unchanged; 2 indexed.",
    ]
    exports.slack(inbox / "second.zip")
    exports.discourse(inbox / "forum")
    assert watching.says(2) == [
        "forum: club, read as discourse. 3 new messages, 0 changed, 0 unchanged; 3 indexed.",
        "second.zip: club, read as slack. 3 new messages, 0 changed, 0 unchanged; 3 indexed; "
        "skipped 1: 1 written by Slack itself (channel_join).",
    ]
    watching.end()
    assert house.messages.count("club") == 8
    assert {name.split("/")[1] for name in lying(inbox)} == {"first.jsonl", "second.zip", "forum"}
    assert not house.index.held  # type: ignore[attr-defined]  # a desk may open now


def test_what_cannot_be_read_is_put_aside_with_the_reason(house: House, inbox: Path) -> None:
    (inbox / "notes.bin").write_bytes(b"\0\1\2")
    exports.table(inbox / "table.csv", [{"Was": "Zu spät", "Wann": "2026-11-28"}])
    watching = Watch(house, inbox)
    assert watching.says(2) == [
        "notes.bin: nothing came in; failed/notes.bin.txt says why.",
        "table.csv: nothing came in; failed/table.csv.txt says why.",
    ]
    watching.end()
    assert "is none of the formats we read" in (inbox / "failed" / "notes.bin.txt").read_text()
    reason = (inbox / "failed" / "table.csv.txt").read_text()
    assert reason.startswith("Nothing in it could be read as table.\ntable.csv, line 2: no column for text and at")


def test_a_failed_file_can_be_dropped_again_with_its_columns_named(house: House, inbox: Path) -> None:
    exports.table(inbox / "table.csv", [{"Was": "Zu spät", "Wann": "28/11/2026"}])
    options = Options(columns={"text": "Was", "at": "Wann"}, time_format="%d/%m/%Y")
    watching = Watch(house, inbox, options=options)
    assert "1 new messages" in watching.says()[0]
    watching.end()


def test_names_that_are_taken_get_a_number(house: House, inbox: Path) -> None:
    watching = Watch(house, inbox)
    for rows in (exports.CLUB[:1], exports.CLUB[:2], []):
        exports.jsonl(inbox / "club.jsonl", [*rows, {"text": ""}])
        watching.says()
    exports.jsonl(inbox / "club.jsonl", [{"text": ""}])
    watching.says()
    watching.end()
    assert lying(inbox) == [
        "done/club-2.jsonl",
        "done/club.jsonl",
        "failed/club-2.jsonl",
        "failed/club-2.jsonl.txt",
        "failed/club.jsonl",
        "failed/club.jsonl.txt",
    ]


def test_a_file_that_was_imported_before_a_kill_changes_nothing(house: House, inbox: Path) -> None:
    for _ in range(2):
        exports.jsonl(inbox / "club.jsonl")
        watching = Watch(house, inbox)
        (said,) = watching.says()
        watching.end()
    assert "0 new messages, 0 changed, 5 unchanged; 0 indexed." in said


MEANWHILE = "club.jsonl: it has changed or gone meanwhile; what lies there is read again."


def test_what_is_copied_over_a_file_while_it_is_read_is_read_too(
    house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, versions = intake.import_export, [exports.CLUB]

    def overtaken(*args: Any, **options: Any) -> intake.Intake:
        taken = real(*args, **options)
        if versions:
            exports.jsonl(inbox / "club.jsonl", versions.pop())
        return taken

    monkeypatch.setattr(intake, "import_export", overtaken)
    exports.jsonl(inbox / "club.jsonl", exports.CLUB[:2])
    watching = Watch(house, inbox)
    assert watching.says() == [MEANWHILE]
    assert "3 new messages, 0 changed, 2 unchanged; 3 indexed." in watching.says()[0]
    watching.end()
    assert lying(inbox) == ["done/club.jsonl"]


def test_what_is_taken_away_while_it_waits_stops_nothing(
    house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = intake.import_export

    def robbed(house: House, path: Path, **options: Any) -> intake.Intake:
        (inbox / "club.jsonl").unlink(missing_ok=True)
        return real(house, path, **options)

    monkeypatch.setattr(intake, "import_export", robbed)
    exports.jsonl(inbox / "club.jsonl")
    watching = Watch(house, inbox)
    assert watching.says() == [MEANWHILE]
    exports.jsonl(inbox / "next.jsonl")
    assert "5 new messages" in watching.says()[0]
    watching.end()
    assert lying(inbox) == ["done/next.jsonl"]


def test_a_name_with_control_characters_is_said_without_them(house: House, inbox: Path) -> None:
    exports.jsonl(inbox / "a\x1b[31m\nb.jsonl")
    watching = Watch(house, inbox)
    assert watching.says()[0].startswith("a[31m b.jsonl: club")
    watching.end()


# which community


def test_without_a_community_each_file_makes_its_own_until_there_is_one(tmp_path: Path, inbox: Path) -> None:
    exports.jsonl(inbox / "Our Club.jsonl")
    exports.jsonl(inbox / "！.jsonl")
    with making.house(tmp_path / "home") as house:
        house.messages.save_community(sample.ID, "The sample")
        watching = Watch(house, inbox)
        for said, name in zip(watching.says(2), ("Our Club.jsonl", "！.jsonl"), strict=True):
            assert said.startswith(f"{name}: our-club, read as table.")
        house.messages.save_community("second", "Second")
        exports.jsonl(inbox / "！.jsonl")
        assert "nothing came in" in watching.says()[0]
        watching.end()
    assert "makes no id" in (inbox / "failed" / "！.jsonl.txt").read_text()


def test_the_community_can_be_named(house: House, inbox: Path) -> None:
    exports.jsonl(inbox / "club.jsonl")
    watching = Watch(house, inbox, community="The Bakery")
    assert watching.says()[0].startswith("club.jsonl: the-bakery, ")
    watching.end()


def test_a_community_that_makes_no_id_is_refused_at_once(house: House, inbox: Path) -> None:
    with pytest.raises(BadProfile, match="makes no id"):
        watch(house, inbox, community="！", say=print)


# what is nobody's fault


def test_where_no_file_is_to_blame_it_stays_for_the_next_time(house: House, inbox: Path) -> None:
    exports.jsonl(inbox / "club.jsonl")
    house.profile_path("club").write_text("broken: [")
    watching = Watch(house, inbox)
    assert watching.says() == [""]
    watching.end()
    assert isinstance(watching.failure, BadProfile)
    assert lying(inbox) == ["club.jsonl"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadProfile("no"), None),
        (StoreUnreachable("no"), None),
        (OSError(28, "No space left on device", "/elsewhere"), None),
        (PermissionError(13, "Permission denied", "/inbox/club.csv"), "Permission denied"),
        (OSError("broken"), "broken"),
        (KeyError("text"), "Something went wrong that should not have: KeyError: 'text'"),
    ],
)
def test_what_goes_wrong_is_laid_at_the_right_door(error: Exception, said: str | None) -> None:
    if said is None:
        with pytest.raises(type(error)):
            watching._reason(Path("/inbox/club.csv"), error)
    else:
        assert said in watching._reason(Path("/inbox/club.csv"), error)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreBusy("held"), "the process that holds the vector store"),
        (EmbeddingFailed("gone"), "not indexed yet: gone"),
    ],
)
def test_what_cannot_be_indexed_now_has_come_in_all_the_same(
    house: House, inbox: Path, error: Exception, said: str
) -> None:
    class Failing(MemoryIndex):
        def add(self, *_: object) -> None:
            raise error

        def close(self) -> None: ...

    house.__dict__["index"] = Failing()
    exports.jsonl(inbox / "club.jsonl")
    watching = Watch(house, inbox)
    assert said in watching.says()[0]
    watching.end()
    assert lying(inbox) == ["done/club.jsonl"]
    assert house.messages.count("club") == 5


# what has settled


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settling(clock: Clock) -> Settling:
    return Settling(2.0, clock)


def look(settling: Settling, clock: Clock, folder: Path, later: float = 2.0) -> list[str]:
    clock.now += later
    return [path.name for path in settling.look(folder)]


def test_a_file_settles_when_it_has_not_changed_for_a_while(settling: Settling, clock: Clock, inbox: Path) -> None:
    file = inbox / "a.csv"
    file.write_text("text")
    assert look(settling, clock, inbox) == []
    file.write_text("text,at")
    assert look(settling, clock, inbox) == []
    assert look(settling, clock, inbox, later=1.9) == []
    assert look(settling, clock, inbox, later=0.1) == ["a.csv"]


def test_the_same_size_written_anew_is_a_change(settling: Settling, clock: Clock, inbox: Path) -> None:
    file = inbox / "a.csv"
    file.write_text("text")
    look(settling, clock, inbox)
    os.utime(file, ns=(1, 1))
    assert look(settling, clock, inbox) == []
    assert look(settling, clock, inbox) == ["a.csv"]


def test_at_the_first_look_nothing_has_settled(clock: Clock, inbox: Path) -> None:
    (inbox / "a.csv").write_text("text")
    assert look(Settling(0.0, clock), clock, inbox) == []


def test_a_folder_settles_when_nothing_in_it_changes(settling: Settling, clock: Clock, inbox: Path) -> None:
    (inbox / "export" / "general").mkdir(parents=True)
    assert look(settling, clock, inbox) == look(settling, clock, inbox) == []
    (inbox / "export" / "general" / "day.json").write_text("[]")
    assert look(settling, clock, inbox) == []
    part = inbox / "export" / "users.json.part"
    part.write_text("[")
    assert look(settling, clock, inbox) == look(settling, clock, inbox) == []
    part.rename(part.with_suffix(""))
    assert look(settling, clock, inbox) == []
    assert look(settling, clock, inbox) == ["export"]


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "a.zip.crdownload", "A.CSV.TMP", "a.csv~", "~$a.xlsx"])
def test_what_is_hidden_or_half_there_is_left_alone(settling: Settling, clock: Clock, inbox: Path, name: str) -> None:
    (inbox / name).write_text(json.dumps(exports.CLUB))
    assert look(settling, clock, inbox) == look(settling, clock, inbox) == []


def test_links_pipes_and_our_own_folders_are_left_alone(settling: Settling, clock: Clock, inbox: Path) -> None:
    exports.jsonl(inbox.with_name("elsewhere.jsonl"))
    (inbox / "link.jsonl").symlink_to(inbox.with_name("elsewhere.jsonl"))
    (inbox / "nowhere").symlink_to(inbox / "nothing")
    os.mkfifo(inbox / "pipe")
    for room in ("done", "failed"):
        (inbox / room).mkdir()
        exports.jsonl(inbox / room / "old.jsonl")
    assert look(settling, clock, inbox) == look(settling, clock, inbox) == []
