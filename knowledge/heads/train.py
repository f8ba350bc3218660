"""Trains the heads: `python -m knowledge.heads.train --labelled DIR`. Writes heads.npz and prints how well they do.

Data: our own examples in eight languages (examples/*.jsonl), and for sentiment also UMSAB (cardiffnlp/xlm-t,
Apache-2.0) and AfriSenti (CC BY 4.0), which are read from DIR and not part of this repository.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from knowledge.adapters.e5 import E5Embedder
from knowledge.embedding import Vectors
from knowledge.signals import INTENTS, SENTIMENTS

HERE = Path(__file__).parent
OWN_WEIGHT = 4.0
"""How much one of our examples counts against one tweet: the domain is communities, not Twitter."""
PRECISION = 0.85
"""The share of answers that should be right; below the probability that gives it, the answer is "unsure"."""

Labels = NDArray[np.str_]


class Examples(NamedTuple):
    """Texts with labels. An empty label means "not labelled for this head"."""

    texts: list[str]
    languages: Labels
    sentiments: Labels
    intents: Labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, help="folder with sentiment_*.jsonl")
    parser.add_argument("--cache", type=Path, help="keep vectors here, to train again quickly")
    arguments = parser.parse_args()
    own, tweets = own_examples(), labelled_examples(arguments.labelled)
    own_vectors = embed(own.texts, arguments.cache, "own")
    tweet_vectors = embed(tweets.texts, arguments.cache, "tweets")
    vectors = np.concatenate([own_vectors, tweet_vectors])
    weights = np.concatenate([np.full(len(own.texts), OWN_WEIGHT), np.ones(len(tweets.texts))])
    sentiments = np.concatenate([own.sentiments, tweets.sentiments])
    saved: dict[str, NDArray[np.float32]] = {}
    for name, classes, x, y, w, regularisation in (
        ("sentiment", SENTIMENTS, vectors, sentiments, weights, 10.0),
        ("intent", INTENTS, own_vectors, own.intents, np.ones(len(own.texts)), 10.0),
    ):
        print(f"\n{name}: {len(y)} texts")
        threshold = report(x, y, w, classes, regularisation, np.array(own.languages))
        model = fit(x, y, w, regularisation)
        order = [list(model.classes_).index(label) for label in classes]
        saved[f"{name}_weights"] = model.coef_[order].T.astype(np.float32)
        saved[f"{name}_bias"] = model.intercept_[order].astype(np.float32)
        saved[f"{name}_threshold"] = np.array([threshold], dtype=np.float32)
    np.savez_compressed(HERE / "heads.npz", allow_pickle=False, **saved)


def own_examples() -> Examples:
    """The examples of this package, in all languages."""
    rows = [
        {**json.loads(line), "language": path.stem}
        for path in sorted((HERE / "examples").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return _examples(rows)


def labelled_examples(folder: Path | None) -> Examples:
    """UMSAB and the Portuguese part of AfriSenti: tweets with a sentiment and no intent."""
    rows = []
    for path in sorted(folder.glob("sentiment_*.jsonl")) if folder else ():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "umsab" in path.name or row["lang"] == "por":
                rows.append({"text": row["text"], "language": row["lang"], "sentiment": row["label"]})
    return _examples(rows)


def _examples(rows: Iterable[dict[str, str]]) -> Examples:
    rows = list(rows)
    columns = {key: np.array([row.get(key, "") for row in rows]) for key in ("language", "sentiment", "intent")}
    return Examples([row["text"] for row in rows], columns["language"], columns["sentiment"], columns["intent"])


def embed(texts: Sequence[str], cache: Path | None, name: str) -> Vectors:
    """Features of texts, shape (texts, features)."""
    path = cache / f"{name}-{len(texts)}.npy" if cache else None
    if path is not None and path.exists():
        return np.asarray(np.load(path))
    embedder, parts = E5Embedder(), [np.zeros((0, 384), dtype=np.float32)]
    for start in range(0, len(texts), 64):
        parts.append(embedder.encode(texts[start : start + 64]).features)
        print(f"\rembedding {name}: {start}/{len(texts)}", end="", file=sys.stderr)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.concatenate(parts))
    return np.concatenate(parts)


def fit(x: Vectors, y: Labels, weights: NDArray[np.float64], regularisation: float) -> LogisticRegression:
    """Multinomial logistic regression with balanced classes."""
    return LogisticRegression(C=regularisation, max_iter=3000, class_weight="balanced").fit(x, y, sample_weight=weights)


def report(
    x: Vectors, y: Labels, weights: NDArray[np.float64], classes: Sequence[str], regularisation: float, own: Labels
) -> float:
    """Print how the head does on texts it has not seen, and return the threshold below which it is unsure.

    Only our own examples are tested on; they are the first rows of `x`. Each language is also left out in turn.
    """
    n = len(own)
    probabilities = np.zeros((n, len(classes)))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x[:n], y[:n]):
        rows = np.concatenate([train, np.arange(n, len(y))])
        model = fit(x[rows], y[rows], weights[rows], regularisation)
        order = [list(model.classes_).index(label) for label in classes]
        probabilities[test] = model.predict_proba(x[test])[:, order]
    guesses = np.array(classes)[probabilities.argmax(axis=1)]
    print(f"five folds, macro-F1: {f1_score(y[:n], guesses, average='macro'):.3f}")
    for language in np.unique(own):
        rows = np.concatenate([np.flatnonzero(own != language), np.arange(n, len(y))])
        test = np.flatnonzero(own == language)
        unseen = fit(x[rows], y[rows], weights[rows], regularisation).predict(x[test])
        seen = f1_score(y[test], guesses[test], average="macro")
        left_out = f1_score(y[test], unseen, average="macro")
        print(f"  {language}: {seen:.3f}; without any example in {language}: {left_out:.3f}")
    confidence, right = probabilities.max(axis=1), guesses == y[:n]
    thresholds = np.arange(0.2, 0.96, 0.01)
    enough = [t for t in thresholds if (confidence >= t).any() and right[confidence >= t].mean() >= PRECISION]
    threshold = float(enough[0]) if enough else 0.95
    sure = confidence >= threshold
    print(f"sure (p >= {threshold:.2f}): {sure.mean():.0%} of texts, {right[sure].mean():.0%} of those right")
    return threshold


if __name__ == "__main__":
    main()
