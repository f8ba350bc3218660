"""The search by words: BM25 of SQLite's FTS5, and its like over PostgreSQL's text search vectors.

PostgreSQL's own rankings do not know how rare a word is, so there the rarity is counted and summed here (BM25 with
Robertson and Spärck Jones' weights, each term counted once a text: Robertson and Zaragoza 2009).
"""

from collections.abc import Mapping, Sequence
from math import log
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    case,
    cast,
    column,
    desc,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

BUDGET = 8000
"""Occurrences that are scored for one question: the rarest terms first, and at least the rarest alone."""
COMMON = 0.2
"""Share of the texts from which a term says nothing."""
FEW = 50
"""Texts below which no term counts as common."""
_SATURATION, _LENGTH = 1.2, 0.75
"""BM25's k1 and b, as FTS5 has them."""

POOL = 2000
"""Best matches that filters are applied to."""

_terms = table("terms", column("id"), column("community"), column("message"), column("vector"))
_index = table("terms_index", column("rowid"))
_vocabulary = table("terms_vocabulary", column("term"), column("doc"))


def best_matches(
    connection: Connection, community: str, terms: Sequence[str], count: int, admitted: Select[Any]
) -> list[tuple[str, float]]:
    """The messages with the highest scores, best first; only those in `admitted`, a query for their ids."""
    rarity = _rarity(connection, community, list(dict.fromkeys(terms)))
    if not rarity or count < 1:
        return []
    on_postgres = connection.dialect.name == "postgresql"
    scored = _scored_on_postgres(connection, community, rarity) if on_postgres else _scored_on_sqlite(rarity)
    scored = scored.where(_terms.c.community == community).order_by(desc("score"), _terms.c.message)
    # Down the list until enough are found: what the filters ask is dear, and most of the list is never needed.
    best = scored.limit(POOL).subquery()
    asked = admitted.where(admitted.selected_columns[0] == best.c.id).exists()
    found = select(best.c.id, best.c.score).where(asked).order_by(desc("score"), best.c.id).limit(count)
    return [(row.id, float(row.score)) for row in connection.execute(found)]


def _rarity(connection: Connection, community: str, terms: Sequence[str]) -> dict[str, float]:
    """Each term worth asking for -> its weight; the rarest first, as many as the budget allows."""
    if not terms:
        return {}
    if connection.dialect.name == "postgresql":
        everything = select(func.count()).select_from(_terms).where(_terms.c.community == community)
        uses = [
            select(literal(term), func.count()).where(_terms.c.community == community, _uses(term)) for term in terms
        ]
        counted = connection.execute(union_all(*uses))
    else:
        everything = select(func.max(_terms.c.id))  # the vocabulary counts all communities; so must this, at no cost
        counted = connection.execute(select(_vocabulary).where(_vocabulary.c.term.in_(terms)))
    total = connection.scalar(everything) or 0
    return choose({term: count for term, count in counted if count}, total)


def choose(uses: Mapping[str, int], total: int) -> dict[str, float]:
    """Of terms and the number of texts that use them, those worth asking for, each with its weight."""
    telling = {term: n for term, n in uses.items() if total < FEW or n <= COMMON * total} or dict(uses)
    chosen: dict[str, float] = {}
    spent = 0
    for term, n in sorted(telling.items(), key=lambda item: item[1]):
        spent += n
        if chosen and spent > BUDGET:
            break
        chosen[term] = log(1 + (max(total, n) - n + 0.5) / (n + 0.5))
    return chosen


def _scored_on_sqlite(rarity: Mapping[str, float]) -> Select[Any]:
    match = " OR ".join(f'"{term}"' for term in rarity)  # terms are letters and digits alone
    return (
        select(_terms.c.message.label("id"), literal_column("-bm25(terms_index)").label("score"))
        .select_from(_index.join(_terms, _terms.c.id == _index.c.rowid))
        .where(literal_column("terms_index").op("MATCH")(match))
    )


def _scored_on_postgres(connection: Connection, community: str, rarity: Mapping[str, float]) -> Select[Any]:
    some = select(_terms.c.vector).where(_terms.c.community == community).limit(500).subquery()
    mean = float(connection.scalar(select(func.avg(func.length(some.c.vector)))) or 1.0)
    weights = sum((case((_uses(term), weight), else_=0.0) for term, weight in rarity.items()), literal(0.0))
    length = 1 - _LENGTH + _LENGTH * func.length(_terms.c.vector) / mean
    score = weights * (_SATURATION + 1) / (1 + _SATURATION * length)
    return select(_terms.c.message.label("id"), score.label("score")).where(or_(*map(_uses, rarity)))


def _uses(term: str) -> ColumnElement[bool]:
    return _terms.c.vector.op("@@", return_type=Boolean())(cast(f"'{term}'", TSQUERY))
