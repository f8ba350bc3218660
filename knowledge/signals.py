"""Sentiment and intent of a message from its features, by two small linear heads. No model call.

They are trained by `python -m knowledge.heads.train`; knowledge/heads/README.md says on what, and how well they do.
"""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Vectors
from knowledge.languages import Detection
from knowledge.messages import Intent, Sentiment, Signals

SENTIMENTS: tuple[Sentiment, ...] = tuple(s for s in get_args(Sentiment) if s != "unsure")
INTENTS: tuple[Intent, ...] = tuple(i for i in get_args(Intent) if i != "unsure")


class Head(NamedTuple):
    """Multinomial logistic regression. `weights` has shape (features, classes), `bias` (classes,).

    `threshold` is the probability below which the answer is "unsure".
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    threshold: float

    def probabilities(self, features: Vectors) -> NDArray[np.float32]:
        """Shape (texts, classes), each row summing to 1."""
        logits = features @ self.weights + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


class Heads(NamedTuple):
    sentiment: Head
    intent: Head

    def read(self, features: Vectors, languages: list[Detection]) -> list[Signals]:
        """The signals of each text, in order."""
        sentiments = self.sentiment.probabilities(features)
        intents = self.intent.probabilities(features)
        return [
            Signals(
                language=language.language,
                language_p=round(float(language.probability), 4),
                sentiment=_label(sentiment, SENTIMENTS, self.sentiment.threshold),
                sentiment_p=round(float(sentiment.max()), 4),
                intent=_label(intent, INTENTS, self.intent.threshold),
                intent_p=round(float(intent.max()), 4),
            )
            for language, sentiment, intent in zip(languages, sentiments, intents, strict=True)
        ]


def _label(row: NDArray[np.float32], labels: tuple[Any, ...], threshold: float) -> Any:
    best = int(row.argmax())
    return labels[best] if row[best] >= threshold else "unsure"


@cache
def load_heads() -> Heads:
    """The heads shipped with the package."""
    with (files("knowledge") / "heads" / "heads.npz").open("rb") as file:
        data = cast(dict[str, NDArray[np.float32]], dict(np.load(file)))
    return Heads(
        *(
            Head(data[f"{name}_weights"], data[f"{name}_bias"], float(data[f"{name}_threshold"][0]))
            for name in ("sentiment", "intent")
        )
    )
