from datetime import timedelta

import pytest

from assistant.noticing.criticism import detect
from knowledge.languages import FIRST_CLASS
from tests import making
from tests.making import NOW, post, view

WRITTEN = NOW - timedelta(hours=1)


@pytest.mark.parametrize("language", [*FIRST_CLASS, "de"])
def test_a_complaint_is_noticed_in_its_language(language: str) -> None:
    (found,) = detect(view(post("m1", language=language)))
    assert (found.id, found.language, found.kind, found.situation) == ("criticism:m1", language, "reply", "criticism")


def test_a_complaint_is_due_within_the_target_for_criticism_and_says_how_sure_it_is() -> None:
    (found,) = detect(view(post("m1", intent_p=0.87)))
    assert found.due == WRITTEN + timedelta(hours=24)
    assert found.why == "A complaint (87% sure) that nobody of the team has answered; the target is 24 hours."


def test_a_bad_rating_has_a_target_of_its_own() -> None:
    (found,) = detect(view(post("m1", rating=1.5)))
    assert found.due == WRITTEN + timedelta(hours=168)
    assert found.why == "A rating of 1.5 that nobody of the team has answered; the target is 168 hours."


def test_the_targets_are_those_of_the_profile() -> None:
    (found,) = detect(view(post("m1"), profile=making.profile(response_targets={"criticism": 2})))
    assert found.due == WRITTEN + timedelta(hours=2)


def test_an_answered_complaint_is_not_noticed() -> None:
    assert list(detect(view(post("m1"), post("m2", author="maja", thread="m1", at=NOW)))) == []


def test_praise_is_no_criticism() -> None:
    assert list(detect(view(post("m1", intent="praise", sentiment="positive")))) == []
