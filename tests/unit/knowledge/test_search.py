"""A question -> passages: what is fused, set apart, folded and spread, and how filters are kept to."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from knowledge import search as searching
from knowledge.adapters.memory import MemoryIndex, MemoryMessageStore, ScriptedLanguages, WordEmbedder
from knowledge.embedding import Vectors
from knowledge.history import Understanding, index_pending
from knowledge.messages import Channel, Message, Passage
from knowledge.ports import Filters, Near
from knowledge.search import (
    ENOUGH,
    FUSION,
    HALF_LIFE,
    PER_THREAD,
    fold,
    fuse,
    nearest,
    prefer_recent,
    search,
    set_apart,
    spread,
)
from knowledge.words import words as words_of
from tests import making
from tests.making import NOW, message, post

CLUB = "club"


@pytest.fixture
def store() -> MemoryMessageStore:
    return MemoryMessageStore()


@pytest.fixture
def index() -> MemoryIndex:
    return MemoryIndex()


def bring_in(store: MemoryMessageStore, index: MemoryIndex, *messages: Message, **languages: str) -> None:
    """Store and index; `languages` tells which word is of which."""
    store.save(CLUB, messages=messages)
    understanding = Understanding(WordEmbedder(), ScriptedLanguages(languages), making.understanding().heads)
    index_pending(store, index, understanding, CLUB)


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
    bring_in(store, index, kvarnen="sv")
    return store


def found(store: MemoryMessageStore, index: MemoryIndex, question: str = "grinder leaks", **options: Any) -> list[str]:
    return [p.post.message.id for p in search(store, index, WordEmbedder(), CLUB, question, **options)]


def test_what_has_nothing_to_do_with_the_question_comes_last(said: MemoryMessageStore, index: MemoryIndex) -> None:
    passages = search(said, index, WordEmbedder(), CLUB, "grinder leaks")
    assert passages[-1].post.message.id == "cake"
    assert all(p.words == ("grinder", "leaks") for p in passages[:-1])
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
    bring_in(store, index, *near, message("far", "cake", author="bo"))
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


def test_fusion_adds_the_weighted_reciprocal_ranks() -> None:
    scores = fuse([("a", 1.0), ("b", 1.0)], [("b", 0.5)])
    assert scores == pytest.approx({"a": 1 / (FUSION + 1), "b": 1 / (FUSION + 2) + 0.5 / (FUSION + 1)})
    assert fuse() == fuse([]) == {}


def test_what_all_hits_share_does_not_decide() -> None:
    vectors = {}
    for number in range(ENOUGH):
        vector = np.zeros(ENOUGH + 1, dtype=np.float32)
        vector[0], vector[number + 1] = 0.9 + number / 1000, 0.3
        vectors[f"m{number}"] = vector / np.linalg.norm(vector)
    question = (0.2 * vectors["m3"] + 0.8 * vectors["m9"]).astype(np.float32)
    hits = sorted((Near(id_, float(v @ question), v) for id_, v in vectors.items()), key=lambda hit: -hit.cosine)
    ordered = set_apart(hits, question)
    assert [id_ for id_, _ in ordered][:2] == ["m9", "m3"]
    assert ordered[0][1] - ordered[1][1] > 2 * (hits[0].cosine - hits[1].cosine)


def test_what_is_said_like_the_nearest_comes_before_what_is_as_near_to_the_question_alone() -> None:
    directions = np.eye(ENOUGH + 4, dtype=np.float32)
    asked, unasked, other = directions[:3]
    vectors = {f"m{number}": directions[number + 4] for number in range(ENOUGH)}
    vectors |= {"nearest": 2 * asked + unasked, "near": asked + unasked}
    vectors |= {"alone": asked + 2 * other, "alike": asked + 2 * unasked}
    near = [Near(id_, float(vector @ asked), vector) for id_, vector in vectors.items()]
    assert [id_ for id_, _ in set_apart(near, asked)][:4] == ["nearest", "near", "alike", "alone"]


def test_few_hits_keep_their_order() -> None:
    vectors = WordEmbedder().encode(["a", "b"]).vectors
    hits = [Near("m1", 0.9, vectors[0]), Near("m2", 0.8, vectors[1])]
    assert set_apart(hits, vectors[1]) == [("m1", 0.9), ("m2", 0.8)]


def test_a_recent_post_is_preferred_by_half_as_much_for_every_half_life() -> None:
    posts = {
        name: post(name, at=NOW - timedelta(days=days))
        for name, days in {"new": 0.0, "older": HALF_LIFE, "oldest": 2 * HALF_LIFE}.items()
    }
    scores = prefer_recent(dict.fromkeys((*posts, "unknown"), 1.0), posts, 0.2)
    assert scores == pytest.approx({"new": 1.2, "older": 1.1, "oldest": 1.05, "unknown": 1.0})
    assert prefer_recent({}, {}, 0.2) == {}


def passage(id_: str, text: str = "The bag leaks and it was late.", **changes: Any) -> Passage:
    return Passage(post=post(id_, text, **changes), score=0.5)


def names(passages: Sequence[Passage]) -> list[str]:
    return [each.post.message.id for each in passages]


def test_those_who_say_nearly_the_same_are_folded_into_the_best() -> None:
    folded = fold([passage("a"), passage("b", "the bag leaks, and it was LATE!"), passage("c", "Lemon cake")])
    assert [(each.post.message.id, each.alike) for each in folded] == [("a", 1), ("c", 0)]


def test_posts_without_words_or_with_other_words_are_not_folded() -> None:
    kept = [passage("a", "👍"), passage("b", "👍"), passage("c", "one two three"), passage("d", "one two four")]
    assert names(fold(kept)) == ["a", "b", "c", "d"]


def test_a_thread_has_its_share_before_the_others_and_waits_then() -> None:
    thread = [passage(f"t{n}", thread="t") for n in range(PER_THREAD + 2)]
    others = [passage("x", thread="x"), passage("y", thread="y")]
    expected = [*names(thread[:PER_THREAD]), "x", "y", *names(thread[PER_THREAD:])]
    assert names(list(spread([*thread, *others]))) == expected


def test_a_passage_says_why_it_was_found() -> None:
    found = passage("a").model_copy(update={"cosine": 0.8765, "words": ("bag", "late"), "alike": 2})
    assert found.why == "near in meaning (0.88); says “bag”, “late”; 2 more say nearly the same"
    assert passage("a").why == ""


@pytest.mark.parametrize(
    ("language", "said", "question", "words"),
    [
        ("pl", "Młynki do kawy przeciekają", "Czy młynka do herbaty?", ("młynka",)),
        ("sv", "Kaffekvarnen läcker", "kvarnen, kaffekvarn, kakan", ("kvarnen", "kaffekvarn")),
    ],
)
def test_the_words_of_a_question_are_named_in_whatever_form_a_post_uses_them(
    language: str, said: str, question: str, words: tuple[str, ...], store: MemoryMessageStore, index: MemoryIndex
) -> None:
    bring_in(store, index, message("m1", said), **dict.fromkeys(words_of(said), language))
    [passage] = search(store, index, WordEmbedder(), CLUB, question)
    assert passage.words == words


def test_what_only_words_find_has_no_cosine(store: MemoryMessageStore, index: MemoryIndex) -> None:
    bring_in(store, index, message("m1", "order 4711 never came"), *(message(f"x{n}", f"cake {n}") for n in range(9)))
    index.remove(CLUB, ["m1"])
    passages = {each.post.message.id: each for each in search(store, index, WordEmbedder(), CLUB, "4711")}
    assert (passages["m1"].cosine, passages["m1"].words) == (None, ("4711",))
    assert (passages["x1"].cosine is not None, passages["x1"].words) == (True, ())


def test_what_words_and_meaning_find_comes_before_what_one_finds() -> None:
    rankings = [("meant", 1.0), ("both", 1.0)], [("said", 1.0), ("both", 1.0)]
    assert max(fuse(*rankings).items(), key=lambda item: item[1])[0] == "both"


def test_documents_are_found_only_when_they_are_asked_for(store: MemoryMessageStore, index: MemoryIndex) -> None:
    policy = [message(f"d{n}", f"The bag policy, part {n}", kind="document") for n in range(3)]
    bring_in(store, index, message("m1", "bag policy"), *policy)
    assert found(store, index, "bag policy") == ["m1"]
    assert found(store, index, "bag policy", filters=Filters(kind="document")) == ["d0", "d1", "d2"]
    assert found(store, index, "bag policy", filters=Filters(kind="review")) == []


def test_recency_can_be_left_out(store: MemoryMessageStore, index: MemoryIndex) -> None:
    old, new = message("old", "grinder leaks oil", at=NOW - timedelta(days=900)), message("new", "oil grinder", at=NOW)
    bring_in(store, index, old, new)
    assert found(store, index, "grinder leaks oil", recency=0.0) == ["old", "new"]
    assert found(store, index, "grinder leaks oil", recency=5.0) == ["new", "old"]


class WatchedIndex(MemoryIndex):
    """Remembers how it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int | None] = []

    def nearest(self, shelf: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> list[Near]:
        self.asked.append(None if among is None else len(among))
        return super().nearest(shelf, vector, count, among)


@pytest.mark.parametrize(
    ("filters", "few", "asked", "ids"),
    [
        (Filters(), 2, [None], ["n0", "n1", "n2"]),
        (Filters(author="bo"), 2, [2], ["b1", "b0"]),
        (Filters(author="cat"), 2, [None], ["n1", "n3", "n5"]),
        (Filters(author="dan"), 2, [None, 4], ["z0", "z1", "z2"]),
        (Filters(author="nobody"), 2, [0], []),
    ],
)
def test_neighbours_are_looked_for_in_the_way_that_suits_the_filters(
    filters: Filters,
    few: int,
    asked: list[int | None],
    ids: list[str],
    store: MemoryMessageStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    index = WatchedIndex()
    authors = {"n": "cat", "b": "bo", "z": "dan"}
    texts = {f"n{n}": f"grinder {'x ' * n}" for n in range(30)} | {"b0": "tea", "b1": "tea grinder"}
    texts |= {f"z{n}": f"cake {'grinder ' * (4 - n)}" for n in range(4)}
    messages = [
        message(id_, text, author="ann" if id_[0] == "n" and int(id_[1:]) % 2 == 0 else authors[id_[0]])
        for id_, text in texts.items()
    ]
    bring_in(store, index, *messages)
    rank = [*(f"n{n}" for n in range(30)), "b1", "b0", "z0", "z1", "z2", "z3"]
    vectors = {id_: np.array([np.cos(n / 40), np.sin(n / 40)], dtype=np.float32) for n, id_ in enumerate(rank)}
    making.lose(index, CLUB)
    index.add(CLUB, list(vectors), np.stack(list(vectors.values())))
    found_ = nearest(store, index, CLUB, np.array([1, 0], dtype=np.float32), 3, filters)
    assert [near.id for near in found_] == ids
    assert index.asked == asked
