"""The vector index in Chroma: embedded in this process, or a server. One collection per shelf."""

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from sqlite3 import connect
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

from knowledge.embedding import Vectors
from knowledge.errors import StoreBusy, StoreUnreachable

_PAGE = 5000
"""Chroma takes at most 5,461 rows a call."""
_OF_SHELF = regex.compile(r".+-messages-[0-9a-f]{8}")
_EXACT = 600
"""Ids up to which comparing each is faster than Chroma's filtered search (at 100,000 vectors: 20 ms against 100)."""


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

    def clean(self) -> None:
        """Leave nothing of deleted vectors in the files of the embedded store.

        Chroma keeps them in free pages of its database, and the folders of dropped collections until it is pleased to
        remove them (seen in 1.5.9).
        """
        if self._path is None or self._held is None:
            return
        with self._opening:
            self._shut()
            with closing(connect(self._path / "chroma.sqlite3")) as database:
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
        lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)  # any thread may close the store
        holder = path.with_name(path.name + ".holder.json")
        try:
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
        self._suffix = sha256(embedder.encode()).hexdigest()[:8]
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
        return self._made(f"{shelf}-messages-{self._suffix}", {"embedder": self._embedder})

    def _made(self, name: str, metadata: Mapping[str, Any] | None) -> chromadb.Collection:
        return self._store.client.get_or_create_collection(
            name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            metadata=dict(metadata or {}),
        )

    @property
    def embedder(self) -> str:
        return self._embedder

    def add(self, shelf: str, ids: Sequence[str], vectors: Vectors) -> None:
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, len(ids), _PAGE):
                page = slice(start, start + _PAGE)
                collection.upsert(ids=list(ids[page]), embeddings=vectors[page])

    def remove(self, shelf: str, ids: Sequence[str]) -> None:
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, len(ids), _PAGE):
                collection.delete(ids=list(ids[start : start + _PAGE]))

    def nearest(
        self, shelf: str, vector: Vectors, count: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        if count < 1 or (among is not None and not among):
            return []
        if among is not None and len(among) <= _EXACT:
            found = self.vectors(shelf, among)
            scored = sorted(((id_, float(v @ vector)) for id_, v in found.items()), key=lambda hit: (-hit[1], hit[0]))
            return scored[:count]
        with _translated():
            answer = self._collection(shelf).query(
                query_embeddings=np.atleast_2d(vector),
                n_results=count,
                ids=list(among) if among is not None else None,
                include=["distances"],
            )
        distances = answer["distances"] or [[]]
        return [(id_, 1.0 - distance) for id_, distance in zip(answer["ids"][0], distances[0], strict=True)]

    def vectors(self, shelf: str, ids: Sequence[str]) -> dict[str, Vectors]:
        distinct, result = list(dict.fromkeys(ids)), dict[str, Vectors]()
        with _translated():
            collection = self._collection(shelf)
            for start in range(0, len(distinct), _PAGE):
                found = collection.get(ids=distinct[start : start + _PAGE], include=["embeddings"])
                embeddings = found["embeddings"]
                if embeddings is not None:
                    result |= dict(zip(found["ids"], np.asarray(embeddings, dtype=np.float32), strict=True))
        return result

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

    def drop(self, shelf: str) -> None:
        with _translated():
            self._store.client.delete_collection(self._collection(shelf).name)

    def forget(self, shelf: str, ids: Collection[str]) -> None:
        """As the port says, for an embedded store. A server keeps what was removed until it is vacuumed."""
        if not ids:
            return
        with _translated():
            for collection in self._store.client.list_collections():
                if _OF_SHELF.fullmatch(collection.name) and collection.name.startswith(f"{shelf}-messages-"):
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
        self._store.client.delete_collection(collection.name)
        anew = self._made(collection.name, collection.metadata)
        for ids, vectors in kept:
            anew.upsert(ids=ids, embeddings=vectors)


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
    except (ChromaError, HTTPError, OSError) as error:
        raise StoreUnreachable(f"The vector store does not answer: {error}") from error


def _describe(holder: Path) -> str:
    try:
        data = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {data['pid']} ({data['command']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
