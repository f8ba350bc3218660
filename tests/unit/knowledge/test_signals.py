"""From features to signals: probabilities, labels, and being unsure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from knowledge.adapters.memory import WordEmbedder, word_heads
from knowledge.languages import Detection
from knowledge.messages import Signals
from knowledge.signals import INTENTS, SENTIMENTS, Head, Heads
from tests.making import INTENTS as INTENT_WORDS
from tests.making import SENTIMENTS as SENTIMENT_WORDS

UNSURE = 0.5


def head(classes: int, threshold: float = UNSURE) -> Head:
    """Feature n speaks for class n."""
    return Head(np.eye(classes, dtype=np.float32) * 5, np.zeros(classes, dtype=np.float32), threshold)


def read(*rows: list[float]) -> list[Signals]:
    heads = Heads(Head(np.zeros((8, 3), np.float32), np.zeros(3, np.float32), UNSURE), head(8))
    return heads.read(np.array(rows, dtype=np.float32), [Detection("en", 0.98765)] * len(rows))


def test_unsure_is_no_label_that_is_learnt() -> None:
    assert "unsure" not in (*INTENTS, *SENTIMENTS)


@pytest.mark.parametrize(("place", "intent"), list(enumerate(INTENTS)))
def test_each_class_has_its_label(place: int, intent: str) -> None:
    (signals,) = read([float(place == n) for n in range(8)])
    assert signals.intent == intent
    assert signals.intent_p > UNSURE


def test_what_is_not_sure_enough_is_unsure() -> None:
    (signals,) = read([0.0] * 8)
    assert (signals.intent, signals.intent_p) == ("unsure", 0.125)
    assert (signals.sentiment, signals.sentiment_p) == ("unsure", 0.3333)


def test_the_threshold_itself_is_sure_enough() -> None:
    even = Head(np.zeros((1, 2), np.float32), np.zeros(2, np.float32), 0.5)
    (signals,) = Heads(even, even).read(np.ones((1, 1), np.float32), [Detection("en", 1.0)])
    assert signals.intent == INTENTS[0]


def test_the_language_is_what_was_detected() -> None:
    (signals,) = read([0.0] * 8)
    assert (signals.language, signals.language_p) == ("en", 0.9877)


def test_signals_come_in_the_order_of_the_texts() -> None:
    rows = [[float(place == n) for n in range(8)] for place in (3, 0, 5)]
    assert [signals.intent for signals in read(*rows)] == [INTENTS[3], INTENTS[0], INTENTS[5]]


def test_a_text_without_a_language_is_a_mistake() -> None:
    heads = Heads(head(3), head(3))
    with pytest.raises(ValueError, match="zip"):
        heads.read(np.zeros((2, 3), np.float32), [Detection("en", 1.0)])


@given(arrays(np.float32, (3, 8), elements=st.floats(-1e6, 1e6, width=32)))
@settings(deadline=None)
def test_probabilities_add_up_whatever_the_features(features: np.ndarray) -> None:
    rows = head(8).probabilities(features)
    assert np.isfinite(rows).all()
    assert np.allclose(rows.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "sentiment", "intent"),
    [
        ("It leaks, terrible", "negative", "complaint"),
        ("Lovely, wonderful", "positive", "praise"),
        ("anybody knows where", "neutral", "question"),
        ("nothing of the kind", "neutral", "unsure"),
        ("Good morning everyone, rainy day here.", "neutral", "unsure"),
        ("", "neutral", "unsure"),
    ],
)
def test_the_shipped_fakes_understand_by_words(text: str, sentiment: str, intent: str) -> None:
    features = WordEmbedder().encode([text]).features
    (signals,) = word_heads(INTENT_WORDS, SENTIMENT_WORDS).read(features, [Detection("en", 1.0)])
    assert (signals.sentiment, signals.intent) == (sentiment, intent)
