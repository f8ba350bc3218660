"""Long texts are embedded in chunks and pooled; one text never moves another's vector."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.embedding import MAX_CHUNKS, Vectors, encode_pooled

CHUNK = 4


def split(text: str) -> list[str]:
    return [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]


def encode(texts: list[str]) -> Vectors:
    """One direction for each first letter."""
    rows = np.zeros((len(texts), 26), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[ord(text[0]) - ord("a") if text else 25] = 1.0
    return rows


def test_a_short_text_has_the_vector_of_its_only_chunk() -> None:
    assert np.array_equal(encode_pooled(["abc"], split, encode), encode(["a"]))


def test_a_long_text_has_the_mean_of_its_chunks() -> None:
    (vector,) = encode_pooled(["aaaabbbb"], split, encode)
    assert vector[:2] == pytest.approx([0.7071, 0.7071], abs=1e-4)


def test_a_text_without_chunks_is_its_own() -> None:
    assert encode_pooled([""], split, encode)[0][25] == 1.0


def test_all_chunks_are_encoded_in_one_call() -> None:
    calls: list[list[str]] = []

    def count(texts: list[str]) -> Vectors:
        calls.append(texts)
        return encode(texts)

    encode_pooled(["aaaabbbb", "cc", ""], split, count)
    assert calls == [["aaaa", "bbbb", "cc", ""]]


def test_what_stands_after_the_last_chunk_does_not_count() -> None:
    beginning = "a" * CHUNK * MAX_CHUNKS
    assert np.array_equal(encode_pooled([beginning + "b" * 40], split, encode), encode_pooled(["a"], split, encode))


@given(st.lists(st.text("abcdef", max_size=30), min_size=1, max_size=6))
@settings(deadline=None)
def test_a_text_has_one_vector_whatever_stands_beside_it(texts: list[str]) -> None:
    together = encode_pooled(texts, split, encode)
    alone = np.concatenate([encode_pooled([text], split, encode) for text in texts])
    assert np.allclose(together, alone)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0)
    assert together.dtype == np.float32
