"""Which values the inputs of the encoder's matrix products take: measured once on many texts, shipped as e5_ranges.npz.

`python -m knowledge.adapters.e5_ranges --labelled DIR` measures them again, on the examples of the heads in eight
languages and on the texts in DIR. No text can be told from these numbers: two for each of 32,256 channels.
"""

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

from knowledge.adapters.e5 import PASSAGE, QUERY, WEIGHTS
from knowledge.adapters.e5_tokens import Tokenizer, write_tokenizer
from knowledge.adapters.e5_weights import Floats, Weights, read_weights

SHIPPED = Path(__file__).with_name("e5_ranges.npz")
_TEXTS = 1500


class Range(NamedTuple):
    """The least and the greatest value of each channel of one matrix product's input, shape (channels,) each."""

    low: Floats
    high: Floats


Ranges = dict[str, Range]
"""By the name of the matrix product, such as `3.inner`."""


def load_ranges() -> Ranges:
    """The ranges that are shipped."""
    with np.load(SHIPPED) as data:
        return {name: Range(*data[name].astype(np.float32)) for name in data.files}


def example_texts() -> dict[str, list[str]]:
    """The examples of the heads, by language."""
    folder = Path(__file__).parents[1] / "heads" / "examples"
    return {path.stem: list(_texts_in(path)) for path in sorted(folder.glob("*.jsonl"))}


def _texts_in(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from (row[key] for key in ("text", "question") if key in row)
        yield from row.get("candidate_answers", ())


def measure(weights: Weights, texts: Iterable[list[int]]) -> Ranges:
    """The least and the greatest value of each channel over texts, given as ids."""
    from knowledge.adapters.e5_graph import encoder  # whoever only loads the ranges need not load onnx

    session = onnxruntime.InferenceSession(encoder(weights).SerializeToString(), providers=["CPUExecutionProvider"])
    words = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()][1:]
    ranges: Ranges = {}
    for ids in texts:
        for name, value in zip(names, session.run(names, {words: weights.rows(np.array([ids]))}), strict=True):
            low, high = value.min(axis=(0, 1)), value.max(axis=(0, 1))
            known = ranges.get(name, Range(low, high))
            ranges[name] = Range(np.minimum(known.low, low), np.maximum(known.high, high))
    return ranges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, required=True, help="folder with *.jsonl that have a text")
    arguments = parser.parse_args()
    own = [text for texts in example_texts().values() for text in texts]
    others = [text for path in sorted(arguments.labelled.glob("*.jsonl")) for text in _texts_in(path)]
    chosen = [text for texts in (own, others) for text in random.Random(0).sample(texts, _TEXTS // 2)]  # noqa: S311
    weights = read_weights(WEIGHTS)
    model = Path("e5_tokens.model")
    write_tokenizer(weights.vocabulary, model)
    tokenizer = Tokenizer(weights.vocabulary, model)
    model.unlink()
    ids = [[*start[:255], start[-1]] for start in tokenizer.ids(chosen, PASSAGE)]
    ids += tokenizer.ids(own[:: len(own) // 200], QUERY)
    ranges = measure(weights, ids)
    saved = {name: np.stack(found).astype(np.float16) for name, found in ranges.items()}
    np.savez_compressed(SHIPPED, allow_pickle=False, **saved)


if __name__ == "__main__":
    main()
