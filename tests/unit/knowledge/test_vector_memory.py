"""Vectors that were read before: kept as long as they are right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.adapters import vector_memory
from knowledge.adapters.vector_memory import VectorMemory


def rows(*numbers: int) -> "np.typing.NDArray[np.float32]":
    return np.eye(8, dtype=np.float32)[list(numbers)]


def filled(*numbers: int) -> VectorMemory:
    memory = VectorMemory()
    assert memory.put([f"m{n}" for n in numbers], rows(*numbers), memory.changes)
    return memory


def test_an_empty_memory_lacks_everything_and_finds_nothing() -> None:
    memory = VectorMemory()
    assert sorted(memory.missing(["a", "b", "a"])) == ["a", "b"]
    assert memory.vectors(["a"]) == {}
    assert memory.nearest(["a"], rows(0)[0], 5) == []
    memory.drop(["a"])


def test_what_was_put_is_there_and_the_nearest_comes_first() -> None:
    memory = filled(0, 1, 2)
    memory.put(["m3"], rows(3), memory.changes)
    assert memory.missing(["m0", "m3", "m4"]) == ["m4"]
    assert np.array_equal(memory.vectors(["m3", "unknown"])["m3"], rows(3)[0])
    question = 0.8 * rows(2)[0] + 0.6 * rows(1)[0]
    found = memory.nearest(["m2", "m1", "m0", "m2", "unknown"], question, 2)
    assert [(near.id, round(near.cosine, 6)) for near in found] == [("m2", 0.8), ("m1", 0.6)]
    assert np.array_equal(found[0].vector, rows(2)[0])


def test_what_is_dropped_is_gone_and_overwritten() -> None:
    memory = filled(0, 1)
    memory.drop(["m0", "unknown"])
    assert memory.missing(["m0", "m1"]) == ["m0"]
    assert not memory._matrix[0].any()


def test_what_was_read_before_a_change_is_not_kept() -> None:
    memory = filled(0)
    before = memory.changes
    memory.drop(["m0"])
    assert not memory.put(["m0"], rows(1), before)
    assert memory.missing(["m0"]) == ["m0"]


def test_a_full_memory_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_memory, "MOST", 3)
    memory = filled(0, 1)
    assert not memory.put(["m2", "m3"], rows(2, 3), memory.changes)
    assert len(memory.missing(["m0", "m1"])) == 2
    assert memory.put(["m2", "m3"], rows(2, 3), memory.changes)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 7)), max_size=30))
def test_it_knows_what_was_put_last_and_not_dropped_since(steps: list[tuple[bool, int]]) -> None:
    memory, known = VectorMemory(), dict[str, int]()
    for number, (put, which) in enumerate(steps):
        if put:
            memory.put([f"m{which}"], rows(number % 8), memory.changes)
            known[f"m{which}"] = number % 8
        else:
            memory.drop([f"m{which}"])
            known.pop(f"m{which}", None)
    found = memory.vectors([f"m{n}" for n in range(8)])
    assert {id_: int(vector.argmax()) for id_, vector in found.items()} == known
