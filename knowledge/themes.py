"""What many members talk about: clusters of near vectors, and the words that set one apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

import numpy as np
import stopwordsiso

from knowledge.embedding import Vectors
from knowledge.messages import Post
from knowledge.words import stem, words

_FULL_LIST = 100
"""Stop words from which a list is taken to be complete."""
CLUSTERED = 3000
"""Posts that are clustered: time and memory grow with their square (3,000: a second and 70 MB; 25,000: 5 GB)."""
THEME_DISTANCE = 0.85
"""Cosine distance up to which posts form a theme."""


class Theme(NamedTuple):
    """Posts about one matter, most typical first, and the words that name it in each language."""

    posts: tuple[Post, ...]
    names: Mapping[str, str]

    @property
    def authors(self) -> set[str]:
        return {post.message.author for post in self.posts}


def find_themes(posts: Sequence[Post], vectors: Mapping[str, Vectors], *, smallest: int = 6) -> list[Theme]:
    """Groups of posts by at least `smallest` members that talk about one matter, the largest first.

    `vectors` are centred (knowledge.centring). Average linkage: density-based clustering (HDBSCAN) left half of the
    sample's posts out and chained most of the rest together.
    """
    from sklearn.cluster import AgglomerativeClustering

    # A post that says what all say has nothing left when its vector is centred.
    known = [post for post in posts if post.message.id in vectors and vectors[post.message.id].any()]
    if len(known) < 2 * smallest:
        return []
    if len(known) > CLUSTERED:  # a matter that many talk about is in a sample as well; always the same one
        known = Random(0).sample(known, CLUSTERED)  # noqa: S311
    matrix = np.stack([vectors[post.message.id] for post in known])
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=THEME_DISTANCE
    )
    labels = clustering.fit_predict(matrix)
    themes = []
    for label in set(labels):
        rows = np.flatnonzero(labels == label)
        centre = matrix[rows].mean(axis=0)
        typical = [known[row] for row in rows[np.argsort(-(matrix[rows] @ centre))]]
        if len({post.message.author for post in typical}) < smallest:  # first: to name a theme is what takes time
            continue
        if names := name_theme(typical, known):
            themes.append(Theme(tuple(typical), names))
    return sorted(themes, key=lambda theme: -len(theme.authors))


def name_theme(inside: Sequence[Post], everything: Sequence[Post]) -> dict[str, str]:
    """Language -> the word that most sets these posts apart from the others in that language, as members write it.

    The measure is the weighted log-odds ratio of Monroe, Colaresi and Quinn (2008), counted by author over the forms of
    a word, so that nobody names a theme alone. Where no word is used by two authors, the language has no name.
    """
    ids = {post.message.id for post in inside}
    names: dict[str, str] = {}
    for language in sorted({post.signals.language for post in inside}):
        if not stopwordsiso.has_lang(language):
            continue
        here = [post for post in inside if post.signals.language == language]
        there = [post for post in everything if post.signals.language == language and post.message.id not in ids]
        name = _most_telling(_users(here, language), _users(there, language))
        if name is not None:
            names[language] = name
    return names


class _Term(NamedTuple):
    """A word or pair of words in all its forms: who uses it, and how often each form occurs."""

    users: set[str]
    forms: Counter[str]


def _users(posts: Sequence[Post], language: str) -> dict[str, _Term]:
    """Stem -> its term. Words that name nothing in this language are left out."""
    empty = stopwordsiso.stopwords(language)
    shortest = 4 if len(empty) >= _FULL_LIST else 5
    terms: dict[str, _Term] = {}
    for post in posts:
        telling = [word for word in words(post.message.text) if len(word) >= shortest and word not in empty]
        for form in [*telling, *(f"{first} {second}" for first, second in pairwise(telling))]:
            term = terms.setdefault(stem(form, language), _Term(set(), Counter()))
            term.users.add(post.message.author)
            term.forms[form] += 1
    return terms


def _most_telling(here: Mapping[str, _Term], there: Mapping[str, _Term]) -> str | None:
    inside = {stem: len(term.users) for stem, term in here.items()}
    outside = {stem: len(term.users) for stem, term in there.items()}
    total_in, total_out = sum(inside.values()) + 1, sum(outside.values()) + 1
    best: tuple[float, str] | None = None
    for root, count in inside.items():
        elsewhere = outside.get(root, 0)
        if count < 2 or elsewhere > count:
            continue
        prior = 0.5 + 0.1 * (count + elsewhere)
        odds_in = np.log((count + prior) / (total_in - count + prior))
        odds_out = np.log((elsewhere + prior) / (total_out - elsewhere + prior))
        score = float((odds_in - odds_out) / np.sqrt(1 / (count + prior) + 1 / (elsewhere + prior)))
        score *= 1.3 if " " in root else 1.0  # a pair that two people use says more than either of its words
        if best is None or score > best[0]:
            best = score, here[root].forms.most_common(1)[0][0]
    return best[1] if best else None
