from datetime import timedelta

import pytest

from assistant.noticing.wish import detect
from knowledge.languages import FIRST_CLASS
from tests.making import NOW, post, view


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_wish_that_the_team_has_not_reacted_to_is_noticed(language: str) -> None:
    (found,) = detect(view(post("m1", "I wish.", intent="wish", intent_p=0.75, language=language)))
    assert (found.id, found.due) == ("wish:m1", NOW - timedelta(hours=1) + timedelta(hours=168))
    assert "A wish (75% sure)" in found.why


def test_members_who_second_a_wish_are_no_answer_to_it() -> None:
    looked = view(post("m1", intent="wish"), post("m2", intent="other", author="bo", thread="m1", at=NOW))
    assert [found.id for found in detect(looked)] == ["wish:m1"]


def test_a_wish_that_the_team_took_up_is_not_noticed() -> None:
    looked = view(post("m1", intent="wish"), post("m2", author="maja", thread="m1", at=NOW))
    assert list(detect(looked)) == []
