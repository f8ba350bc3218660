from datetime import timedelta

import pytest

from assistant.noticing.question import detect
from knowledge.languages import FIRST_CLASS
from knowledge.messages import Intent
from tests.making import NOW, post, view


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_a_question_nobody_answered_is_noticed(language: str) -> None:
    (found,) = detect(view(post("m1", "How?", intent="question", intent_p=0.8, language=language)))
    assert (found.id, found.due) == ("question:m1", NOW - timedelta(hours=1) + timedelta(hours=48))
    assert found.why == "A question (80% sure) that nobody has answered; the target is 48 hours."


@pytest.mark.parametrize("author", ["maja", "bo"])
def test_a_question_that_the_team_or_a_member_answered_is_not_noticed(author: str) -> None:
    answer = post("m2", "Like this.", intent="help", author=author, thread="m1", at=NOW)
    assert list(detect(view(post("m1", "How?", intent="question"), answer))) == []


@pytest.mark.parametrize("intent", ["complaint", "unsure", "help"])
def test_what_is_no_question_is_not_noticed(intent: Intent) -> None:
    assert list(detect(view(post("m1", intent=intent)))) == []
