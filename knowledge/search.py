"""A question -> passages: by meaning, words and pieces of words, fused by reciprocal rank."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from knowledge.embedding import Embedder, Vectors
from knowledge.messages import Passage, Post
from knowledge.ports import Filters, MessageStore, VectorIndex, shelf_of
from knowledge.terms import Asked, ask, forms, terms

DEPTH = 50
"""Hits of each kind that are fused, at least."""
FUSION = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""
CONE = 0.7
"""How much of the mean of all hits is taken off each: all of it loses what the mean of few hits says by chance."""
ENOUGH = 10
"""Hits whose mean says what they share."""
WORDS, PIECES = 0.6, 0.4
"""What a hit by words, or by pieces of words, counts against one by meaning. On SweFAQ and Stack Exchange, any weight
from .2 to .7 found more than meaning alone (benchmarks/retrieval.py)."""
RECENCY = 0.1
"""How much more a post of today counts than one of long ago."""
HALF_LIFE = 180.0
"""Days in which that preference halves."""
PER_THREAD = 3
"""Posts of one thread before those of others."""
ALIKE = 0.8
"""Share of words in common from which two posts say the same."""
FEW = 600
"""Posts admitted by filters up to which each is compared, without looking for neighbours first."""
MANY = 20_000
"""Ids that the vector index is asked to keep to, at most."""


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
    depth = max(DEPTH, 2 * count)
    vector = embedder.encode_query(question)
    near = nearest(store, index, community, vector, 2 * depth, filters)
    vectors = index.vectors(shelf_of(community, filters.kind), [id_ for id_, _ in near])
    by_meaning = set_apart(near, vector, vectors)[:depth]
    asked = ask(question)
    by_words = store.matching(community, [term for word in asked for term in word.terms], depth, filters)
    by_pieces = store.matching(community, [piece for word in asked for piece in word.pieces], depth, filters)
    scores = fuse((by_meaning, 1.0), (by_words, WORDS), (by_pieces, PIECES))
    best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:depth]  # the rest could not come up to the top
    posts = {id_: post for id_, post in store.get(community, best).items() if filters.admit(post)}
    if recency:
        scores = prefer_recent(scores, posts, recency)
    cosines = dict(near)
    passages = [
        Passage(
            post=posts[id_],
            score=round(scores[id_], 6),
            cosine=round(cosines[id_], 4) if id_ in cosines else None,
        )
        for id_ in sorted(posts, key=lambda id_: (-scores[id_], id_))
    ]
    chosen = list(spread(fold(passages)))[:count]
    return [each.model_copy(update={"words": tuple(shared_words(asked, each.post))}) for each in chosen]


def nearest(
    store: MessageStore, index: VectorIndex, community: str, vector: Vectors, count: int, filters: Filters = Filters()
) -> list[tuple[str, float]]:
    """The ids of the posts nearest in meaning that the filters admit, best first, each with its cosine.

    Few admitted posts are compared one by one. Else more neighbours are asked for than needed; where hardly any of them
    is admitted, the index is told which are, which takes it several times as long.
    """
    shelf = shelf_of(community, filters.kind)
    if filters == Filters(kind=filters.kind):
        return index.nearest(shelf, vector, count)
    few = store.admitted(community, filters, FEW)
    if few is not None:
        return index.nearest(shelf, vector, min(count, len(few)), among=few)
    hits = index.nearest(shelf, vector, 8 * count)
    admitted = store.admissible(community, filters, [id_ for id_, _ in hits])
    found = [(id_, cosine) for id_, cosine in hits if id_ in admitted]
    if len(found) < max(1, count // 4) and (many := store.admitted(community, filters, MANY)) is not None:
        return index.nearest(shelf, vector, count, among=many)
    return found[:count]


def set_apart(
    hits: Sequence[tuple[str, float]], vector: Vectors, vectors: Mapping[str, Vectors]
) -> list[tuple[str, float]]:
    """The hits in order of what sets them apart from each other, not of what they all share with the question.

    E5's vectors lie in a narrow cone (mean cosine above .8), so most of a cosine says only “a text of this sort”.
    Without most of the hits' mean, nDCG@10 rises from .731 to .750 on SweFAQ, from .692 to .740 on Stack Exchange.
    """
    known = [id_ for id_, _ in hits if id_ in vectors]
    if len(known) < ENOUGH:
        return list(hits)
    matrix = np.stack([vectors[id_] for id_ in known])
    shared = CONE * matrix.mean(axis=0)
    apart = matrix - shared
    scores = apart @ (vector - shared) / np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
    return sorted(zip(known, map(float, scores), strict=True), key=lambda hit: (-hit[1], hit[0]))


def fuse(*rankings: tuple[Sequence[tuple[str, float]], float]) -> dict[str, float]:
    """Id -> its score by reciprocal rank fusion of rankings: hits, best first, with the weight of the ranking."""
    scores: dict[str, float] = {}
    for ranking, weight in rankings:
        for rank, (id_, _) in enumerate(ranking, start=1):
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


def shared_words(asked: Sequence[Asked], post: Post) -> list[str]:
    """The words of a question that a post uses, in whatever form."""
    stored = frozenset(terms(post.message.full_text, post.signals.language))
    return [each.word for each in asked if each.is_in(stored)]


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
    smaller, larger = sorted((len(one), len(other)))
    if not larger or smaller < ALIKE * larger:
        return False
    shared = len(one & other)
    return shared >= ALIKE * (smaller + larger - shared)


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
