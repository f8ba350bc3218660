"""What every vector index promises: the shipped fake, Chroma in this process, and a Chroma server; and the lock."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from knowledge.adapters.chroma import ChromaIndex
from knowledge.adapters.memory import MemoryIndex
from knowledge.embedding import Vectors
from knowledge.errors import StoreBusy, StoreUnreachable
from knowledge.ports import VectorIndex
from tests.integration.servers import ChromaServer
from tests.making import lose

EMBEDDER = "words"
DIMENSIONS = 16
RNG = np.random.default_rng(7)
COMMUNITIES = (f"club-{number}" for number in count())


def unit_vectors(rows: int) -> Vectors:
    drawn = RNG.standard_normal((rows, DIMENSIONS)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def basis(*places: int) -> Vectors:
    return np.eye(DIMENSIONS, dtype=np.float32)[list(places)]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaIndex]:
    index = ChromaIndex.embedded(tmp_path_factory.mktemp("chroma") / "store", EMBEDDER)
    yield index
    index.close()


@pytest.fixture(params=["memory", "embedded", "server"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    if request.param == "memory":
        return MemoryIndex()
    if request.param == "embedded":
        found: ChromaIndex = request.getfixturevalue("embedded")
        return found
    return ChromaIndex.server(request.getfixturevalue("chroma_server").url, EMBEDDER)


@pytest.fixture
def club() -> str:
    """A community that no other test has touched."""
    return next(COMMUNITIES)


def test_a_new_community_has_no_vectors(index: VectorIndex, club: str) -> None:
    assert index.count(club) == 0
    assert index.nearest(club, basis(0)[0], 5) == []
    assert index.vectors(club, ["m1"]) == {}


def test_vectors_come_back_as_they_went_in(index: VectorIndex, club: str) -> None:
    vectors = unit_vectors(3)
    index.add(club, ["m1", "m2", "m3"], vectors)
    found = index.vectors(club, ["m3", "m1", "unknown", "m1"])
    assert found.keys() == {"m1", "m3"}
    assert np.allclose(found["m1"], vectors[0], atol=1e-6)
    assert np.allclose(found["m3"], vectors[2], atol=1e-6)
    assert found["m1"].dtype == np.float32


def test_of_no_ids_there_are_no_vectors(index: VectorIndex, club: str) -> None:
    index.add(club, ["m1"], basis(0))
    assert index.vectors(club, []) == {}


def test_nothing_is_added_without_a_fuss(index: VectorIndex, club: str) -> None:
    index.add(club, [], unit_vectors(0))
    assert index.count(club) == 0


@pytest.mark.parametrize("id_", ["7/1", "C1/1764579600.000100", "żółć 👍", "x" * 300, "a'b\"c;--"])
def test_any_message_id_is_an_id(id_: str, index: VectorIndex, club: str) -> None:
    index.add(club, [id_], basis(0))
    [(found, similarity, _)] = index.nearest(club, basis(0)[0], 1)
    assert found == id_
    assert similarity == pytest.approx(1.0, abs=1e-5)


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex, club: str) -> None:
    half = np.sqrt(0.5)
    vectors = np.stack([basis(1)[0], -basis(0)[0], basis(0)[0], half * (basis(0)[0] + basis(1)[0])])
    index.add(club, ["across", "against", "same", "between"], vectors.astype(np.float32))
    found = index.nearest(club, basis(0)[0], 4)
    assert [id_ for id_, _, _ in found] == ["same", "between", "across", "against"]
    assert [score for _, score, _ in found] == pytest.approx([1.0, half, 0.0, -1.0], abs=1e-5)


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (1, 1), (3, 3), (4, 3), (5000, 3)])
def test_as_many_are_found_as_asked_for_or_all(asked: int, given: int, index: VectorIndex, club: str) -> None:
    index.add(club, ["m1", "m2", "m3"], basis(0, 1, 2))
    assert len(index.nearest(club, basis(0)[0], asked)) == given


def test_adding_again_replaces(index: VectorIndex, club: str) -> None:
    index.add(club, ["m1", "m2"], basis(0, 1))
    index.add(club, ["m1"], basis(2))
    assert index.count(club) == 2
    assert np.allclose(index.vectors(club, ["m1"])["m1"], basis(2)[0])
    assert index.nearest(club, basis(2)[0], 1)[0][0] == "m1"


def test_taking_all_out_of_a_community_leaves_the_others(index: VectorIndex, club: str) -> None:
    other = next(COMMUNITIES)
    for community in (club, other):
        index.add(community, ["m1"], basis(0))
    lose(index, club)
    assert (index.count(club), index.count(other)) == (0, 1)
    index.add(club, ["m2"], basis(1))
    assert index.vectors(club, ["m1", "m2"]).keys() == {"m2"}


def test_all_can_be_taken_out_of_a_community_that_is_not_there(index: VectorIndex, club: str) -> None:
    lose(index, club)
    assert index.count(club) == 0


def test_the_indexes_of_other_embedders_can_be_dropped_and_nothing_else(index: VectorIndex, club: str) -> None:
    index.drop_others(club)
    index.add(club, ["m1"], basis(0))
    if not isinstance(index, ChromaIndex):
        return
    other, longer = index.beside("another"), f"{club}-messages"
    other.add(club, ["m2"], basis(1))
    other.add(longer, ["m3"], basis(1))
    index.drop_others(club)
    assert (index.ids(club), other.ids(club), other.ids(longer)) == ({"m1"}, set(), {"m3"})


def test_what_is_written_after_a_search_is_found_by_the_next(index: VectorIndex, club: str) -> None:
    index.add(club, ["m1", "m2"], basis(0, 1))
    assert [near.id for near in index.nearest(club, basis(0)[0], 1, among=["m1", "m2"])] == ["m1"]
    index.add(club, ["m1", "m3"], basis(2, 0))
    found = index.nearest(club, basis(0)[0], 9, among=["m1", "m2", "m3"])
    assert found[0].id == "m3"
    assert np.allclose(found[0].vector, basis(0)[0])
    index.remove(club, ["m3"])
    assert index.nearest(club, basis(2)[0], 9, among=["m1", "m3"])[0].id == "m1"
    assert index.vectors(club, ["m1", "m3"]).keys() == {"m1"}
    lose(index, club)
    assert index.nearest(club, basis(2)[0], 9, among=["m1"]) == []


def test_communities_do_not_see_each_other(index: VectorIndex, club: str) -> None:
    other = next(COMMUNITIES)
    index.add(club, ["m1"], basis(0))
    index.add(other, ["m2"], basis(0))
    assert [id_ for id_, _, _ in index.nearest(club, basis(0)[0], 9)] == ["m1"]
    assert index.vectors(other, ["m1"]) == {}


def test_more_than_one_page_is_kept_and_found(index: VectorIndex, club: str) -> None:
    ids, vectors = [f"m{n}" for n in range(6001)], unit_vectors(6001)
    index.add(club, ids, vectors)
    assert index.count(club) == 6001
    assert len(index.vectors(club, ids)) == len(index.ids(club)) == 6001
    nearest = [index.nearest(club, vectors[n], 1)[0][0] for n in (0, 4999, 5000, 6000)]
    assert nearest == ["m0", "m4999", "m5000", "m6000"]


def test_of_a_thousand_neighbours_few_are_missed(index: VectorIndex, club: str) -> None:
    ids, vectors = [f"m{n}" for n in range(2000)], unit_vectors(2000)
    index.add(club, ids, vectors)
    question = unit_vectors(1)[0]
    truly = {ids[n] for n in np.argsort(-(vectors @ question))[:40]}
    found = {id_ for id_, _, _ in index.nearest(club, question, 40)}
    assert len(truly & found) >= 38
    assert len({id_ for id_, _, _ in index.nearest(club, question, 2000)}) == 2000


def test_several_threads_may_add_at_once(index: VectorIndex, club: str) -> None:
    vectors = unit_vectors(160)

    def add(start: int) -> None:
        index.add(club, [f"m{n}" for n in range(start, start + 20)], vectors[start : start + 20])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(0, 160, 20)))
    assert index.count(club) == 160


def test_what_is_removed_is_gone_and_removing_twice_is_no_error(index: VectorIndex, club: str) -> None:
    index.add(club, ["m1", "m2", "m3"], basis(0, 1, 2))
    for _ in range(2):
        index.remove(club, ["m1", "m3", "unknown"])
    index.remove(club, [])
    assert index.ids(club) == {"m2"}
    assert [id_ for id_, _, _ in index.nearest(club, basis(0)[0], 9)] == ["m2"]


def test_only_given_ids_are_compared(index: VectorIndex, club: str) -> None:
    index.add(club, ["same", "across", "against"], np.concatenate([basis(0, 1), -basis(0)]))
    found = index.nearest(club, basis(0)[0], 5, among=["against", "across", "unknown"])
    assert [id_ for id_, _, _ in found] == ["across", "against"]
    assert [cosine for _, cosine, _ in found] == pytest.approx([0.0, -1.0], abs=1e-5)
    assert index.nearest(club, basis(0)[0], 5, among=[]) == []


def test_given_ids_are_compared_however_many_they_are(index: VectorIndex, club: str) -> None:
    ids, vectors = [f"m{n}" for n in range(1500)], unit_vectors(1500)
    index.add(club, ids, vectors)
    among, question = ids[:1300], vectors[1400]
    truly = [ids[n] for n in np.argsort(-(vectors[:1300] @ question))[:10]]
    found = index.nearest(club, question, 10, among=among)
    assert found[0][0] == truly[0]
    assert len({id_ for id_, _, _ in found} & set(truly)) >= 9


def test_all_ids_are_told(index: VectorIndex, club: str) -> None:
    assert index.ids(club) == set()
    index.add(club, ["m1", "m2"], basis(0, 1))
    assert index.ids(club) == {"m1", "m2"}
    assert index.embedder == EMBEDDER


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_vectors_of_another_embedder_are_never_compared(
    kind: str, club: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    def opened(embedder: str) -> ChromaIndex:
        if kind == "embedded":
            return ChromaIndex.embedded(tmp_path / "store", embedder)
        return ChromaIndex.server(request.getfixturevalue("chroma_server").url, embedder)

    first = opened("small model")
    first.add(club, ["m1"], basis(0))
    first.close()
    second = opened("large model")
    assert second.count(club) == 0
    second.add(club, ["m1"], np.ones((1, 99), dtype=np.float32))
    second.close()
    again = opened("small model")
    assert again.vectors(club, ["m1"])["m1"].shape == (DIMENSIONS,)
    again.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "chroma"


OTHER = """
import sys
import numpy as np
from pathlib import Path
from knowledge.adapters.chroma import ChromaIndex
from knowledge.errors import KnowledgeError

index = ChromaIndex.embedded(Path(sys.argv[1]), "words")
try:
    index.add("club", ["theirs"], np.eye(16, dtype=np.float32)[[1]])
    print("added", flush=True)
except KnowledgeError as error:
    print(type(error).__name__, error, flush=True)
    sys.exit()
sys.stdin.readline()
index.close()
"""


def another_process(path: Path) -> "subprocess.Popen[str]":
    """A process that adds to the store and holds it until it reads a line."""
    return subprocess.Popen(
        [sys.executable, "-c", OTHER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the store."""
    process = another_process(path)
    assert said(process) == "added"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_told_who_holds_the_store_and_the_two_ways_out(path: Path) -> None:
    index = ChromaIndex.embedded(path, EMBEDDER)
    index.add("club", ["ours"], basis(0))
    with another_process(path) as second:
        message = said(second)
    index.close()
    assert message.startswith("StoreBusy")
    assert str(path) in message
    assert f"process {os.getpid()}" in message
    assert "Two ways out: close that process, or run a Chroma server" in message
    assert "HEARTHSIDE_CHROMA_URL" in message


def test_the_first_process_is_not_disturbed_by_the_second(path: Path, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(StoreBusy, match=f"process {holder.pid} "):
        ChromaIndex.embedded(path, EMBEDDER).count("club")
    holder.communicate("done\n")
    index = ChromaIndex.embedded(path, EMBEDDER)
    assert index.vectors("club", ["theirs"]).keys() == {"theirs"}
    index.close()


def test_a_process_that_was_killed_holds_nothing(path: Path, holder: "subprocess.Popen[str]") -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    index = ChromaIndex.embedded(path, EMBEDDER)
    assert index.count("club") == 1
    index.close()


def test_what_another_process_wrote_in_between_is_seen(path: Path) -> None:
    index = ChromaIndex.embedded(path, EMBEDDER)
    index.add("club", ["ours"], basis(0))
    index.close()
    with another_process(path) as second:
        assert said(second) == "added"
        second.communicate("done\n")
    assert index.nearest("club", basis(1)[0], 1)[0][0] == "theirs"
    assert index.count("club") == 2
    index.close()


def test_two_indexes_in_one_process_do_not_share_the_store(path: Path) -> None:
    first, second = ChromaIndex.embedded(path, EMBEDDER), ChromaIndex.embedded(path, EMBEDDER)
    first.count("club")
    with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
        second.count("club")
    first.close()
    assert second.count("club") == 0
    second.close()


def test_any_thread_may_close_what_another_has_opened(path: Path) -> None:
    index, opened, finish = ChromaIndex.embedded(path, EMBEDDER), Event(), Event()

    def open_and_stay() -> None:
        index.count("club")
        opened.set()
        finish.wait()

    thread = Thread(target=open_and_stay)
    thread.start()
    opened.wait()
    held = index._store._held
    assert held is not None
    index.close()
    assert not held.is_locked
    finish.set()
    thread.join()


def test_nothing_is_opened_or_held_before_it_is_needed(path: Path) -> None:
    ChromaIndex.embedded(path, EMBEDDER).close()
    assert not path.parent.exists()


@pytest.mark.parametrize("told", ["", "{", "[]", '"x"', "{}", '{"pid": 1}'])
def test_a_holder_that_cannot_be_read_is_another_process(told: str, path: Path) -> None:
    index = ChromaIndex.embedded(path, EMBEDDER)
    index.count("club")
    path.with_name("chroma.holder.json").write_text(told, encoding="utf-8")
    with pytest.raises(StoreBusy, match="held by another process"):
        ChromaIndex.embedded(path, EMBEDDER).count("club")
    index.close()


def test_a_store_that_could_not_be_cleaned_is_said_to_be_and_can_be_used(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ChromaIndex.embedded(path, EMBEDDER)
    index.add("club", ["m1", "m2"], basis(0, 1))
    with monkeypatch.context() as patch:
        patch.setattr("sqlite3.connect", full_disk)
        with pytest.raises(StoreUnreachable, match="disk is full"):
            index.forget("club", ["m1"])
    assert index.ids("club") == {"m2"}
    index.close()
    assert ChromaIndex.embedded(path, EMBEDDER).ids("club") == {"m2"}


def full_disk(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_a_store_that_is_broken_can_be_made_anew(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    for _ in range(2):
        with pytest.raises(StoreUnreachable, match="Move that folder away"):
            ChromaIndex.embedded(path, EMBEDDER).count("club")


def test_a_store_where_a_file_lies_is_unreachable(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreUnreachable, match="File exists"):
        ChromaIndex.embedded(path, EMBEDDER).count("club")


CALLS: list[Callable[[VectorIndex], object]] = [
    lambda index: index.count("club"),
    lambda index: index.add("club", ["m1"], basis(0)),
    lambda index: index.nearest("club", basis(0)[0], 1),
    lambda index: index.nearest("club", basis(0)[0], 1, among=["m1"]),
    lambda index: index.vectors("club", ["m1"]),
    lambda index: index.remove("club", ["m1"]),
    lambda index: index.ids("club"),
    lambda index: index.drop_others("club"),
]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "127.0.0.1:8000", "http://127.0.0.1:99999", "nonsense"])
def test_a_server_that_does_not_answer_is_named_with_a_way_out(url: str) -> None:
    with pytest.raises(StoreUnreachable, match="Start one with `chroma run`, or unset HEARTHSIDE_CHROMA_URL") as told:
        ChromaIndex.server(url, EMBEDDER).count("club")
    assert url in str(told.value)


def test_a_server_that_goes_away_is_unreachable_in_every_call(tmp_path: Path) -> None:
    going = ChromaServer(tmp_path).wait()
    index = ChromaIndex.server(going.url, EMBEDDER)
    index.add("club", ["m1"], basis(0))
    going.stop()
    for call in CALLS:
        with pytest.raises(StoreUnreachable, match="does not answer"):
            call(index)


def test_two_processes_share_a_server(chroma_server: ChromaServer, club: str) -> None:
    first, second = (ChromaIndex.server(chroma_server.url, EMBEDDER) for _ in range(2))
    first.add(club, ["m1"], basis(0))
    second.add(club, ["m2"], basis(1))
    assert first.count(club) == second.count(club) == 2
