from datetime import timedelta

import pytest

from assistant.noticing.praise import detect
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Sentiment
from tests.making import NOW, post, view


def praise(rating: float | None = None, sentiment: Sentiment = "positive", language: str = "en") -> list[str]:
    looked = view(post("m1", "Lovely.", intent="praise", sentiment=sentiment, rating=rating, language=language))
    return [found.id for found in detect(looked)]


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_unthanked_praise_is_noticed(language: str) -> None:
    assert praise(language=language) == ["praise:m1"]


def test_praise_is_due_within_its_target() -> None:
    (found,) = detect(view(post("m1", intent="praise", sentiment="positive", intent_p=0.9)))
    assert found.due == NOW - timedelta(hours=1) + timedelta(hours=96)
    assert "Praise (90% sure)" in found.why


@pytest.mark.parametrize(("rating", "noticed"), [(None, True), (5, True), (4, True), (3.5, False), (1, False)])
def test_praise_with_a_poor_rating_is_none(rating: float | None, noticed: bool) -> None:
    assert bool(praise(rating=rating)) is noticed


@pytest.mark.parametrize(("sentiment", "noticed"), [("neutral", True), ("unsure", True), ("negative", False)])
def test_bitter_praise_is_none(sentiment: Sentiment, noticed: bool) -> None:
    assert bool(praise(sentiment=sentiment)) is noticed


def test_thanked_praise_is_not_noticed() -> None:
    thanked = view(post("m1", intent="praise", sentiment="positive"), post("m2", author="maja", thread="m1", at=NOW))
    assert list(detect(thanked)) == []
