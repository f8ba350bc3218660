"""The search by words: candidates from the inverted index, then BM25 over the words that they use.

The index is that of SQLite's FTS5, or of PostgreSQL's text search. The rankings of neither will do: PostgreSQL's does
not know how rare a word is, and FTS5's takes several times as long as all that is done here.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

from sqlalchemy import Connection, text

BUDGET = 4000
"""Occurrences that are looked at for one question: the rarest terms first, and at least the rarest alone."""
COMMON = 0.2
"""Share of the texts from which a term says nothing."""
FEW = 50
"""Texts below which no term counts as common."""
_COUNTED = 200
"""Occurrences from which it takes long to count them, and one more or less does not matter."""
_SATURATION, _LENGTH = 1.2, 0.75
"""BM25's k1 and b (Robertson and Zaragoza 2009)."""

# Terms are letters and digits alone (knowledge.terms), so that quotes are all they need.
_COUNT_IN_SQLITE = """
SELECT vocabulary.term, vocabulary.doc AS uses FROM json_each(:terms) AS asked
JOIN terms_vocabulary AS vocabulary ON vocabulary.term = asked.value"""
_COUNT_IN_POSTGRES = """
SELECT asked.value AS term, COUNT(*) AS uses FROM jsonb_array_elements_text(CAST(:terms AS jsonb)) AS asked
JOIN terms ON terms.vector @@ CAST('''' || asked.value || '''' AS tsquery)
GROUP BY asked.value"""
_FIND_IN_SQLITE = """
SELECT found.rowid AS id, SUM(asked.value) AS weight
FROM json_each(:weights) AS asked, terms_index('"' || asked.key || '"') AS found
GROUP BY found.rowid"""
_FIND_IN_POSTGRES = """
SELECT terms.id, SUM(CAST(asked.value AS float)) AS weight
FROM jsonb_each_text(CAST(:weights AS jsonb)) AS asked
JOIN terms ON terms.vector @@ CAST('''' || asked.key || '''' AS tsquery)
GROUP BY terms.id"""
_CANDIDATES = """
SELECT CASE WHEN terms.community = :community THEN terms.message ELSE '' END AS message
FROM ({found} ORDER BY weight DESC, id{limit}) AS found JOIN terms ON terms.id = found.id
ORDER BY found.weight DESC, found.id"""


class Weights(NamedTuple):
    """What terms weigh: those that say something, and the rarest of them, which find the candidates.

    `words` holds what was asked for: the terms of each word, and what it weighs.
    """

    terms: dict[str, float]
    rarest: dict[str, float]
    words: list[tuple[frozenset[str], float]]


class Rarity:
    """How rare terms are, in all communities of a database. Common ones are counted once, and then now and again."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._texts = 0

    def weights(self, connection: Connection, asked: Sequence[Sequence[Sequence[str]]]) -> list[Weights]:
        """Of each list of words, each given as the terms that it may be stored under."""
        texts = connection.scalar(text("SELECT MAX(id) FROM terms")) or 0
        if not self._texts <= texts <= 1.1 * self._texts:
            self._uses, self._texts = {}, texts
        known = self._uses
        unknown = list({term for words in asked for word in words for term in word if term not in known})
        count = _COUNT_IN_POSTGRES if connection.dialect.name == "postgresql" else _COUNT_IN_SQLITE
        counted = {row.term: row.uses for row in connection.execute(text(count), {"terms": json.dumps(unknown)})}
        known |= {term: uses for term, uses in counted.items() if uses >= _COUNTED}
        return [weigh(words, counted | known, texts) for words in asked]


def weigh(words: Sequence[Sequence[str]], uses: Mapping[str, int], texts: int) -> Weights:
    """What words weigh, whose terms so many of the texts use (Robertson and Spärck Jones 1976).

    A word that no text uses weighs most: who asks for it is not answered by the others alone.
    """
    used = {term: uses[term] for word in words for term in word if term in uses}
    telling = {term: n for term, n in used.items() if texts < FEW or n <= COMMON * texts} or used
    weights, rarest, spent = dict[str, float](), dict[str, float](), 0
    for term, n in sorted(telling.items(), key=lambda item: (item[1], item[0])):
        weights[term] = _weight(n, texts)
        spent += n
        if not rarest or spent <= BUDGET:
            rarest[term] = weights[term]
    weighed = [
        (frozenset(word), max((weights.get(term, 0.0) for term in word if term in used), default=_weight(0, texts)))
        for word in words
    ]
    return Weights(weights, rarest, weighed)


def _weight(uses: int, texts: int) -> float:
    return log(1 + (max(texts, uses) - uses + 0.5) / (uses + 0.5))


def candidates(connection: Connection, community: str, rarest: Mapping[str, float], limit: int | None) -> list[str]:
    """The messages that use the most of these terms, the rarest counting most; “” for each of another community."""
    find = _FIND_IN_POSTGRES if connection.dialect.name == "postgresql" else _FIND_IN_SQLITE
    query = _CANDIDATES.format(found=find, limit="" if limit is None else f" LIMIT {limit:d}")
    return list(connection.scalars(text(query), {"weights": json.dumps(rarest), "community": community}))


def best(texts: Mapping[str, Sequence[str]], weights: Weights, count: int) -> list[tuple[str, float]]:
    """Of messages with their terms, those that use a word that was asked for: best first, by BM25.

    Each with the share that it uses of all that was asked for, by weight.
    """
    mean = sum(map(len, texts.values())) / max(len(texts), 1)
    scores, used = dict[str, float](), dict[str, frozenset[str]]()
    for message, terms in texts.items():
        longer = 1 - _LENGTH + _LENGTH * len(terms) / mean if mean else 1.0
        uses = Counter(term for term in terms if term in weights.terms)
        if uses:
            found = ((weights.terms[term], n) for term, n in uses.items())
            scores[message] = sum(weight * n * (1 + _SATURATION) / (n + _SATURATION * longer) for weight, n in found)
            used[message] = frozenset(uses)
    everything = sum(weight for _, weight in weights.words)
    first = sorted(scores, key=lambda message: (-scores[message], message))[:count]
    return [
        (message, sum(weight for word, weight in weights.words if word & used[message]) / everything)
        for message in first
    ]
