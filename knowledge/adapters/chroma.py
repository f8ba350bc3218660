"""The vector index in Chroma: embedded in this process, or a server. One collection per community."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import cast
from urllib.parse import urlsplit

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.config import Settings
from chromadb.errors import ChromaError
from filelock import FileLock, Timeout
from httpx import HTTPError

from knowledge.embedding import Vectors
from knowledge.errors import StoreBusy, StoreUnreachable

_PAGE = 5000
"""Chroma takes at most 5,461 rows a call."""


class ChromaIndex:
    """`knowledge.ports.VectorIndex` over a Chroma client. Vectors of different embedders never share a collection.

    Nothing is opened before it is needed: much of what a person does touches no vector.
    """

    def __init__(self, embedder: str, *, path: Path | None = None, url: str | None = None) -> None:
        self._suffix = sha256(embedder.encode()).hexdigest()[:8]
        self._embedder = embedder
        self._path = path
        self._url = url
        self._held: FileLock | None = None
        self._opening = Lock()
        self._opened: Client | None = None

    @classmethod
    def embedded(cls, path: Path, embedder: str) -> "ChromaIndex":
        """The store in `path`, for this process alone: two processes writing one store corrupt it.

        Its methods raise StoreBusy, naming the process that holds it.
        """
        return cls(embedder, path=path)

    @classmethod
    def server(cls, url: str, embedder: str) -> "ChromaIndex":
        """A Chroma server, such as http://127.0.0.1:8000. Its methods raise StoreUnreachable where none answers."""
        return cls(embedder, url=url)

    def close(self) -> None:
        """Let another process have the embedded store."""
        if self._opened is not None:
            self._opened.close()  # or Chroma keeps the store open in this process, and never sees what others write
            self._opened = None
        if self._held is not None:
            self._held.release()
            self._held = None

    @property
    def _client(self) -> Client:
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
            holder.write_text(json.dumps({"pid": os.getpid(), "command": " ".join(sys.argv)}), encoding="utf-8")
            client = cast(Client, chromadb.PersistentClient(path=path, settings=_settings()))
        except (ChromaError, OSError, AttributeError) as error:  # AttributeError: Chroma keeps a client that failed
            lock.release()
            raise StoreUnreachable(
                f"The vector store in {path} cannot be opened ({error}). Move that folder away and start again: "
                "it is made anew from the database."
            ) from error
        self._held = lock
        return client

    def _collection(self, community: str) -> chromadb.Collection:
        return self._client.get_or_create_collection(
            f"{community}-messages-{self._suffix}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            metadata={"embedder": self._embedder},
        )

    def add(self, community: str, ids: Sequence[str], vectors: Vectors) -> None:
        with _translated():
            collection = self._collection(community)
            for start in range(0, len(ids), _PAGE):
                page = slice(start, start + _PAGE)
                collection.upsert(ids=list(ids[page]), embeddings=vectors[page])

    def nearest(self, community: str, vector: Vectors, count: int) -> list[tuple[str, float]]:
        if count < 1:
            return []
        with _translated():
            found = self._collection(community).query(
                query_embeddings=np.atleast_2d(vector), n_results=count, include=["distances"]
            )
        distances = found["distances"] or [[]]
        return [(id_, 1.0 - distance) for id_, distance in zip(found["ids"][0], distances[0], strict=True)]

    def vectors(self, community: str, ids: Sequence[str]) -> dict[str, Vectors]:
        distinct, result = list(dict.fromkeys(ids)), dict[str, Vectors]()
        with _translated():
            collection = self._collection(community)
            for start in range(0, len(distinct), _PAGE):
                found = collection.get(ids=distinct[start : start + _PAGE], include=["embeddings"])
                embeddings = found["embeddings"]
                if embeddings is not None:
                    result |= dict(zip(found["ids"], np.asarray(embeddings, dtype=np.float32), strict=True))
        return result

    def count(self, community: str) -> int:
        with _translated():
            return self._collection(community).count()

    def drop(self, community: str) -> None:
        with _translated():
            self._client.delete_collection(self._collection(community).name)


def _settings() -> Settings:
    """Made anew for each client: Chroma writes into them where that client's data is."""
    return Settings(anonymized_telemetry=False)


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
