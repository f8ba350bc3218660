from datetime import timedelta

import pytest

from assistant.noticing.view import is_criticism, reply_opportunity, unanswered
from knowledge.messages import Intent, Post, Sentiment
from tests import making
from tests.making import NOW, post, view


def later(id_: str, minutes: int = 5, **changes: object) -> Post:
    """A post in Anna's thread, some minutes after hers, by Bo."""
    at = NOW - timedelta(minutes=60 - minutes)
    return post(id_, "Same here.", **{"author": "bo", "thread": "m1", "at": at, **changes})


def test_the_team_and_bots_are_no_members() -> None:
    looked = view(post("m1"), post("m2", author="maja"), post("m3", author_is_bot=True))
    assert [each.message.id for each in looked.from_members] == ["m1"]


def test_thirty_days_are_recent_and_the_future_is_not() -> None:
    ages = {"old": timedelta(days=30, seconds=1), "edge": timedelta(days=30), "now": timedelta(0)}
    posts = [post(id_, at=NOW - age) for id_, age in ages.items()]
    looked = view(*posts, post("tomorrow", at=NOW + timedelta(days=1)))
    assert [each.message.id for each in looked.recent] == ["edge", "now"]


def test_a_post_nobody_reacted_to_is_unanswered() -> None:
    assert [each.message.id for each in unanswered(view(post("m1")))] == ["m1"]


def test_an_answer_of_the_team_answers_a_post() -> None:
    looked = view(post("m1"), later("m2", author="maja"))
    assert list(unanswered(looked)) == []


def test_an_answer_of_a_member_does_not_speak_for_the_team() -> None:
    looked = view(post("m1"), later("m2"))
    assert [each.message.id for each in unanswered(looked)] == ["m1", "m2"]


def test_an_answer_of_a_member_counts_where_anybodys_does() -> None:
    looked = view(post("m1"), later("m2"))
    assert [each.message.id for each in unanswered(looked, by_team=False)] == ["m2"]


def test_without_a_team_in_the_profile_anybodys_answer_counts() -> None:
    looked = view(post("m1"), later("m2"), profile=making.profile(team=[]))
    assert [each.message.id for each in unanswered(looked)] == ["m2"]


@pytest.mark.parametrize(
    "other",
    [
        later("m2", minutes=-5, author="maja"),
        later("m2", author="maja", thread="m2"),
        later("m2", author="maja", author_is_bot=True),
    ],
    ids=["before it", "in another thread", "by a bot"],
)
def test_what_is_no_answer(other: Post) -> None:
    assert "m1" in [each.message.id for each in unanswered(view(post("m1"), other))]


@pytest.mark.parametrize("ids", [("m1", "m2"), ("m2", "m1")])
def test_an_answer_with_the_same_time_answers_and_is_not_answered_by_its_question(ids: tuple[str, str]) -> None:
    question, answer = (post(id_, author=id_, thread=ids[0]) for id_ in ids)
    for posts in ((question, answer), (answer, question)):
        assert list(unanswered(view(*posts), by_team=False)) == [answer]


def test_of_two_replies_with_the_same_time_the_later_one_answers() -> None:
    looked = view(post("m1"), later("m2"), later("m3", author="cyd"))
    assert [each.message.id for each in unanswered(looked, by_team=False)] == ["m3"]


def test_nobody_answers_themselves() -> None:
    looked = view(post("m1"), later("m2", author="anna"))
    assert [each.message.id for each in unanswered(looked, by_team=False)] == ["m1", "m2"]


@pytest.mark.parametrize(
    ("rating", "intent", "sentiment", "expected"),
    [
        (1, "praise", "positive", True),
        (2, "other", "neutral", True),
        (3, "complaint", "neutral", True),
        (3.5, "complaint", "negative", True),
        (3, "unsure", "negative", False),
        (4, "complaint", "negative", False),
        (5, "complaint", "negative", False),
        (None, "complaint", "positive", True),
        (None, "unsure", "negative", True),
        (None, "unsure", "unsure", False),
        (None, "question", "negative", False),
    ],
)
def test_criticism_is_a_bad_rating_a_complaint_without_a_good_one_or_something_negative(
    rating: float | None, intent: Intent, sentiment: Sentiment, expected: bool
) -> None:
    assert is_criticism(post(rating=rating, intent=intent, sentiment=sentiment)) is expected


def test_an_answer_is_due_so_many_hours_after_the_post() -> None:
    found = reply_opportunity(view(), post("m1"), "praise", 96, "Praise.", weight=1)
    assert found.due == NOW - timedelta(hours=1) + timedelta(hours=96)


def test_an_opportunity_to_answer_names_post_author_and_language() -> None:
    found = reply_opportunity(view(), post("m7", "Bra\nkaffe", language="sv"), "praise", 1, "Praise.", weight=1)
    assert (found.id, found.subject, found.posts) == ("praise:m7", "post:m7", ("m7",))
    assert (found.title, found.language) == ("Anna: Bra kaffe", "sv")
