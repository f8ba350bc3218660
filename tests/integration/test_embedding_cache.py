"""The memory of the embedder, in a real SQLite file."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.adapters.embedding_cache import CachedEmbedder, VectorCache
from knowledge.embedding import Encoding, Vectors

TEXTS = ["The bag leaks.", "The choir sings.", "", "سلام"]


class Counting:
    """Vectors drawn by chance from a text's hash; remembers what it was asked."""

    def __init__(self, name: str = "counting", features: int = 0) -> None:
        self.name = name
        self.asked: list[str] = []
        self._features = features

    def encode(self, texts: Sequence[str]) -> Encoding:
        self.asked += texts
        vectors = np.stack([self.encode_query(text) for text in texts])
        return Encoding(vectors, vectors[:, : self._features] * 3 if self._features else vectors)

    def encode_query(self, text: str) -> Vectors:
        vector = np.random.default_rng(list(text.encode())).normal(size=16).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "embeddings.db"


def remembering(inner: Counting, file: Path) -> CachedEmbedder:
    return CachedEmbedder(inner, VectorCache(file))


def test_a_text_is_embedded_once(file: Path) -> None:
    inner = Counting()
    for _ in range(2):
        remembering(inner, file).encode(TEXTS)
    assert inner.asked == TEXTS


def test_a_text_that_stands_there_twice_is_embedded_once(file: Path) -> None:
    inner = Counting()
    vectors = remembering(inner, file).encode(["a", "b", "a"]).vectors
    assert inner.asked == ["a", "b"]
    assert (vectors[0] == vectors[2]).all()


@pytest.mark.parametrize("features", [0, 5])
def test_what_is_kept_is_what_was_fresh_bit_for_bit(file: Path, features: int) -> None:
    fresh = remembering(Counting(features=features), file).encode(TEXTS)
    kept = remembering(Counting(features=features), file).encode(TEXTS[::-1])
    assert (fresh.vectors[::-1] == kept.vectors).all()
    assert (fresh.features[::-1] == kept.features).all()


def test_vectors_are_those_of_the_embedder_but_for_the_rounding(file: Path) -> None:
    exact, kept = Counting(features=5).encode(TEXTS), remembering(Counting(features=5), file).encode(TEXTS)
    assert np.allclose(exact.vectors, kept.vectors, atol=1e-3)
    assert np.allclose(exact.features, kept.features, atol=3e-3)
    assert np.allclose(np.linalg.norm(kept.vectors, axis=1), 1.0, atol=1e-6)


def test_features_that_are_the_vectors_stay_the_vectors(file: Path) -> None:
    for _ in range(2):
        encoding = remembering(Counting(), file).encode(TEXTS)
        assert encoding.features is encoding.vectors


def test_vectors_of_different_embedders_are_never_mixed(file: Path) -> None:
    remembering(Counting("one"), file).encode(TEXTS)
    other = Counting("two")
    remembering(other, file).encode(TEXTS)
    assert other.asked == TEXTS


def test_more_texts_than_one_statement_takes(file: Path) -> None:
    texts, inner = [f"text {n}" for n in range(1201)], Counting()
    first, second = (remembering(inner, file).encode(texts).vectors for _ in range(2))
    assert len(inner.asked) == 1201
    assert (first == second).all()


def test_what_was_kept_is_gone_from_the_file_whatever_embedded_it(file: Path) -> None:
    embedders = [remembering(Counting(name), file) for name in ("one", "two")]
    for embedder in embedders:
        embedder.encode(TEXTS)
    kept = Counting().encode(["The bag leaks."]).vectors.astype(np.float16).tobytes()
    VectorCache(file).empty()
    everything = b"".join(path.read_bytes() for path in file.parent.iterdir())
    assert kept not in everything
    assert VectorCache(file).count() == 0


def test_emptying_makes_no_file(file: Path) -> None:
    VectorCache(file).empty()
    assert not file.exists()


@pytest.mark.parametrize(
    "content", [b"this is no database, however long it may be" * 200, b"SQLite format 3\0" + b"x" * 9000]
)
def test_a_broken_file_is_moved_aside_and_made_anew(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    for _ in range(2):
        inner = Counting()
        assert remembering(inner, file).encode(TEXTS).vectors.shape == (4, 16)
    assert inner.asked == []
    assert file.with_name("embeddings.db.broken").read_bytes() == content


def test_of_a_broken_file_nothing_is_left_once_it_is_emptied(file: Path) -> None:
    file.parent.mkdir()
    for left in (file, file.with_name("embeddings.db.broken")):
        left.write_bytes(b"this is no database" * 500)
    VectorCache(file).empty()
    assert list(file.parent.iterdir()) == []


def test_without_a_place_for_the_file_everything_is_embedded(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    inner = Counting()
    assert remembering(inner, tmp_path / "cache" / "embeddings.db").encode(TEXTS).vectors.shape == (4, 16)
    assert inner.asked == TEXTS


def test_several_threads_may_ask_at_once(file: Path) -> None:
    embedder = remembering(Counting(), file)
    alone = Counting().encode(TEXTS).vectors
    with ThreadPoolExecutor(4) as threads:
        for encoding in threads.map(embedder.encode, [TEXTS] * 8):
            assert np.allclose(encoding.vectors, alone, atol=1e-3)


def test_questions_are_not_kept(file: Path) -> None:
    remembering(Counting(), file).encode_query("Where is my bag?")
    assert not file.exists()
