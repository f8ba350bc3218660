"""Remembers vectors by what was embedded, so that no text is embedded twice. One SQLite file, for several processes."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import (
    Column,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.schema import CreateTable

from knowledge.adapters.sql import in_batches
from knowledge.embedding import Embedder, Encoding, Vectors
from knowledge.errors import StoreBusy

T = TypeVar("T")


_metadata = MetaData()
# The text itself is not kept, only its hash. Features are empty where they are the vector.
_vectors = Table(
    "vectors",
    _metadata,
    Column("text", LargeBinary(16), primary_key=True),
    Column("embedder", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    Column("features", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)


class _Row(NamedTuple):
    vector: bytes
    features: bytes


class CachedEmbedder:
    """An embedder with a memory. Questions are not kept: they are short, and seldom the same."""

    def __init__(self, embedder: Embedder, cache: "VectorCache") -> None:
        self._embedder = embedder
        self._cache = cache

    @property
    def name(self) -> str:
        return self._embedder.name

    def encode(self, texts: Sequence[str]) -> Encoding:
        if not texts:
            return self._embedder.encode(texts)
        keys = [_key(text) for text in texts]
        rows = self._cache.look_up(self.name, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
        if missing:
            fresh = dict(zip(missing, _rows(self._embedder.encode(list(missing.values()))), strict=True))
            self._cache.keep(self.name, fresh)
            rows |= fresh
        return _encoding([rows[key] for key in keys])

    def encode_query(self, text: str) -> Vectors:
        return self._embedder.encode_query(text)


class VectorCache:
    """Vectors by the hash of their text and by what embedded it, as 16-bit floats: a fresh one is rounded alike.

    A cache that cannot be read or written is no error: what it does not have is embedded, and a broken file is moved
    aside.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def look_up(self, embedder: str, keys: Sequence[bytes]) -> dict[bytes, _Row]:
        """Those of the keys that are there, with what is kept of them."""
        return self._safely(lambda: self._look_up(embedder, keys)) or {}

    def keep(self, embedder: str, rows: dict[bytes, _Row]) -> None:
        """Keep these for later, if that can be done."""
        self._safely(lambda: self._keep(embedder, rows))

    def count(self) -> int:
        """Vectors that are kept."""
        if not self._file.exists():
            return 0
        return self._safely(self._count) or 0

    def empty(self) -> None:
        """Leave nothing of it: by what a text is known is a hash of it, and nobody knows the texts that have changed.

        Raises OperationalError where that fails, StoreBusy where another process is reading.
        """
        self._broken.unlink(missing_ok=True)
        if not self._file.exists():
            return
        try:
            self._delete()
        except OperationalError:
            raise
        except DatabaseError:  # who knows what a broken file holds
            self._move_aside()
            self._broken.unlink(missing_ok=True)

    def _count(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(_vectors)) or 0

    def _delete(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(_vectors))
        with self._engine.connect() as connection:  # or the write-ahead log would still hold them
            busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
        if busy:
            raise StoreBusy("Another process is reading the cache of vectors. Close it, and do the same again.")

    def close(self) -> None:
        """Let go of the file."""
        if (engine := self.__dict__.pop("_engine", None)) is not None:
            engine.dispose()

    def _safely(self, step: Callable[[], T]) -> T | None:
        """Do it; without the cache where that cannot be used now, and with a new one where it is broken."""
        try:
            return step()
        except OperationalError:  # locked for long, the disk is full, the folder cannot be written
            return None
        except DatabaseError:
            self._move_aside()
        with suppress(DatabaseError):
            return step()
        return None

    @property
    def _broken(self) -> Path:
        return self._file.with_name(self._file.name + ".broken")

    def _move_aside(self) -> None:
        self.close()
        with suppress(OSError):
            self._file.replace(self._broken)
            for ending in ("-wal", "-shm"):
                self._file.with_name(self._file.name + ending).unlink(missing_ok=True)

    @cached_property
    def _engine(self) -> Engine:
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{self._file}")

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _record: object) -> None:
            cursor = connection.cursor()
            # What is forgotten is overwritten, not only marked as free.
            for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        with engine.begin() as connection:  # two processes may both find that it is not there
            connection.execute(CreateTable(_vectors, if_not_exists=True))
        return engine

    def _look_up(self, embedder: str, keys: Iterable[bytes]) -> dict[bytes, _Row]:
        found: dict[bytes, _Row] = {}
        with self._engine.connect() as connection:
            for batch in in_batches(keys):
                query = select(_vectors.c.text, _vectors.c.vector, _vectors.c.features).where(
                    _vectors.c.embedder == embedder, _vectors.c.text.in_(batch)
                )
                found |= {row.text: _Row(row.vector, row.features) for row in connection.execute(query)}
        return found

    def _keep(self, embedder: str, rows: dict[bytes, _Row]) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                insert(_vectors).on_conflict_do_nothing(),
                [{"text": key, "embedder": embedder, **row._asdict()} for key, row in rows.items()],
            )


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _rows(encoding: Encoding) -> list[_Row]:
    vectors = [row.tobytes() for row in encoding.vectors.astype(np.float16)]
    if encoding.features is encoding.vectors:
        return [_Row(vector, b"") for vector in vectors]
    return [_Row(v, f.tobytes()) for v, f in zip(vectors, encoding.features.astype(np.float16), strict=True)]


def _encoding(rows: Sequence[_Row]) -> Encoding:
    vectors = _floats([row.vector for row in rows])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Encoding(vectors, _floats([row.features for row in rows]) if rows[0].features else vectors)


def _floats(stored: Sequence[bytes]) -> Vectors:
    return np.frombuffer(b"".join(stored), dtype=np.float16).reshape(len(stored), -1).astype(np.float32)
