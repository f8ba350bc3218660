"""Vectors that were read before, so that comparing thousands of them takes milliseconds."""

from collections.abc import Iterable, Sequence
from threading import Lock

import numpy as np

from knowledge.embedding import Vectors
from knowledge.ports import Near

MOST = 200_000
"""Vectors kept at once, which is 300 MB. Before there are more, all are dropped, to be read again when needed."""


class VectorMemory:
    """The vectors of one collection that this process has read: rows of a matrix. Any number of threads may use it.

    Right only where nobody else writes that collection.
    """

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._matrix: Vectors = np.empty((0, 0), dtype=np.float32)
        self._lock = Lock()
        self.changes = 0

    def put(self, ids: Sequence[str], vectors: Vectors, before: int) -> bool:
        """Keep these, of shape (ids, dimensions). `before` is what `changes` was when they were about to be read.

        Where something has changed since, they may be outdated, and are not kept. Returns whether they were.
        """
        with self._lock:
            if len(self._ids) + len(ids) > MOST:
                self._rows, self._ids, self.changes = {}, [], self.changes + 1
            if before != self.changes:
                return False
            start, end = len(self._ids), len(self._ids) + len(ids)
            if end > len(self._matrix):
                larger = np.empty((max(end, 2 * len(self._matrix)), vectors.shape[1]), dtype=np.float32)
                if start:
                    larger[:start] = self._matrix[:start]
                self._matrix = larger
            self._matrix[start:end] = vectors
            self._ids += ids
            self._rows |= {id_: start + row for row, id_ in enumerate(ids)}
            return True

    def drop(self, ids: Iterable[str]) -> None:
        """Forget these, because they change. Their rows are overwritten: nothing of them stays in memory."""
        with self._lock:
            self.changes += 1
            rows = [self._rows.pop(id_) for id_ in ids if id_ in self._rows]
            self._matrix[rows] = 0

    def missing(self, ids: Iterable[str]) -> list[str]:
        """Those of the ids whose vectors are not here, each once."""
        with self._lock:
            return list(set(ids).difference(self._rows))

    def vectors(self, ids: Iterable[str]) -> dict[str, Vectors]:
        """The vectors of those ids that are here."""
        with self._lock:
            known = {id_: self._rows[id_] for id_ in ids if id_ in self._rows}
            return dict(zip(known, self._matrix[list(known.values())], strict=True))

    def nearest(self, ids: Iterable[str], vector: Vectors, count: int) -> list[Near]:
        """Those of the ids that are here and nearest to the vector, best first."""
        with self._lock:
            # In the order in which they lie, which is several times faster than any other.
            rows = np.unique([row for row in map(self._rows.get, ids) if row is not None]).astype(int)
            if not len(rows):
                return []
            vectors = self._matrix[rows]
            # Not by BLAS (@): after each product its threads wait for another, and keep the processor from others.
            cosines = np.einsum("ij,j->i", vectors, vector)
            best = np.argsort(-cosines, kind="stable")[:count]
            hits = [Near(self._ids[rows[place]], float(cosines[place]), vectors[place].copy()) for place in best]
        return sorted(hits, key=lambda near: (-near.cosine, near.id))
