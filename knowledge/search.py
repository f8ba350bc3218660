"""A question -> passages: by meaning, words and pieces of words, fused by reciprocal rank."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import ceil

import numpy as np

from knowledge.embedding import Embedder, Vectors
from knowledge.messages import Passage, Post
from knowledge.ports import Filters, MessageStore, Near, VectorIndex, shelf_of
from knowledge.terms import ask, forms

DEPTH = 30
"""Hits of each kind that are fused, at least."""
FUSION = 20
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009, who took 60: a little less good here)."""
CONE = 0.7
"""How much of the mean of all hits is taken off each: all of it loses what the mean of few hits says by chance."""
ENOUGH = 10
"""Hits whose mean says what they share."""
FEEDBACK, HEARD = 0.3, 2
"""How much the nearest hits count beside the question itself, and how many do (Rocchio 1971)."""
NEIGHBOURS = 5
"""One in so many hits by meaning more than are fused is looked at, to say what they share: more say no more."""
WORDS, PIECES = 2.0, 0.4
"""What a hit that uses all words of a question, or all pieces of them, counts against one by meaning."""
SHARE = 1.5
"""The power of the share of the words that a hit uses. If all hits counted the same, as in plain rank fusion, words
that mean little would push aside what is meant: with paraphrases in Persian, nDCG@10 was .06 below meaning alone, in
Afrikaans .03. Now no language is below it (benchmarks/retrieval.py)."""
RECENCY = 0.2
"""How much more a post of today counts than one of long ago."""
HALF_LIFE = 180.0
"""Days in which that preference halves."""
PER_THREAD = 3
"""Posts of one thread before those of others."""
ALIKE = 0.8
"""Share of words in common from which two posts say the same."""
FEW, MANY = 20_000, 100_000
"""Ids that the vector index is asked to keep to at once, and where hardly any neighbour is admitted."""


def search(
    store: MessageStore,
    index: VectorIndex,
    embedder: Embedder,
    community: str,
    question: str,
    *,
    count: int = 10,
    filters: Filters = Filters(),
    recency: float = RECENCY,
) -> list[Passage]:
    """The posts that answer best to `question`, best first, each with why.

    What nearly all words have in common with a better one is folded into it. `embedder` must be that of `index`.
    """
    if not question.strip() or count < 1:
        return []
    depth, asked = max(DEPTH, 2 * count), ask(question)
    with ThreadPoolExecutor(1) as aside:  # the database looks for words while the network reads the question
        pieces = [(piece,) for each in asked for piece in each.pieces]
        terms: list[Sequence[Sequence[str]]] = [[each.terms for each in asked], pieces]
        few = aside.submit(_few, store, community, filters)
        words = aside.submit(lambda: store.matching(community, terms, depth, filters, among=few.result()))
        vector = embedder.encode_query(question)
        count_near = depth + depth // NEIGHBOURS
        near = _nearest(store, index, community, vector, count_near, filters, few.result())
        by_meaning = set_apart(near, vector)[:depth]
        by_words, by_pieces = words.result()
    scores = fuse([(id_, 1.0) for id_, _ in by_meaning], _votes(by_words, WORDS), _votes(by_pieces, PIECES))
    best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:depth]  # the rest could not come up to the top
    cosines = {each.id: each.cosine for each in near}
    chosen: list[Passage] = []
    # What stands further down cannot come up by being recent; it is read only where many of the first say the same.
    enough = ceil((1 + recency) * (FUSION + count)) - FUSION
    for read in (enough, depth):
        posts = {id_: post for id_, post in store.get(community, best[:read]).items() if filters.admit(post)}
        chosen = list(spread(fold(_passages(posts, scores, cosines, recency))))[:count]
        if len(chosen) == count or read >= len(best):
            break
    stored = store.terms(community, [each.post.message.id for each in chosen])
    used = {id_: tuple(each.word for each in asked if each.is_in(found)) for id_, found in stored.items()}
    return [each.model_copy(update={"words": used.get(each.post.message.id, ())}) for each in chosen]


def _passages(
    posts: Mapping[str, Post], scores: Mapping[str, float], cosines: Mapping[str, float], recency: float
) -> list[Passage]:
    """The posts with their scores, best first, the more recent ones preferred."""
    preferred = prefer_recent(scores, posts, recency) if recency else scores
    return [
        Passage(
            post=posts[id_],
            score=round(preferred[id_], 6),
            cosine=round(cosines[id_], 4) if id_ in cosines else None,
        )
        for id_ in sorted(posts, key=lambda id_: (-preferred[id_], id_))
    ]


def nearest(
    store: MessageStore, index: VectorIndex, community: str, vector: Vectors, count: int, filters: Filters = Filters()
) -> list[Near]:
    """The posts nearest in meaning that the filters admit, best first."""
    return _nearest(store, index, community, vector, count, filters, _few(store, community, filters))


def _few(store: MessageStore, community: str, filters: Filters) -> list[str] | None:
    """The ids of the posts that the filters admit; None where those are many, or all."""
    return None if filters == Filters(kind=filters.kind) else store.admitted(community, filters, FEW)


def _nearest(
    store: MessageStore,
    index: VectorIndex,
    community: str,
    vector: Vectors,
    count: int,
    filters: Filters,
    few: Sequence[str] | None,
) -> list[Near]:
    """The index is told which posts are admitted, if they are `few`. Else more neighbours are asked for than needed;
    where hardly any of those is admitted either, it is told all the same, which takes it longer.
    """
    shelf = shelf_of(community, filters.kind)
    if few is not None:
        return index.nearest(shelf, vector, count, among=few)
    if filters == Filters(kind=filters.kind):
        return index.nearest(shelf, vector, count)
    near = index.nearest(shelf, vector, 2 * count)
    admitted = store.admissible(community, filters, [each.id for each in near])
    found = [each for each in near if each.id in admitted]
    if len(found) < max(1, count // 4) and (many := store.admitted(community, filters, MANY)) is not None:
        return index.nearest(shelf, vector, count, among=many)
    return found[:count]


def set_apart(near: Sequence[Near], vector: Vectors) -> list[tuple[str, float]]:
    """Ids in order of what sets the hits apart from each other, not of what they all share with the question.

    E5's vectors lie in a narrow cone (mean cosine above .8), so most of a cosine says only “a text of this sort”.
    Without most of the hits' mean, nDCG@10 rises from .731 to .750 on SweFAQ, from .692 to .740 on Stack Exchange.
    What the nearest say is then added to the question, which helps most where little is said in the same words.
    """
    if len(near) < ENOUGH:
        return [(each.id, each.cosine) for each in near]
    matrix = np.stack([each.vector for each in near])
    shared = CONE * matrix.mean(axis=0)
    apart, asked = _unit(matrix - shared), _unit(vector - shared)
    nearest_first = np.argsort(-np.einsum("ij,j->i", apart, asked), kind="stable")
    meant = asked + FEEDBACK * apart[nearest_first[:HEARD]].mean(axis=0)
    scores = np.einsum("ij,j->i", apart, meant)
    return sorted(((each.id, float(score)) for each, score in zip(near, scores, strict=True)), key=_by_score)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _by_score(hit: tuple[str, float]) -> tuple[float, str]:
    return -hit[1], hit[0]


def _votes(hits: Iterable[tuple[str, float]], weight: float) -> list[tuple[str, float]]:
    """What hits by words count, each given with the share that it uses of them."""
    return [(id_, weight * share**SHARE) for id_, share in hits]


def fuse(*rankings: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Id -> its score by reciprocal rank fusion of rankings: hits, best first, each with what it counts."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, (id_, weight) in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0.0) + weight / (FUSION + rank)
    return scores


def prefer_recent(scores: Mapping[str, float], posts: Mapping[str, Post], weight: float) -> dict[str, float]:
    """The scores, raised by up to `weight` the nearer a post is to the newest of them."""
    newest = max((post.message.at for post in posts.values()), default=None)
    return {id_: score * (1 + weight * _freshness(posts.get(id_), newest)) for id_, score in scores.items()}


def _freshness(post: Post | None, newest: datetime | None) -> float:
    if post is None or newest is None:
        return 0.0
    days = (newest - post.message.at).total_seconds() / 86_400
    return float(0.5 ** (days / HALF_LIFE))


def fold(passages: Iterable[Passage]) -> list[Passage]:
    """Without those that say nearly the same as a better one, which counts them."""
    kept: list[Passage] = []
    seen: list[frozenset[str]] = []
    for passage in passages:
        said = frozenset(forms(passage.post.message.text))
        for place, other in enumerate(seen):
            if _alike(said, other):
                kept[place] = kept[place].model_copy(update={"alike": kept[place].alike + 1})
                break
        else:
            kept.append(passage)
            seen.append(said)
    return kept


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not ALIKE * len(one) <= len(other) <= len(one) / ALIKE:
        return False  # most pairs end here
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def spread(passages: Sequence[Passage]) -> Iterator[Passage]:
    """Best first, but a thread that has had its share waits until the others were heard."""
    heard: dict[str, int] = {}
    waiting = []
    for passage in passages:
        thread = passage.post.message.thread
        heard[thread] = heard.get(thread, 0) + 1
        if heard[thread] > PER_THREAD:
            waiting.append(passage)
        else:
            yield passage
    yield from waiting
