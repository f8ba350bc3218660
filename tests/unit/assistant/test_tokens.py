import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.adapters.tokens import token_counter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache") / "tiktoken"


@pytest.fixture(scope="module")
def count(folder: Path) -> Callable[[str], int]:
    return token_counter(folder)


def test_the_ranks_are_unpacked_once_and_nothing_else_is_left(count: Callable[[str], int], folder: Path) -> None:
    assert count("Hello")
    (unpacked,) = folder.iterdir()
    assert unpacked.stat().st_size > 1_000_000
    before = unpacked.stat().st_mtime_ns
    assert token_counter(Path(os.path.relpath(folder)))("Hello") == count("Hello")
    assert unpacked.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("Hello", 1), ("Hello world", 2), ("Hello, world!", 4), ("a b c d", 4)]
)
def test_tokens_are_those_of_the_model_family(count: Callable[[str], int], text: str, tokens: int) -> None:
    assert count(text) == tokens


def test_a_special_token_in_a_post_is_text_like_any_other(count: Callable[[str], int]) -> None:
    assert count("<|endoftext|>") > 1


@given(st.text(max_size=60))
@settings(max_examples=50, deadline=None)
def test_no_text_has_more_tokens_than_bytes(count: Callable[[str], int], text: str) -> None:
    assert 0 <= count(text) <= len(text.encode())
    assert bool(count(text)) == bool(text)
