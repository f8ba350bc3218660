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
    """Terms that say something, each with its weight: all of them, and the rarest, which find the candidates."""

    all: dict[str, float]
    rarest: dict[str, float]


class Rarity:
    """How rare terms are, in all communities of a database. Common ones are counted once, and then now and again."""

    def __init__(self) -> None:
        self._uses: dict[str, int] = {}
        self._texts = 0

    def weights(self, connection: Connection, asked: Sequence[Sequence[str]]) -> list[Weights]:
        """Of each list of terms."""
        texts = connection.scalar(text("SELECT MAX(id) FROM terms")) or 0
        if not self._texts <= texts <= 1.1 * self._texts:
            self._uses, self._texts = {}, texts
        known = self._uses
        unknown = list({term for terms in asked for term in terms if term not in known})
        count = _COUNT_IN_POSTGRES if connection.dialect.name == "postgresql" else _COUNT_IN_SQLITE
        counted = {row.term: row.uses for row in connection.execute(text(count), {"terms": json.dumps(unknown)})}
        known |= {term: uses for term, uses in counted.items() if uses >= _COUNTED}
        counted |= known
        return [weigh({term: counted[term] for term in terms if term in counted}, texts) for terms in asked]


def weigh(uses: Mapping[str, int], texts: int) -> Weights:
    """The weights of terms that so many of the texts use (Robertson and Spärck Jones 1976)."""
    telling = {term: n for term, n in uses.items() if texts < FEW or n <= COMMON * texts} or uses
    weights, rarest, spent = dict[str, float](), dict[str, float](), 0
    for term, n in sorted(telling.items(), key=lambda item: (item[1], item[0])):
        weights[term] = log(1 + (max(texts, n) - n + 0.5) / (n + 0.5))
        spent += n
        if not rarest or spent <= BUDGET:
            rarest[term] = weights[term]
    return Weights(weights, rarest)


def candidates(connection: Connection, community: str, rarest: Mapping[str, float], limit: int | None) -> list[str]:
    """The messages that use the most of these terms, the rarest counting most; “” for each of another community."""
    find = _FIND_IN_POSTGRES if connection.dialect.name == "postgresql" else _FIND_IN_SQLITE
    query = _CANDIDATES.format(found=find, limit="" if limit is None else f" LIMIT {limit:d}")
    return list(connection.scalars(text(query), {"weights": json.dumps(rarest), "community": community}))


def best(texts: Mapping[str, Sequence[str]], weights: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """Of messages with their terms, those that use at least one of the weighted ones: best first, by BM25."""
    mean = sum(map(len, texts.values())) / max(len(texts), 1)
    scores = {}
    for message, terms in texts.items():
        longer = 1 - _LENGTH + _LENGTH * len(terms) / mean if mean else 1.0
        uses = Counter(term for term in terms if term in weights).items()
        scores[message] = sum(weights[term] * n * (1 + _SATURATION) / (n + _SATURATION * longer) for term, n in uses)
    found = [(message, score) for message, score in scores.items() if score]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:count]
