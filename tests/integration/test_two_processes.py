"""Two processes over one home: one holds the embedded vector store, or both use a Chroma server."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from assistant.bootstrap import House
from assistant.settings import read_settings
from knowledge.errors import StoreUnreachable
from tests.integration import exports
from tests.integration.conftest import on_its_own, write_profile
from tests.integration.running import QUICK, count, refused, run, run_here, start, until

DESK = """
import sys
from pathlib import Path
from threading import Event
from assistant.bootstrap import House
from assistant.settings import read_settings
from tests.integration.quick import use_quick_models
from ui.desk import serve

use_quick_models()
serve.INDEX_EVERY = 0.02
with House(read_settings(home=Path(sys.argv[1]))) as house:
    house.index.count("club")
    print("open", flush=True)
    serve._keep_indexed(house, Event())
"""
"""The part of a running desk that matters here: it holds the vector store and indexes what others bring."""

PENDING = "messages where indexed is null or indexed not like digest || '-%'"


class Desk(NamedTuple):
    home: Path
    process: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("held")
    home = folder / "home"
    write_profile(home, live=False)
    with pytest.MonkeyPatch.context() as patch:
        on_its_own(patch)
        assert run_here("import", exports.jsonl(folder / "club.jsonl"), "--home", home).code == 0
        process = start(sys.executable, "-c", DESK, home)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield Desk(home, process)
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "command", [("search", "bag"), ("notice",), ("draft", "--post", "m1"), ("search", "bag", "--json")]
)
def test_who_needs_the_store_is_told_who_holds_it_and_the_two_ways_out(desk: Desk, command: tuple[str, ...]) -> None:
    refused(
        run_here(*command, "--home", desk.home),
        f"is held by process {desk.process.pid} (-c {desk.home})",
        "close that process",
        f"chroma run --path {desk.home / 'chroma'}",
        "HEARTHSIDE_CHROMA_URL",
    )


def test_another_process_can_import_and_is_told_who_will_index(desk: Desk, tmp_path: Path) -> None:
    rows = [{"id": "told", "author": "eva", "at": "2026-11-30T13:00:00Z", "text": "The kettle is late."}]
    ran = run_here("import", exports.jsonl(tmp_path / "club.jsonl", rows), "--home", desk.home, "--json")
    assert (ran.code, ran.data["added"], ran.data["indexed"]) == (0, 1, 0)
    assert ran.data["waiting"].startswith("Stored; the process that holds the vector store will index it.")
    assert f"process {desk.process.pid}" in ran.data["waiting"]


def test_what_another_process_imports_the_desk_indexes(desk: Desk, tmp_path: Path) -> None:
    run_here("import", exports.jsonl(tmp_path / "club.jsonl", exports.many(40)), "--home", desk.home)
    assert count(desk.home, "messages") >= 40
    until(desk.process, lambda: count(desk.home, PENDING) == 0)


def test_a_new_community_is_indexed_by_the_desk_too(desk: Desk, tmp_path: Path) -> None:
    run_here("import", exports.jsonl(tmp_path / "kettles.jsonl"), "--home", desk.home)
    until(desk.process, lambda: count(desk.home, "messages where community = 'kettles' and language is not null") == 5)


def test_what_needs_no_vectors_works_all_the_same(desk: Desk) -> None:
    assert run_here("review", "-c", "club", "--home", desk.home).code == 0


def test_doctor_says_who_holds_the_store(desk: Desk) -> None:
    ran = run_here("doctor", "--home", desk.home)
    assert ran.code == 1
    assert f"is held by process {desk.process.pid}" in ran.out


def test_a_holder_that_was_killed_holds_nothing(club: Path) -> None:
    code = (
        "from knowledge.adapters.chroma import ChromaIndex; from pathlib import Path; import sys\n"
        "index = ChromaIndex.embedded(Path(sys.argv[1]), 'words')\n"
        "index.count('club'); print('open', flush=True); input()"
    )
    holder = start(sys.executable, "-c", code, club / "chroma")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    refused(run_here("search", "bag"), f"held by process {holder.pid}")
    holder.kill()
    holder.communicate()
    assert run_here("search", "bag").code == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server."""
    process, url = start_server(tmp_path_factory.mktemp("server"))
    yield url
    process.kill()
    process.communicate()


def start_server(folder: Path) -> "tuple[subprocess.Popen[str], str]":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    command = [str(chroma), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    # It says a line for each request: a pipe that nobody reads would fill up, and the server stand still.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(process, listens)
    return process, f"http://127.0.0.1:{port}"


def test_over_a_server_two_processes_work_at_once(
    server: str, home: Path, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHSIDE_CHROMA_URL", server)
    export = exports.jsonl(tmp_path / "both.jsonl")
    with House(read_settings()) as house:
        assert house.index.count("both") == 0
        ran = run(*QUICK, "import", export, "--json")
        assert (ran.data["indexed"], ran.data["waiting"]) == (5, None)
        assert house.index.count("both") == 5
        assert run_here("search", "bag leaks", "-n", "1", "--json").data[0]["post"]["message"]["id"] == "m1"


def test_a_community_moves_from_the_embedded_store_to_a_server(
    server: str, club: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHSIDE_CHROMA_URL", server)
    assert run_here("search", "bag leaks", "-n", "1", "--json").data[0]["post"]["message"]["id"] == "m1"
    with House(read_settings()) as house:
        assert house.index.count("club") == 5


def test_a_server_that_goes_away_is_said(club: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process, url = start_server(tmp_path / "server")
    monkeypatch.setenv("HEARTHSIDE_CHROMA_URL", url)
    with House(read_settings()) as house:
        assert house.index.count("club") == 0
        process.kill()
        process.communicate()
        with pytest.raises(StoreUnreachable, match="does not answer"):
            house.index.count("club")
    refused(run_here("search", "bag"), f"No Chroma server answers at {url}", "unset HEARTHSIDE_CHROMA_URL")
