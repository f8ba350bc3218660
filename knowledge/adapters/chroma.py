"""The vector index in Chroma: embedded in this process, or a server. One collection per shelf."""

import json
import os
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import rmtree
from struct import Struct
from threading import Lock
from typing import Any, cast
from urllib.parse import urlsplit

import chromadb
import numpy as np
import regex
from chromadb.api.client import Client
from chromadb.config import Settings
from chromadb.errors import ChromaError
from filelock import FileLock, Timeout
from httpx import HTTPError

from knowledge.adapters.vector_memory import VectorMemory
from knowledge.embedding import Vectors
from knowledge.errors import StoreBusy, StoreUnreachable
from knowledge.ports import Near, key_of

_PAGE = 5000
"""Chroma takes at most 5,461 rows a call."""
_HEADER = Struct("<i4Q")
"""Version, offset, places, places taken, and bytes of a place."""
_LENGTH_BYTES = 4
_EXACT = 600
"""Ids up to which a server's vectors are read and compared, which is faster than its own search among given ids (at
100,000 vectors: 20 ms against 100)."""


class ChromaStore:
    """A Chroma client, embedded or of a server, that several indexes share.

    Nothing is opened before it is needed: much of what a person does touches no vector.
    """

    def __init__(self, *, path: Path | None = None, url: str | None = None) -> None:
        self._path = path
        self._url = url
        self._held: FileLock | None = None
        self._opening = Lock()
        self._opened: Client | None = None
        # Of a store that is this process's alone: what was opened and read of it holds.
        self._collections: dict[str, chromadb.Collection] = {}
        self._memories: defaultdict[str, VectorMemory] = defaultdict(VectorMemory)

    def collection(self, name: str, metadata: Mapping[str, Any] | None) -> chromadb.Collection:
        """The collection of that name, made if there is none."""
        client = self.client
        if (known := self._collections.get(name)) is not None:
            return known
        collection = client.get_or_create_collection(
            name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            metadata=dict(metadata or {}),
        )
        if self._url is None:
            self._collections[name] = collection
        return collection

    def memory(self, collection: str) -> VectorMemory | None:
        """What was read of this collection before. None for a server's, which others write as well."""
        return None if self._url else self._memories[collection]

    def delete(self, collection: str) -> None:
        """Remove it, and what was read of it."""
        self.client.delete_collection(collection)
        self._collections.pop(collection, None)
        self._memories.pop(collection, None)

    def close(self) -> None:
        """Let another process have the embedded store."""
        self._shut()
        if self._held is not None:
            self._held.release()
            self._held = None

    def _shut(self) -> None:
        if self._opened is not None:
            self._opened.close()  # or Chroma keeps the store open in this process, and never sees what others write
            self._opened = None
            for header in self._path.glob("*/header.bin") if self._path else ():
                _blank_unused(header.parent)
        self._collections.clear()
        self._memories.clear()

    def clean(self) -> None:
        """Leave nothing of deleted vectors in the files of the embedded store.

        Chroma keeps them in free pages of its database, and the folders of dropped collections until it is pleased to
        remove them (seen in 1.5.9).
        """
        if self._path is None or self._held is None:
            return
        with self._opening:
            self._shut()
            with closing(sqlite3.connect(self._path / "chroma.sqlite3")) as database:
                database.execute("VACUUM")
                used = {str(id_) for (id_,) in database.execute("SELECT id FROM segments")}
            for folder in self._path.iterdir():
                if folder.is_dir() and folder.name not in used:
                    rmtree(folder)
            self._opened = _embedded(self._path)

    @property
    def client(self) -> Client:
        with self._opening:
            if self._opened is None:
                self._opened = _connect(self._url) if self._url else self._open(self._path or Path("chroma"))
            return self._opened

    def _open(self, path: Path) -> Client:
        path.mkdir(parents=True, exist_ok=True)
        # Held still where the store was to be opened again and was not. Any thread may close the store.
        lock = self._held or FileLock(path.with_name(path.name + ".lock"), thread_local=False)
        holder = path.with_name(path.name + ".holder.json")
        try:
            if not lock.is_locked:
                lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreBusy(
                f"The vector store in {path} is held by {_describe(holder)}. Two ways out: close that process, or run "
                f"a Chroma server (chroma run --path {path}) and set HEARTHSIDE_CHROMA_URL for every process."
            ) from error
        try:
            # Not what the command was about: it may name a member.
            holder.write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv[:2])}), encoding="utf-8")
            client = _embedded(path)
        except (ChromaError, OSError, AttributeError) as error:  # AttributeError: Chroma keeps a client that failed
            lock.release()
            self._held = None
            raise StoreUnreachable(
                f"The vector store in {path} cannot be opened ({error}). Move that folder away and start again: "
                "it is made anew from the database."
            ) from error
        self._held = lock
        return client


class ChromaIndex:
    """`knowledge.ports.VectorIndex` in a Chroma store. Vectors of different embedders never share a collection."""

    def __init__(self, store: ChromaStore, embedder: str) -> None:
        self._store = store
        self._embedder = embedder

    @classmethod
    def embedded(cls, path: Path, embedder: str) -> "ChromaIndex":
        """The store in `path`, for this process alone: two processes writing one store corrupt it.

        Its methods raise StoreBusy, naming the process that holds it.
        """
        return cls(ChromaStore(path=path), embedder)

    @classmethod
    def server(cls, url: str, embedder: str) -> "ChromaIndex":
        """A Chroma server, such as http://127.0.0.1:8000. Its methods raise StoreUnreachable where none answers."""
        return cls(ChromaStore(url=url), embedder)

    def beside(self, embedder: str) -> "ChromaIndex":
        """The index of another embedder in the same store."""
        return ChromaIndex(self._store, embedder)

    def close(self) -> None:
        """Let another process have the embedded store."""
        self._store.close()

    def _collection(self, shelf: str) -> chromadb.Collection:
        return self._store.collection(f"{shelf}-messages-{key_of(self._embedder)}", {"embedder": self._embedder})

    def _collections(self, shelf: str) -> list[chromadb.Collection]:
        """Those of this shelf, of every embedder."""
        everything = self._store.client.list_collections()
        of_shelf = regex.compile(rf"{regex.escape(shelf)}-messages-[0-9a-f]{{8}}")
        return [collection for collection in everything if of_shelf.fullmatch(collection.name)]

    @property
    def embedder(self) -> str:
        return self._embedder

    def add(self, shelf: str, ids: Sequence[str], vectors: Vectors) -> None:
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, len(ids), _PAGE):
                page = slice(start, start + _PAGE)
                collection.upsert(ids=list(ids[page]), embeddings=vectors[page])
            self._unremember(collection, ids)

    def remove(self, shelf: str, ids: Sequence[str]) -> None:
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, len(ids), _PAGE):
                collection.delete(ids=list(ids[start : start + _PAGE]))
            self._unremember(collection, ids)

    def nearest(self, shelf: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> list[Near]:
        if count < 1 or (among is not None and not among):
            return []
        with _translated():
            collection = self._collection(shelf)
            if among is not None and (self._store.memory(collection.name) or len(among) <= _EXACT):
                return self._read(collection, among).nearest(among, vector, count)
            answer = collection.query(
                query_embeddings=np.atleast_2d(vector),
                n_results=count,
                ids=list(among) if among is not None else None,
                include=["distances", "embeddings"],
            )
        (ids,), (distances,), (vectors,) = answer["ids"], answer["distances"] or [[]], answer["embeddings"] or [[]]
        found = np.asarray(vectors, dtype=np.float32)
        return [Near(*hit) for hit in zip(ids, (1.0 - each for each in distances), found, strict=True)]

    def vectors(self, shelf: str, ids: Sequence[str]) -> dict[str, Vectors]:
        with _translated():
            return self._read(self._collection(shelf), ids).vectors(ids)

    def _read(self, collection: chromadb.Collection, ids: Iterable[str]) -> VectorMemory:
        """A memory with the vectors of those ids that the collection has: those read before are not read again."""
        memory = self._store.memory(collection.name)
        if memory is None or not _fill(memory, collection, ids):
            memory = VectorMemory()  # of this one answer alone
            _fill(memory, collection, ids)
        return memory

    def _unremember(self, collection: chromadb.Collection, ids: Iterable[str]) -> None:
        if memory := self._store.memory(collection.name):
            memory.drop(ids)

    def ids(self, shelf: str) -> set[str]:
        found: set[str] = set()
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, collection.count(), _PAGE):
                found |= set(collection.get(limit=_PAGE, offset=start, include=[])["ids"])
        return found

    def count(self, shelf: str) -> int:
        with _translated():
            return self._collection(shelf).count()

    def drop_others(self, shelf: str) -> None:
        with _translated():
            own = self._collection(shelf).name
            for collection in self._collections(shelf):
                if collection.name != own:
                    self._store.delete(collection.name)

    def forget(self, shelf: str, ids: Collection[str]) -> None:
        """As the port says, for an embedded store. A server keeps what was removed until it is vacuumed."""
        if not ids:
            return
        with _translated():
            for collection in self._collections(shelf):
                self._write_anew(collection, frozenset(ids))
            self._store.clean()

    def _write_anew(self, collection: chromadb.Collection, without: Collection[str]) -> None:
        """In a collection of its own, for Chroma does not take out of its files what is only deleted.

        Killed in between, vectors are missing; `knowledge.history.heal` has them made again.
        """
        kept: list[tuple[list[str], Vectors]] = []
        for start in range(0, collection.count(), _PAGE):
            found = collection.get(limit=_PAGE, offset=start, include=["embeddings"])
            rows = [row for row, id_ in enumerate(found["ids"]) if id_ not in without]
            if rows:
                vectors = np.asarray(found["embeddings"], dtype=np.float32)
                kept.append(([found["ids"][row] for row in rows], vectors[rows]))
        self._store.delete(collection.name)
        anew = self._store.collection(collection.name, collection.metadata)
        for ids, vectors in kept:
            anew.upsert(ids=ids, embeddings=vectors)


def _blank_unused(folder: Path) -> None:
    """Blank the places of a saved index that no vector has taken yet: it is saved with what memory held before.

    The files are hnswlib's, whose header counts the places.
    """
    _version, _offset, _places, taken, size = _HEADER.unpack_from((folder / "header.bin").read_bytes())
    for name, each in (("data_level0.bin", size), ("length.bin", _LENGTH_BYTES)):
        with (folder / name).open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(taken * each)
            file.write(bytes(max(0, end - taken * each)))


def _fill(memory: VectorMemory, collection: chromadb.Collection, ids: Iterable[str]) -> bool:
    """Read what the memory lacks. False where the index has changed in the meantime, or there is no more room."""
    before, missing = memory.changes, memory.missing(ids)
    for start in range(0, len(missing), _PAGE):
        found = collection.get(ids=missing[start : start + _PAGE], include=["embeddings"])
        if found["ids"] and not memory.put(found["ids"], np.asarray(found["embeddings"], dtype=np.float32), before):
            return False
    return True


def _settings() -> Settings:
    """Made anew for each client: Chroma writes into them where that client's data is."""
    return Settings(anonymized_telemetry=False)


def _embedded(path: Path) -> Client:
    return cast(Client, chromadb.PersistentClient(path=path, settings=_settings()))


def _connect(url: str) -> Client:
    parts = urlsplit(url)
    try:
        client = chromadb.HttpClient(
            host=parts.hostname or "",
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=_settings(),
        )
        return cast(Client, client)  # its declared type has no close()
    except (ChromaError, ValueError, OSError) as error:
        raise StoreUnreachable(
            f"No Chroma server answers at {url} ({error}). Start one with `chroma run`, or unset HEARTHSIDE_CHROMA_URL."
        ) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ChromaError, HTTPError, OSError, sqlite3.Error) as error:
        raise StoreUnreachable(f"The vector store does not answer: {error}") from error


def _describe(holder: Path) -> str:
    try:
        data = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {data['pid']} ({data['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
