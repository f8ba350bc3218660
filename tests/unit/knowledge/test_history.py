"""The use cases of knowledge: import, index, repair; also when the power fails in the middle."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

import numpy as np
import pytest

from knowledge.adapters.memory import MemoryIndex, MemoryMessageStore, ScriptedLanguages, WordEmbedder
from knowledge.embedding import Encoding, Vectors
from knowledge.history import (
    EXAMPLES,
    INDEX_BATCH,
    STORE_BATCH,
    TAKEN,
    ImportReport,
    Understanding,
    compare,
    heal,
    import_records,
    index_pending,
    repair,
)
from knowledge.languages import Detection
from knowledge.messages import ANONYMOUS, Channel, Contents, Member, Message, Record, Skipped
from knowledge.ports import Saved, Understood, shelf_of
from knowledge.terms import terms
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

    def add(self, shelf: str, ids: Sequence[str], vectors: Vectors) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        super().add(shelf, ids, vectors)


class FailingStore(MemoryMessageStore):
    """Marks some batches, then the power fails."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.left = batches

    def mark_indexed(self, community: str, embedder: str, indexed: Sequence[Understood]) -> set[str]:
        if self.left == 0:
            raise PowerCut
        self.left -= 1
        return super().mark_indexed(community, embedder, indexed)


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
    assert [pending.text for pending in store.pending(CLUB, "words", 9)] == ["Now it holds."]


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
    assert told == [*((n * INDEX_BATCH, MANY) for n in (1, 2, 3)), (MANY, MANY)]


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
    assert store.count_pending(CLUB, "words") == MANY - batches * INDEX_BATCH
    index.left = -1
    embedder = CountingEmbedder()
    index_all(store, index, embedding(embedder))
    assert len(embedder.asked) == MANY - batches * INDEX_BATCH
    assert (store.count_pending(CLUB, "words"), index.count(CLUB)) == (0, MANY)


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_indexing_that_was_cut_off_before_the_mark_does_one_batch_again(batches: int, index: MemoryIndex) -> None:
    store = FailingStore(batches)
    bring_in(store, *many())
    with pytest.raises(PowerCut):
        index_all(store, index)
    assert index.count(CLUB) == min((batches + 1) * INDEX_BATCH, MANY)
    store.left = -1
    index_all(store, index)
    assert (store.count_pending(CLUB, "words"), index.count(CLUB)) == (0, MANY)
    assert len(store.posts(CLUB)) == MANY


def test_an_export_that_begins_in_the_middle_of_a_thread_leaves_it_whole(store: MemoryMessageStore) -> None:
    first, second = message("m1"), message("m2", reply_to="m1")
    third, fourth = message("m3", reply_to="m2", thread="m1"), message("m4", reply_to="m3", thread="m1")
    bring_in(store, first, second, third)
    partial = [each.model_copy(update={"thread": "m2"}) for each in (third, fourth)]
    assert bring_in(store, *partial).saved == Saved(added=1, unchanged=1)
    assert store.threads(CLUB, ["m3", "m4"]) == {"m3": "m1", "m4": "m1"}
    assert bring_in(store, first, second, third, fourth).saved == Saved(unchanged=4)


def test_a_post_whose_id_is_that_of_another_is_not_mistaken_for_it(store: MemoryMessageStore) -> None:
    review = message("1", "The bag leaks.", author="anna")
    ticket = message("1", "Where is my order?", author="zed", at=review.at + timedelta(days=9))
    for given in ([review], [ticket, message("2", author="zed")], [review, ticket]):
        report = import_records(given, store, CLUB)
        assert report.skipped == ({TAKEN: 1} if ticket in given else {})
    assert {each.id: each.author for each in store.everything(CLUB)} == {"1": "anna", "2": "zed"}
    renamed = review.model_copy(update={"author": "anna.k"})
    assert import_records([renamed], store, CLUB).saved == Saved(changed=1)


def test_a_second_table_without_names_that_counts_from_1_as_well_takes_nothing_away(
    store: MemoryMessageStore,
) -> None:
    first = message("1", "More tea.", author=ANONYMOUS)
    second = message("1", "Fewer meetings.", author=ANONYMOUS, at=first.at + timedelta(days=365))
    for given in ([first], [second], [first, second]):
        report = import_records(given, store, CLUB)
        assert report.skipped == ({TAKEN: 1} if second in given else {})
    edited = first.model_copy(update={"text": "More green tea."})
    moved = edited.model_copy(update={"at": second.at})
    assert [bring_in(store, each).saved for each in (edited, moved)] == [Saved(changed=1)] * 2


def test_what_is_forgotten_while_it_is_indexed_is_not_left_in_the_index(index: MemoryIndex) -> None:
    class Forgetful(MemoryMessageStore):
        def mark_indexed(self, community: str, embedder: str, indexed: Sequence[Understood]) -> set[str]:
            self.erase(community, {"bo"}, lambda message: message)
            return super().mark_indexed(community, embedder, indexed)

    store = Forgetful()
    bring_in(store, message("m1"), message("m2", author="bo"), message("m3", author="bo", kind="document"))
    index_all(store, index)
    assert (index.ids(CLUB), index.ids(shelf_of(CLUB, "document"))) == ({"m1"}, set())


def test_a_message_that_changes_while_it_is_indexed_is_indexed_again(
    store: MemoryMessageStore, index: MemoryIndex
) -> None:
    class Interrupting(WordEmbedder):
        def encode(self, texts: Sequence[str]) -> Encoding:
            bring_in(store, message("m1", "Now it holds.", edited=NOW))
            return super().encode(texts)

    bring_in(store, message("m1", "It leaks."))
    index_all(store, index, embedding(Interrupting()))
    assert store.count_pending(CLUB, "words") == 0
    assert np.allclose(index.vectors(CLUB, ["m1"])["m1"], WordEmbedder().encode_query("Now it holds."))


def test_an_index_that_is_whole_needs_no_healing(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    index_all(store, index)
    assert not heal(store, index, CLUB)
    assert store.count_pending(CLUB, "words") == 0


def test_a_lost_index_is_made_anew(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    index_all(store, index)
    making.lose(index, CLUB)
    assert heal(store, index, CLUB)
    assert index_all(store, index) == 3
    assert index.count(CLUB) == 3


def test_healing_leaves_other_communities_alone(store: MemoryMessageStore, index: MemoryIndex) -> None:
    for community in (CLUB, "other"):
        store.save(community, messages=many(3))
        index_pending(store, index, making.understanding(), community)
    making.lose(index, CLUB)
    heal(store, index, CLUB)
    assert (store.count_pending(CLUB, "words"), store.count_pending("other", "words")) == (3, 0)


def test_what_was_never_indexed_is_nothing_to_heal(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, *many(3))
    assert not heal(store, index, CLUB)


def test_what_is_stored_of_a_message_are_its_terms_in_its_language(
    store: MemoryMessageStore, index: MemoryIndex
) -> None:
    bring_in(store, message("m1", "Kvarnarna läcker.", title="Skatteverket"))
    index_all(store, index, embedding(WordEmbedder(), ScriptedLanguages({"kvarnarna": "sv"})))
    for term in terms("Skatteverket läcker", "sv"):
        assert [id_ for id_, _ in store.matching(CLUB, [[[term]]], 9)[0]] == ["m1"]


def test_documents_stand_on_a_shelf_of_their_own(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("m1"), message("d1", "The bag policy.", kind="document"))
    index_all(store, index)
    assert (index.ids(CLUB), index.ids(f"{CLUB}.documents")) == ({"m1"}, {"d1"})


def test_what_was_deleted_leaves_the_index(store: MemoryMessageStore, index: MemoryIndex) -> None:
    document = message("d1", "The bag policy.", kind="document")
    bring_in(store, message("m1"), message("m2"), document)
    index_all(store, index)
    gone = [each.model_copy(update={"text": "", "deleted": True, "edited": NOW}) for each in (message("m1"), document)]
    bring_in(store, *gone)
    assert index_all(store, index) == 0
    assert (index.ids(CLUB), index.ids(f"{CLUB}.documents")) == ({"m2"}, set())
    assert store.gone(CLUB, 9) == {}


def test_what_a_thread_no_longer_holds_leaves_the_index(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("m1"), message("m2", reply_to="m1"))
    index_all(store, index)
    assert bring_in(store, message("m1"), Contents(thread="m1", ids=("m1",))).saved == Saved(unchanged=1, changed=1)
    index_all(store, index)
    assert index.ids(CLUB) == {"m1"}


def test_an_index_serves_when_it_is_full(store: MemoryMessageStore) -> None:
    store.save_community(CLUB, "The Club")
    bring_in(store, *many())
    small, large = MemoryIndex("small"), FailingIndex(1)
    large.embedder = "large"
    index_all(store, small, embedding(Named("small")))
    assert store.serving(CLUB) == "small"
    with pytest.raises(PowerCut):
        index_all(store, large, embedding(Named("large")))
    assert store.serving(CLUB) == "small"
    large.left = -1
    assert index_all(store, large, embedding(Named("large"))) == MANY - INDEX_BATCH
    assert store.serving(CLUB) == "large"
    assert small.ids(CLUB) == large.ids(CLUB)


class Named(WordEmbedder):
    """An embedder by another name."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_what_store_and_index_disagree_about_is_named_and_repaired(
    store: MemoryMessageStore, index: MemoryIndex
) -> None:
    bring_in(store, *many(3), message("d1", "The bag policy.", kind="document"))
    index_all(store, index)
    index.remove(CLUB, ["m001"])
    index.remove(f"{CLUB}.documents", ["d1"])
    index.add(CLUB, ["ghost"], WordEmbedder().encode(["ghost"]).vectors)
    found = repair(store, index, CLUB)
    assert found == (frozenset({"m001", "d1"}), frozenset({"ghost"}))
    assert index_all(store, index) == 2
    assert not any(compare(store, index, CLUB))


def test_a_message_on_the_wrong_shelf_is_missing_on_its_own(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("d1", "The bag policy.", kind="document"))
    index_all(store, index)
    making.lose(index, CLUB)
    index.add(CLUB, ["d1"], WordEmbedder().encode(["The bag policy."]).vectors)
    assert compare(store, index, CLUB).missing == {"d1"}


def test_to_drop_takes_both_shelves(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, message("m1"), message("d1", "The bag policy.", kind="document"))
    index_all(store, index)
    making.lose(index, CLUB)
    assert index.count(CLUB) == index.count(f"{CLUB}.documents") == 0
