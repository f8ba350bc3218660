"""kill -9 in the middle of the work: the next run finishes it, with nothing lost and nothing twice."""

import json
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import connect
from typing import Any, NamedTuple

import pytest
import yaml

from assistant.bootstrap import House
from assistant.settings import read_settings
from tests.integration import exports
from tests.integration.conftest import on_its_own, write_profile
from tests.integration.running import QUICK, Ran, ask, count, kill_in_the_middle, run_here, start

INDEXED = "messages where indexed like digest || '-%'"


class Resumed(NamedTuple):
    """A home in which a command was killed and run again: how far it was, and what the second run said."""

    home: Path
    before: int
    ran: Ran


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        on_its_own(patch)
        yield tmp_path_factory.mktemp("killed")


def vectors(home: Path) -> set[str]:
    """The ids that stand in the vector store."""
    connection = connect(home / "chroma" / "chroma.sqlite3")
    try:
        return {id_ for (id_,) in connection.execute("select distinct embedding_id from embeddings")}
    finally:
        connection.close()


def profile_file(home: Path) -> Path:
    return home / "communities" / "club" / "community.yaml"


STORED = 1800


@pytest.fixture(scope="module")
def stored(folder: Path) -> Resumed:
    home, export = folder / "storing", exports.jsonl(folder / "club.jsonl", exports.many(STORED))
    process = start(*QUICK, "import", export, "--home", home)
    kill_in_the_middle(process, home, lambda: count(home, "messages") > 0)
    before = count(home, "messages")
    assert count(home, INDEXED) == 0
    assert yaml.safe_load(profile_file(home).read_text())["id"] == "club"
    return Resumed(home, before, run_here("import", export, "--home", home, "--json"))


def test_the_next_run_brings_the_rest(stored: Resumed) -> None:
    assert 0 < stored.before < STORED
    assert stored.ran.code == 0
    assert stored.ran.data["added"] == STORED - stored.before
    assert stored.ran.data["unchanged"] == stored.before


def test_everything_is_stored_and_indexed_once(stored: Resumed) -> None:
    assert count(stored.home, "messages") == count(stored.home, INDEXED) == STORED
    assert vectors(stored.home) == {f"m{n}" for n in range(STORED)}


def test_the_profile_is_still_made_from_what_was_said(stored: Resumed) -> None:
    assert yaml.safe_load(profile_file(stored.home).read_text())["languages"] == ["en"]
    assert [path.name for path in profile_file(stored.home).parent.iterdir()] == ["community.yaml"]


def test_an_import_that_is_killed_leaves_no_private_channel_open(folder: Path) -> None:
    home, export = folder / "private", exports.jsonl(folder / "secrets.jsonl", exports.many(STORED))
    write_profile(home, id="secrets", channels=[{"id": "secrets", "name": "#secrets", "visibility": "private"}])
    process = start(*QUICK, "import", export, "--home", home)
    kill_in_the_middle(process, home, lambda: count(home, "messages") > 0)
    assert ask(home, "select visibility from channels") == [("private",)]


INDEXABLE = 1200


@pytest.fixture(scope="module")
def indexed(folder: Path) -> Resumed:
    home = folder / "indexing"
    last = {"id": "kettle", "author": "eva", "at": "2026-11-30T10:00:00Z", "text": "The kettle whistles."}
    export = exports.jsonl(folder / "club.jsonl", [*exports.many(INDEXABLE - 1), last])
    process = start(*QUICK, "import", export, "--home", home)

    def in_the_index_but_not_marked() -> bool:
        return len(vectors(home)) > count(home, INDEXED)

    kill_in_the_middle(process, home, lambda: count(home, INDEXED) > 0, and_then=in_the_index_but_not_marked)
    before = count(home, INDEXED)
    assert {id_ for (id_,) in ask(home, f"select id from {INDEXED}")} < vectors(home)
    return Resumed(home, before, run_here("search", "kettle", "-n", "1", "--home", home, "--json"))


def test_whatever_is_run_next_finishes_it(indexed: Resumed) -> None:
    assert 0 < indexed.before < INDEXABLE
    assert count(indexed.home, INDEXED) == count(indexed.home, "messages where language is not null") == INDEXABLE
    assert indexed.ran.data[0]["post"]["message"]["id"] == "kettle"


def test_each_message_has_one_vector(indexed: Resumed) -> None:
    with House(read_settings(home=indexed.home)) as house:
        assert house.index.count("club") == INDEXABLE


BATCH = 24


@pytest.fixture(scope="module")
def plan(folder: Path) -> Path:
    path = folder / "december.yaml"
    path.write_text(f"name: December\ndrafts: [{{kind: reply, count: {BATCH}, languages: [en]}}]\n")
    return path


@pytest.fixture(scope="module")
def half(folder: Path, plan: Path) -> tuple[Path, dict[str, Any]]:
    home = folder / "batch"
    write_profile(home, live=False)
    export = exports.jsonl(folder / "club.jsonl", exports.many(BATCH + 2))
    assert run_here("import", export, "--home", home).code == 0
    process = start(*QUICK, "batch", plan, "--workers", "2", "--home", home)
    kill_in_the_middle(process, home, lambda: count(home, "drafts") > 1)
    return home, drafts(home)


@pytest.fixture(scope="module")
def written(half: tuple[Path, dict[str, Any]], plan: Path) -> Resumed:
    home, before = half
    return Resumed(home, len(before), run_here("batch", plan, "--home", home, "--json"))


def test_the_next_run_writes_the_rest(written: Resumed) -> None:
    assert 1 < written.before < BATCH
    assert written.ran.code == 0
    assert (written.ran.data["drafted"], written.ran.data["refused"]) == (BATCH, 0)


def test_what_was_written_stays_as_it_was(written: Resumed, half: tuple[Path, dict[str, Any]]) -> None:
    assert half[1].items() <= drafts(written.home).items()


def test_no_post_is_answered_twice(written: Resumed) -> None:
    all_ = drafts(written.home).values()
    assert len(all_) == len({draft["plan"]["subject"] for draft in all_}) == BATCH


def test_every_draft_has_its_slot_and_its_line(written: Resumed, plan: Path) -> None:
    slots = [draft for (draft,) in ask(written.home, "select draft from batch_slots")]
    lines = [json.loads(line)["id"] for line in plan.with_suffix(".jsonl").read_text().splitlines()]
    assert sorted(slots) == sorted(lines) == sorted(drafts(written.home))


def test_no_half_written_file_is_left(written: Resumed, plan: Path) -> None:
    assert not list(plan.parent.glob("*.part"))


def drafts(home: Path) -> dict[str, Any]:
    return {id_: json.loads(body) for id_, body in ask(home, "select id, body from drafts")}
