from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from assistant.domain import Opportunity
from assistant.noticing.incident import detect, recognised
from knowledge.embedding import Vectors
from knowledge.messages import Intent, Post
from tests import making
from tests.making import NOW, post, view


def towards(axis: int, lean: float = 0.0) -> Vectors:
    """A unit vector along an axis, leaning towards the last one: their cosine is `lean`."""
    vector = np.zeros(8, dtype=np.float32)
    vector[axis] += np.sqrt(1 - lean**2)
    vector[7] += lean
    return vector


def complain(prefix: str, members: int, **changes: object) -> list[Post]:
    at = NOW - timedelta(hours=9)
    return [
        post(f"{prefix}{n}", "It leaks.", **{"author": f"{prefix}{n}", "at": at + timedelta(minutes=n), **changes})
        for n in range(members)
    ]


def incidents(*posts: Post, **axes: int) -> list[Opportunity]:
    """What is found when posts are alike that share the first letter of their ids; `axes` tell letters apart."""
    vectors = {p.message.id: towards(axes.get(p.message.id[0], 0)) for p in posts if p.message.id[0] != "x"}
    return list(detect(view(*posts, vectors=vectors)))


@pytest.mark.parametrize(("members", "noticed"), [(4, False), (5, True), (9, True)])
def test_it_takes_five_members_to_make_an_incident(members: int, noticed: bool) -> None:
    assert bool(incidents(*complain("a", members))) is noticed


def test_one_member_who_complains_often_is_no_incident() -> None:
    assert incidents(*complain("a", 12, author="anna")) == []


def test_an_incident_has_all_its_posts_in_order_of_time() -> None:
    (found,) = incidents(*reversed(complain("a", 6)))
    assert found.posts == ("a0", "a1", "a2", "a3", "a4", "a5")
    assert found.why == "6 similar posts by 6 members since 1 December."


def test_an_incident_is_named_by_its_first_post_and_due_with_it() -> None:
    (found,) = incidents(*complain("a", 6))
    assert (found.id, found.kind, found.language) == ("incident:a0", "apology", "en")
    assert found.due == NOW - timedelta(hours=9) + timedelta(hours=24)
    assert found.title == "6 members complain of the same: It leaks."


def test_an_incident_weighs_more_than_any_single_complaint() -> None:
    (found,) = incidents(*complain("a", 5))
    assert found.weight > 5


def test_complaints_in_several_languages_make_one_incident() -> None:
    posts = [each for n, code in enumerate(making.profile().languages) for each in complain(f"a{n}", 1, language=code)]
    (found,) = incidents(*posts)
    assert len(found.posts) == 8


def test_two_matters_are_two_incidents() -> None:
    found = incidents(*complain("a", 6), *complain("b", 5), b=1)
    assert [len(each.posts) for each in found] == [6, 5]


def test_complaints_about_different_things_are_no_incident() -> None:
    posts = [each for letter in "abcde" for each in complain(letter, 1)]
    assert incidents(*posts, a=0, b=1, c=2, d=3, e=4) == []


@pytest.mark.parametrize(("age", "noticed"), [(timedelta(days=10), True), (timedelta(days=10, minutes=10), False)])
def test_what_is_older_than_ten_days_is_no_incident_any_more(age: timedelta, noticed: bool) -> None:
    assert bool(incidents(*complain("a", 5, at=NOW - age))) is noticed


def test_private_channels_make_no_incident() -> None:
    assert incidents(*complain("a", 4), *complain("b", 4, visibility="private")) == []


def test_the_team_and_bots_make_no_incident() -> None:
    assert incidents(*complain("a", 4), *complain("b", 1, author="maja"), *complain("c", 1, author_is_bot=True)) == []


def test_posts_without_a_vector_are_passed_over() -> None:
    assert incidents(*complain("x", 9)) == []


@pytest.mark.parametrize(
    ("intent", "belongs"), [("question", True), ("unsure", True), ("praise", False), ("help", False)]
)
def test_who_asks_about_the_same_belongs_to_it_and_who_praises_or_helps_does_not(intent: Intent, belongs: bool) -> None:
    near = post("n", "Yours too?", author="n", intent=intent, sentiment="neutral", at=NOW)
    (found,) = incidents(*complain("a", 5), near)
    assert ("n" in found.posts) is belongs


@pytest.mark.parametrize(("cosine", "belongs"), [(0.4, True), (0.3, False)])
def test_only_what_is_near_belongs_to_it(cosine: float, belongs: bool) -> None:
    posts = complain("a", 5)
    question = post("n", "Yours too?", author="n", intent="question", at=NOW)
    vectors = {each.message.id: towards(7) for each in posts} | {"n": towards(0, cosine)}
    (found,) = detect(view(*posts, question, vectors=vectors))
    assert ("n" in found.posts) is belongs


def test_a_post_belongs_to_one_incident_at_most() -> None:
    one, two = complain("a", 6), complain("b", 5)
    between = post("n", "Yours too?", author="n", intent="question", at=NOW)
    vectors = {p.message.id: towards(0) for p in one} | {p.message.id: towards(7) for p in two}
    vectors["n"] = towards(0, 0.7)
    found = list(detect(view(*one, *two, between, vectors=vectors)))
    assert [("n" in each.posts) for each in found] == [True, False]


def noticed(*posts: str, incident: str | None = None, id_: str | None = None) -> Opportunity:
    (found,) = incidents(*complain("a", 5))
    return found.model_copy(update={"id": id_ or f"incident:{posts[0]}", "posts": posts, "incident": incident})


def told_apart(*found: Opportunity, before: Sequence[Opportunity]) -> list[tuple[str, str | None]]:
    return [(o.id, o.incident) for o in recognised(found, before)]


def test_an_incident_is_recognised_by_the_posts_it_shares_and_keeps_its_facts() -> None:
    before = [noticed("a", "b", "c", incident="leaks")]
    assert told_apart(noticed("b", "c", "d"), before=before) == [("incident:a", "leaks")]
    assert told_apart(noticed("a", "b"), before=before) == [("incident:a", "leaks")]


def test_an_incident_that_shares_no_post_is_another() -> None:
    assert told_apart(noticed("d", "e"), before=[noticed("a", "b")]) == [("incident:d", None)]


def test_of_an_incident_that_falls_apart_one_part_keeps_the_id() -> None:
    before = [noticed("a", "b", "c")]
    assert told_apart(noticed("c", "d"), noticed("a", "b"), before=before) == [
        ("incident:c", None),
        ("incident:a", None),
    ]
    assert told_apart(noticed("b"), noticed("c"), before=before) == [("incident:a", None), ("incident:c", None)]


def test_a_reply_to_one_of_its_posts_is_no_incident() -> None:
    reply = noticed("c", id_="criticism:c").model_copy(update={"kind": "reply"})
    assert told_apart(reply, before=[noticed("a", "c")]) == [("criticism:c", None)]
