"""The port for embeddings, and what every embedder needs done with long texts."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimensions), each row of length 1."""

MAX_TOKENS = 256
"""Longer texts are embedded in chunks: the encoder's time grows faster than its input (measured: 84 / 18.6 / 3.9 texts
a second at 16 / 64 / 256 tokens)."""
MAX_CHUNKS = 24
"""About twelve pages. What a single post says beyond that is stored and shown, but does not move its vector."""


class Encoding(NamedTuple):
    """`vectors` for search and `features` for the signal heads, one row for each text."""

    vectors: Vectors
    features: Vectors


class Embedder(Protocol):
    """Turns texts into vectors. The same text gives the same vector, whatever it is batched with."""

    @property
    def name(self) -> str:
        """Identifies model and version; vectors of different names cannot be compared."""
        ...

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Encode texts that are stored."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """Encode a question, as one vector of shape (dimensions,)."""
        ...


def encode_pooled(
    texts: Sequence[str], split: Callable[[str], list[str]], encode: Callable[[list[str]], Vectors]
) -> Vectors:
    """Encode each text as the normalised mean of its chunks' vectors.

    `split` cuts a text into chunks (at least one); `encode` embeds short texts. All chunks go through one call.
    """
    chunks = [(split(text) or [text])[:MAX_CHUNKS] for text in texts]
    vectors = encode([chunk for group in chunks for chunk in group])
    bounds = np.cumsum([0, *map(len, chunks)])
    pooled = np.stack([vectors[start:end].mean(axis=0) for start, end in pairwise(bounds)])
    return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)
