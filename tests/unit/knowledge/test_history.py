"""The use cases of knowledge: import, index, heal, search; also when the power fails in the middle."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from knowledge.adapters.memory import MemoryIndex, MemoryMessageStore, ScriptedLanguages, WordEmbedder
from knowledge.embedding import Encoding, Vectors
from knowledge.history import (
    EXAMPLES,
    INDEX_BATCH,
    STORE_BATCH,
    ImportReport,
    Understanding,
    heal,
    import_records,
    index_pending,
    search,
)
from knowledge.languages import Detection
from knowledge.messages import Channel, Member, Message, Record, Signals, Skipped
from knowledge.ports import Filters, Saved
from tests import making
from tests.making import NOW, message

CLUB = "club"
MANY = 3 * INDEX_BATCH + 5


class PowerCut(Exception):
    """The process dies here."""


class CountingEmbedder(WordEmbedder):
    """Remembers what it was asked to encode."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Encoding:
        self.asked += texts
        return super().encode(texts)


class RememberingLanguages(ScriptedLanguages):
    """Remembers with which hint it was asked about each text."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.hints: dict[str, str | None] = {}
        self.expected: Collection[str] = ()

    def detect(self, text: str, *, expected: Collection[str] = (), hint: str | None = None) -> Detection:
        self.hints[text], self.expected = hint, expected
        return super().detect(text, expected=expected, hint=hint)


class FailingIndex(MemoryIndex):
    """Takes some batches, then the power fails."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def add(self, community: str, ids: Sequence[str], vectors: Vectors) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        super().add(community, ids, vectors)


class FailingStore(MemoryMessageStore):
    """Marks some batches, then the power fails."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def mark_indexed(self, community: str, indexed: Sequence[tuple[Message, Signals]]) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        super().mark_indexed(community, indexed)


def many(count: int = MANY) -> list[Message]:
    return [message(f"m{n:03}", f"Grinder number {n} leaks.", at=NOW + timedelta(minutes=n)) for n in range(count)]


def embedding(embedder: WordEmbedder, languages: ScriptedLanguages | None = None) -> Understanding:
    return Understanding(embedder, languages or ScriptedLanguages(), making.understanding().heads)


@pytest.fixture
def store() -> MemoryMessageStore:
    return MemoryMessageStore()


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex()


def bring_in(store: MemoryMessageStore, *records: Record) -> ImportReport:
    return import_records(records, store, CLUB)


def index_all(store: MemoryMessageStore, index: MemoryIndex, understanding: Understanding | None = None) -> int:
    return index_pending(store, index, understanding or making.understanding(), CLUB)


def test_an_import_stores_messages_members_and_channels(store: MemoryMessageStore, index: MemoryIndex) -> None:
    channel, member = Channel(id="general", name="#general"), Member(id="anna", name="Anna")
    report = bring_in(store, channel, member, message("m1"))
    index_all(store, index)
    assert report.saved == Saved(added=1)
    (post,) = store.posts(CLUB)
    assert (post.author_name, post.channel_name) == ("Anna", "#general")


def test_importing_the_same_twice_changes_nothing(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many())
    index_all(store, index)
    before = store.posts(CLUB)
    assert bring_in(store, *many()).saved == Saved(unchanged=MANY)
    assert index_all(store, index) == 0
    assert store.posts(CLUB) == before
    assert index.count(CLUB) == MANY


def test_an_older_export_does_not_take_back_an_edit(store: MemoryMessageStore) -> None:
    bring_in(store, message(text="Now it holds.", edited=NOW))
    assert bring_in(store, message(text="It leaks.")).saved == Saved(unchanged=1)
    assert [pending.text for pending in store.pending(CLUB, 9)] == ["Now it holds."]


def test_a_newer_export_brings_the_edit(store: MemoryMessageStore) -> None:
    bring_in(store, message(text="It leaks."))
    assert bring_in(store, message(text="Now it holds.", edited=NOW)).saved == Saved(changed=1)


def test_what_was_skipped_is_counted_by_its_reason(store: MemoryMessageStore) -> None:
    report = bring_in(store, Skipped(place="a", reason="no text"), message(), Skipped(place="b", reason="no text"))
    assert report.skipped == {"no text": 2}
    assert [skip.place for skip in report.examples] == ["a", "b"]


def test_only_the_first_skips_are_named_but_all_are_counted(store: MemoryMessageStore) -> None:
    report = bring_in(store, *(Skipped(place=str(n), reason="no text") for n in range(STORE_BATCH + 50)))
    assert report.skipped == {"no text": STORE_BATCH + 50}
    assert len(report.examples) == EXAMPLES


def test_an_import_tells_how_far_it_is(store: MemoryMessageStore) -> None:
    told: list[tuple[int, int | None]] = []
    import_records(many(STORE_BATCH + 10), store, CLUB, lambda done, total: told.append((done, total)))
    assert told == [(STORE_BATCH, None), (STORE_BATCH + 10, None)]


def test_an_export_is_read_as_it_comes(store: MemoryMessageStore) -> None:
    def endless() -> Iterator[Record]:
        yield from many(STORE_BATCH)
        raise PowerCut

    with pytest.raises(PowerCut):
        import_records(endless(), store, CLUB)
    assert store.count(CLUB) == STORE_BATCH


def test_an_import_that_was_cut_off_is_finished_by_importing_again(store: MemoryMessageStore) -> None:
    everything = many(STORE_BATCH + 20)

    def cut(records: Iterable[Message]) -> Iterator[Record]:
        for number, record in enumerate(records):
            if number == STORE_BATCH + 5:
                raise PowerCut
            yield record

    with pytest.raises(PowerCut):
        import_records(cut(everything), store, CLUB)
    assert import_records(everything, store, CLUB).saved == Saved(added=20, unchanged=STORE_BATCH)


def test_every_message_is_embedded_once(store: MemoryMessageStore, index: MemoryIndex) -> None:
    embedder = CountingEmbedder()
    bring_in(store, *many())
    assert index_all(store, index, embedding(embedder)) == MANY
    assert sorted(embedder.asked) == sorted(each.text for each in many())


def test_only_what_changed_is_embedded_again(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("m1"), message("m2"))
    index_all(store, index)
    embedder = CountingEmbedder()
    bring_in(store, message("m1", "Now it holds.", edited=NOW), message("m2", rating=2, edited=NOW))
    index_all(store, index, embedding(embedder))
    assert embedder.asked == ["Now it holds."]


def test_a_changed_message_has_its_new_vector_and_signals(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("m1", "terrible and broken"))
    index_all(store, index)
    bring_in(store, message("m1", "lovely and wonderful", edited=NOW))
    index_all(store, index)
    assert store.get(CLUB, ["m1"])["m1"].signals.sentiment == "positive"
    assert np.allclose(index.vectors(CLUB, ["m1"])["m1"], WordEmbedder().encode_query("lovely and wonderful"))


def test_the_title_is_embedded_but_says_nothing_about_the_language(
    store: MemoryMessageStore, index: MemoryIndex
) -> None:
    embedder, languages = CountingEmbedder(), RememberingLanguages({})
    bring_in(store, message("m1", "Kvarnen läcker.", title="English title"))
    index_all(store, index, embedding(embedder, languages))
    assert embedder.asked == ["English title\nKvarnen läcker."]
    assert list(languages.hints) == ["Kvarnen läcker."]


def test_an_answer_is_read_in_the_light_of_what_it_answers(store: MemoryMessageStore, index: MemoryIndex) -> None:
    languages = RememberingLanguages({"kvarnen": "sv"})
    bring_in(store, message("m1", "Kvarnen läcker."))
    index_all(store, index, embedding(WordEmbedder(), languages))
    bring_in(store, message("m2", "ok", reply_to="m1"), message("m3", "hmm", reply_to="unknown"), message("m4", "so"))
    index_all(store, index, embedding(WordEmbedder(), languages))
    assert languages.hints == {"Kvarnen läcker.": None, "ok": "sv", "hmm": None, "so": None}


def test_the_languages_of_the_community_are_expected(store: MemoryMessageStore, index: MemoryIndex) -> None:
    languages = RememberingLanguages({})
    bring_in(store, message())
    index_pending(store, index, embedding(WordEmbedder(), languages), CLUB, languages=["sv", "pl"])
    assert languages.expected == ["sv", "pl"]


def test_indexing_tells_how_far_it_is(store: MemoryMessageStore, index: MemoryIndex) -> None:
    told: list[tuple[int, int | None]] = []
    bring_in(store, *many())
    index_pending(store, index, making.understanding(), CLUB, progress=lambda done, total: told.append((done, total)))
    assert told == [(32, MANY), (64, MANY), (96, MANY), (MANY, MANY)]


def test_with_nothing_pending_nothing_is_loaded(store: MemoryMessageStore, index: MemoryIndex) -> None:
    embedder = CountingEmbedder()
    assert index_all(store, index, embedding(embedder)) == 0
    assert embedder.asked == []


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_indexing_that_was_cut_off_before_the_index_resumes(batches: int, store: MemoryMessageStore) -> None:
    index = FailingIndex(batches)
    bring_in(store, *many())
    with pytest.raises(PowerCut):
        index_all(store, index)
    assert store.count_pending(CLUB) == MANY - batches * INDEX_BATCH
    index.left = -1
    embedder = CountingEmbedder()
    index_all(store, index, embedding(embedder))
    assert len(embedder.asked) == MANY - batches * INDEX_BATCH
    assert (store.count_pending(CLUB), index.count(CLUB)) == (0, MANY)


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_indexing_that_was_cut_off_before_the_mark_does_one_batch_again(batches: int, index: MemoryIndex) -> None:
    store = FailingStore(batches)
    bring_in(store, *many())
    with pytest.raises(PowerCut):
        index_all(store, index)
    assert index.count(CLUB) == min((batches + 1) * INDEX_BATCH, MANY)
    store.left = -1
    index_all(store, index)
    assert (store.count_pending(CLUB), index.count(CLUB)) == (0, MANY)
    assert len(store.posts(CLUB)) == MANY


def test_a_message_that_changes_while_it_is_indexed_is_indexed_again(
    store: MemoryMessageStore, index: MemoryIndex
) -> None:
    class Interrupting(WordEmbedder):
        def encode(self, texts: Sequence[str]) -> Encoding:
            bring_in(store, message("m1", "Now it holds.", edited=NOW))
            return super().encode(texts)

    bring_in(store, message("m1", "It leaks."))
    index_all(store, index, embedding(Interrupting()))
    assert store.count_pending(CLUB) == 0
    assert np.allclose(index.vectors(CLUB, ["m1"])["m1"], WordEmbedder().encode_query("Now it holds."))


def test_an_index_that_is_whole_needs_no_healing(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    index_all(store, index)
    assert not heal(store, index, CLUB)
    assert store.count_pending(CLUB) == 0


def test_a_lost_index_is_made_anew(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    index_all(store, index)
    index.drop(CLUB)
    assert heal(store, index, CLUB)
    assert index_all(store, index) == 3
    assert index.count(CLUB) == 3


def test_healing_leaves_other_communities_alone(store: MemoryMessageStore, index: MemoryIndex) -> None:
    for community in (CLUB, "other"):
        store.save(community, messages=many(3))
        index_pending(store, index, making.understanding(), community)
    index.drop(CLUB)
    heal(store, index, CLUB)
    assert (store.count_pending(CLUB), store.count_pending("other")) == (3, 0)


def test_what_was_never_indexed_is_nothing_to_heal(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    assert not heal(store, index, CLUB)


@pytest.fixture
def said(store: MemoryMessageStore, index: MemoryIndex) -> MemoryMessageStore:
    """Posts about grinders and cakes, by two members in two channels, one of them private, in two languages."""
    store.save(
        CLUB,
        channels=[Channel(id="general", name="#general"), Channel(id="staff", name="#staff", visibility="private")],
        messages=[
            message("old", "grinder leaks", at=NOW - timedelta(days=9)),
            message("new", "grinder leaks badly", at=NOW, author="bo"),
            message("staff", "grinder leaks secretly", channel="staff", at=NOW),
            message("swedish", "grinder leaks kvarnen", at=NOW, thread="old", reply_to="old"),
            message("cake", "lemon cake", at=NOW),
        ],
    )
    index_all(store, index, embedding(WordEmbedder(), ScriptedLanguages({"kvarnen": "sv"})))
    return store


def found(store: MemoryMessageStore, index: MemoryIndex, question: str = "grinder leaks", **options: Any) -> list[str]:
    return [p.post.message.id for p in search(store, index, WordEmbedder(), CLUB, question, **options)]


def test_the_nearest_post_comes_first(said: MemoryMessageStore, index: MemoryIndex) -> None:
    passages = search(said, index, WordEmbedder(), CLUB, "grinder leaks")
    assert passages[0].post.message.id == "old"
    assert passages[0].score == pytest.approx(1.0)
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(since=NOW), {"new", "staff", "swedish", "cake"}),
        (Filters(until=NOW - timedelta(days=1)), {"old"}),
        (Filters(channel="staff"), {"staff"}),
        (Filters(author="bo"), {"new"}),
        (Filters(thread="old"), {"old", "swedish"}),
        (Filters(language="sv"), {"swedish"}),
        (Filters(public_only=True), {"old", "new", "swedish", "cake"}),
        (Filters(author="bo", language="sv"), set()),
        (Filters(channel="nowhere"), set()),
    ],
)
def test_a_search_keeps_to_its_filters(
    filters: Filters, ids: set[str], said: MemoryMessageStore, index: MemoryIndex
) -> None:
    assert set(found(said, index, filters=filters)) == ids


def test_a_rare_post_is_found_behind_many_that_are_nearer(store: MemoryMessageStore, index: MemoryIndex) -> None:
    near = [message(f"near{n}", "grinder leaks") for n in range(300)]
    store.save(CLUB, messages=[*near, message("far", "cake", author="bo")])
    index_all(store, index)
    assert found(store, index, count=2, filters=Filters(author="bo")) == ["far"]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_a_search_gives_as_many_as_it_is_asked_for_or_all(
    count: int, said: MemoryMessageStore, index: MemoryIndex
) -> None:
    assert len(found(said, index, count=count)) == min(count, 5)


@pytest.mark.parametrize("question", ["", "  \n"])
def test_no_question_has_no_answer(question: str, said: MemoryMessageStore, index: MemoryIndex) -> None:
    assert found(said, index, question) == []


def test_an_empty_index_finds_nothing(store: MemoryMessageStore, index: MemoryIndex) -> None:
    assert found(store, index) == []


def test_a_vector_without_its_post_is_passed_over(said: MemoryMessageStore, index: MemoryIndex) -> None:
    index.add(CLUB, ["ghost"], WordEmbedder().encode(["grinder leaks"]).vectors)
    assert "ghost" not in found(said, index)
    assert len(found(said, index, count=5)) == 5


def test_a_community_finds_only_its_own(said: MemoryMessageStore, index: MemoryIndex) -> None:
    assert search(said, index, WordEmbedder(), "other", "grinder leaks") == []
