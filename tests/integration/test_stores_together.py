"""The message store and the vector index together, in every combination that a person can choose, and the fakes."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.bootstrap import House
from assistant.intake import index_all, repair_all
from assistant.settings import read_settings
from knowledge.adapters.chroma import ChromaIndex, ChromaStore
from knowledge.adapters.memory import MemoryIndex, MemoryMessageStore, WordEmbedder
from knowledge.adapters.sql import SqlMessageStore, create_engine
from knowledge.history import Understanding, compare, heal, import_records, index_pending, repair
from knowledge.importers.source import clean
from knowledge.messages import Channel, Contents, Member, Message
from knowledge.ports import Filters, MessageStore, Saved, VectorIndex
from knowledge.search import search
from tests import making
from tests.integration import exports
from tests.integration.conftest import write_profile
from tests.integration.running import only_draft, run_here
from tests.integration.servers import ChromaServer
from tests.making import NOW, message

COMMUNITIES = (f"together-{number}" for number in count())
COMBINATIONS = [(database, vectors) for database in ("sqlite", "postgres") for vectors in ("embedded", "server")]


class Stores(NamedTuple):
    """A store, an index, and a community in them that no other test has touched."""

    messages: MessageStore
    vectors: VectorIndex
    community: str

    def bring_in(self, *records: Message | Member | Channel | Contents) -> Saved:
        self.messages.save_community(self.community, "The Club")
        return import_records(records, self.messages, self.community).saved

    def index_all(self, understanding: Understanding | None = None) -> int:
        return index_pending(self.messages, self.vectors, understanding or making.understanding(), self.community)

    def found(self, question: str, filters: Filters = Filters()) -> list[str]:
        passages = search(self.messages, self.vectors, WordEmbedder(), self.community, question, filters=filters)
        return [passage.post.message.id for passage in passages]


@pytest.fixture(scope="session")
def embedded_chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaStore]:
    store = ChromaStore(path=tmp_path_factory.mktemp("chroma") / "store")
    yield store
    store.close()


@pytest.fixture(params=[("memory", "memory"), *COMBINATIONS], ids="-".join)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    database, vectors = request.param
    if database == "memory":
        yield Stores(MemoryMessageStore(), MemoryIndex(), next(COMMUNITIES))
        return
    chroma = (
        request.getfixturevalue("embedded_chroma")
        if vectors == "embedded"
        else ChromaStore(url=request.getfixturevalue("chroma_server").url)
    )
    engine = create_engine(request.getfixturevalue(f"{database}_url"))
    yield Stores(SqlMessageStore(engine), ChromaIndex(chroma, "words"), next(COMMUNITIES))
    engine.dispose()


def test_what_is_imported_is_found_with_its_filters(stores: Stores) -> None:
    stores.bring_in(
        Channel(id="staff", name="#staff", visibility="private"),
        Member(id="anna", name="Anna"),
        message("old", "The grinder leaks", at=NOW.replace(year=2024), rating=1.5),
        message("new", "My grinder leaks oil", author="bo", rating=4),
        message("staff", "The grinder leaks secretly", channel="staff"),
        message("cake", "Lemon cake"),
        message("policy", "Leaking grinders are replaced", kind="document"),
    )
    assert stores.index_all() == 5
    assert set(stores.found("grinder leaks")[:3]) == {"new", "old", "staff"}
    assert stores.found("grinder", Filters(author="bo")) == ["new"]
    assert stores.found("grinder", Filters(since=NOW.replace(year=2025), max_rating=5)) == ["new"]
    assert stores.found("grinder", Filters(max_rating=2)) == ["old"]
    assert "staff" not in stores.found("grinder", Filters(public_only=True))
    assert stores.found("grinder", Filters(kind="document")) == ["policy"]
    assert stores.found("grinder", Filters(channel="nowhere")) == []


def test_a_second_import_changes_only_what_changed(stores: Stores) -> None:
    first = [message("m1"), message("m2", "Lemon cake"), message("m3", "Apple pie", reply_to="m2")]
    stores.bring_in(*first)
    stores.index_all()
    assert stores.bring_in(*first) == Saved(unchanged=3)
    assert stores.index_all() == 0
    newer = message("m1", "Plum jam", edited=NOW)
    assert stores.bring_in(newer, Contents(thread="m2", ids=("m2",))) == Saved(changed=2)
    assert stores.index_all() == 1
    assert stores.found("plum")[0] == "m1"
    assert "m3" not in stores.found("apple pie")
    assert stores.vectors.ids(stores.community) == {"m1", "m2"}
    assert stores.bring_in(message("m1")) == Saved(unchanged=1)


def test_what_differs_is_found_and_repaired(stores: Stores) -> None:
    stores.bring_in(*(message(f"m{n}", f"Grinder number {n}.") for n in range(5)))
    stores.index_all()
    stores.vectors.remove(stores.community, ["m1", "m3"])
    stores.vectors.add(stores.community, ["ghost"], WordEmbedder().encode(["ghost"]).vectors)
    assert repair(stores.messages, stores.vectors, stores.community) == (frozenset({"m1", "m3"}), frozenset({"ghost"}))
    assert stores.index_all() == 2
    assert not any(compare(stores.messages, stores.vectors, stores.community))


def test_an_index_that_was_lost_is_healed(stores: Stores) -> None:
    stores.bring_in(*(message(f"m{n}", f"Grinder number {n}.") for n in range(5)), message("d", kind="document"))
    stores.index_all()
    assert not heal(stores.messages, stores.vectors, stores.community)
    making.lose(stores.vectors, stores.community)
    assert heal(stores.messages, stores.vectors, stores.community)
    assert stores.index_all() == 6
    assert stores.vectors.count(stores.community) == 5


def test_one_person_under_two_ids_is_found_under_one(stores: Stores) -> None:
    stores.bring_in(Member(id="U1", name="Anna"), message("m1", author="U1"), message("m2", "Cake", author="anna"))
    stores.index_all()
    stores.messages.merge_members(stores.community, {"anna": "U1"})
    assert set(stores.found("bag cake", Filters(author="U1"))) == {"m1", "m2"}
    assert stores.index_all() == 0


HOSTILE = "\0\x01\ud800\u202e'\"; DROP TABLE messages;--\n%s {} $1 \\x00 🏴‍☠️ ａ"


def test_a_hostile_post_is_stored_and_found_like_any_other(stores: Stores) -> None:
    hostile = message("h", clean(HOSTILE) + " grinder", title=clean(HOSTILE))
    member = Member(id=clean(HOSTILE), name=clean(HOSTILE), roles=(clean(HOSTILE),))
    stores.bring_in(member, hostile.model_copy(update={"author": member.id, "reactions": {clean(HOSTILE): 1}}))
    stores.index_all()
    assert stores.found("grinder") == ["h"]
    assert stores.found(HOSTILE) == ["h"]
    assert stores.messages.get(stores.community, ["h"])["h"].author_name == member.name
    assert stores.messages.members(stores.community, HOSTILE) == []


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_breaks_the_search(stores: Stores, question: str) -> None:
    stores.bring_in(message("m1"))
    stores.index_all()
    assert set(stores.found(question)) <= {"m1"}


NAMES = ("grinder", "kettle", "bag", "filter", "machine")


class Larger(WordEmbedder):
    """Another embedder: its vectors cannot be compared with those of the first."""

    name = "larger"


@pytest.mark.parametrize(("database", "vectors"), COMBINATIONS)
def test_a_new_embedder_takes_over_when_its_index_is_full_and_the_old_one_is_dropped(
    database: str, vectors: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("chroma_server").url if vectors == "server" else None
    settings_ = read_settings(home=tmp_path, database_url=request.getfixturevalue(f"{database}_url"), chroma_url=url)
    community, fakes = next(COMMUNITIES), making.understanding()
    with House(settings_, NOW) as house:
        house.__dict__ |= {"built_in": fakes.embedder, "embedder": fakes.embedder, "understanding": fakes}
        making.furnish(house, *(message(f"m{n}", f"The {each} leaks.") for n, each in enumerate(NAMES)), id=community)
        index_all(house, community)
        house.index.close()
    with House(settings_, NOW) as house:
        larger = fakes._replace(embedder=Larger())
        house.__dict__ |= {"built_in": fakes.embedder, "embedder": larger.embedder, "understanding": larger}
        first = house.messages.pending(community, "larger", 2)
        house.index.add(community, [each.id for each in first], larger.embedder.encode(["a", "b"]).vectors)
        index, understanding = house.searched(community)
        assert (index.embedder, understanding.embedder.name) == ("words", "words")
        found = search(house.messages, index, understanding.embedder, community, "leaking filter")
        assert found[0].post.message.id == "m3"
        assert index_all(house, community) == 5
        assert house.searched(community)[0].embedder == "larger"
        assert (house.index.count(community), house.index.beside("words").count(community)) == (5, 0)
        house.index.remove(community, ["m1"])
        differed, indexed = repair_all(house, community)
        assert (differed, indexed) == ((frozenset({"m1"}), frozenset()), 1)
        assert np.allclose(
            house.index.vectors(community, ["m1"])["m1"], larger.embedder.encode_query("The kettle leaks.")
        )


@pytest.mark.usefixtures("quick")
def test_the_whole_walk_on_postgresql_and_a_chroma_server(
    tmp_path: Path, home: Path, postgres_url: str, chroma_server: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHSIDE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HEARTHSIDE_CHROMA_URL", chroma_server.url)
    id_ = next(COMMUNITIES)
    write_profile(home, id=id_, live=False)
    ran = run_here("import", exports.jsonl(tmp_path / "club.jsonl"), "--community", id_)
    assert ran.code == 0, ran.err
    assert run_here("search", "bag leaks", "--json").data[0]["post"]["message"]["id"] == "m1"
    assert run_here("notice").code == 0
    draft = only_draft("--post", "m3")["id"]
    assert run_here("review", draft, "--approve", "--by", "Maja").code == 0
    assert run_here("review", draft, "--json").data["status"] == "approved"
