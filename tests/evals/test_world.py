"""The little community that a case plays in."""

from datetime import timedelta
from typing import Any

import pytest

from assistant.desk import PHRASEBOOK, Desk
from assistant.errors import BadPlan, NotFound, Refused
from evals import world
from evals.cases import Case, CasePost
from tests import making

INCIDENT = "harbour-blend-valves"


def case(**changes: Any) -> Case:
    return Case(**{"id": "c", "kind": "reply", "language": "en", **changes})


def desk(of: Case) -> Desk:
    return world.make_desk(of, making.understanding(), PHRASEBOOK)


def test_posts_lie_so_many_days_back_and_are_indexed() -> None:
    made = desk(case(posts=[CasePost(id="a", text="The bag leaks", author="kim", days_ago=3, rating=2)]))
    (post,) = made.messages.posts(made.profile.id)
    assert post.message.at == world.NOW - timedelta(days=3)
    assert (post.message.author, post.message.rating, post.visibility) == ("kim", 2, "public")
    assert made.index.count(made.profile.id) == 1


def test_an_answer_lies_in_the_thread_of_what_it_answers() -> None:
    posts = [CasePost(id="a", text="Why?"), CasePost(id="b", text="Because.", reply_to="a", days_ago=0)]
    made = desk(case(posts=posts))
    assert {post.message.thread for post in made.messages.posts(made.profile.id)} == {"a"}


def test_a_private_post_lies_in_a_private_channel() -> None:
    made = desk(case(posts=[CasePost(id="a", text="Between us", visibility="private")]))
    (post,) = made.messages.posts(made.profile.id)
    assert post.visibility == "private"


def test_a_post_of_the_sample_comes_alone_with_its_authors_name() -> None:
    answered = next(message for message in world._sample().values() if message.reply_to)
    made = desk(case(posts=[answered.id]))
    (post,) = made.messages.posts(made.profile.id)
    assert (post.message.text, post.message.reply_to, post.message.thread) == (answered.text, None, answered.id)
    assert post.author_name != post.message.author


def test_a_post_that_the_sample_does_not_have_is_refused() -> None:
    with pytest.raises(BadPlan, match="no post “m99999”"):
        desk(case(posts=["m99999"]))


def test_the_clock_stands_still() -> None:
    made = desk(case())
    assert made.now == world.NOW
    assert world.NOW.date() == world.TODAY


def test_a_known_incident_comes_noticed_and_with_a_confirmed_sheet() -> None:
    made = desk(case(kind="apology", posts=[CasePost(id="a", text="It leaks")], incident=INCIDENT))
    (noticed,) = made.store.opportunities(made.profile.id)
    assert (noticed.incident, noticed.posts) == (INCIDENT, ("a",))
    assert made.sheet(INCIDENT).confirmed_by == "Mira"


def test_an_unknown_incident_comes_without_a_sheet() -> None:
    made = desk(case(kind="apology", posts=[CasePost(id="a", text="It leaks")], incident="fire"))
    assert made.sheet("fire").confirmed_by is None
    assert not made.sheet("fire").sheet.what_happened


def test_a_reply_is_planned_to_the_post_that_the_case_names() -> None:
    of = case(posts=[CasePost(id="a", text="It leaks"), CasePost(id="b", text="It is late")], answer="b")
    assert world.make_plan(of, desk(of), seed=1).subject == "post:b"


def test_an_apology_is_planned_for_the_incident_that_the_case_names() -> None:
    of = case(kind="apology", incident=INCIDENT)
    assert world.make_plan(of, desk(of), seed=1).subject == f"incident:{INCIDENT}"


def test_a_reply_in_an_incident_is_planned_as_a_reply_with_its_facts() -> None:
    of = case(posts=[CasePost(id="a", text="It leaks")], answer="a", incident=INCIDENT, situation="criticism")
    plan = world.make_plan(of, desk(of), seed=1)
    assert (plan.kind, plan.incident) == ("reply", INCIDENT)


def test_a_poll_about_a_decision_asks_what_the_profile_asks() -> None:
    of = case(kind="poll", decision="bag-size")
    assert world.make_plan(of, desk(of), seed=1).subject == "decision:bag-size"


def test_a_challenge_takes_the_format_that_the_case_names() -> None:
    texts = ["We love the foam on a flat white", "Milk foam takes practice in the morning"]
    posts = [CasePost(id=str(n), text=text, author=f"a{n}") for n, text in enumerate(texts)]
    of = case(kind="challenge", topic="foam", format="seven_days", posts=posts)
    assert world.make_plan(of, desk(of), seed=1).situation == "seven_days"


def test_nothing_to_ground_on_is_refused() -> None:
    of = case(kind="challenge", topic="foam")
    with pytest.raises(Refused):
        world.make_plan(of, desk(of), seed=1)


def test_an_answer_that_is_not_among_the_posts_is_not_found() -> None:
    of = case(posts=[CasePost(id="a", text="It leaks")], answer="z")
    with pytest.raises(NotFound):
        world.make_plan(of, desk(of), seed=1)


def test_two_desks_share_nothing() -> None:
    one, other = desk(case(posts=[CasePost(id="a", text="It leaks")])), desk(case())
    assert other.messages.posts(other.profile.id) == []
    assert one.store is not other.store
