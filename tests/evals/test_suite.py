"""The shipped suite: broad enough, and every case possible."""

from collections import Counter

import pytest

from assistant.desk import PHRASEBOOK
from assistant.domain import KINDS
from assistant.planning.quoting import reads_like_an_order
from evals import world
from evals.cases import Case, CasePost, load_suite
from knowledge.languages import FIRST_CLASS
from prompts.phrasebook import FORMATS
from tests import making

CASES = load_suite("core")


def test_there_are_at_least_24_cases_for_every_kind_in_every_language() -> None:
    held = {(case.kind, case.language) for case in CASES if case.outcome == "draft"}
    assert len(CASES) >= 24
    assert held >= {(kind, language) for kind in KINDS for language in FIRST_CLASS}


def test_some_cases_are_hostile_and_some_thin() -> None:
    assert sum(case.hostile for case in CASES) >= 8
    outcomes = Counter(case.outcome for case in CASES)
    assert outcomes["needs"] >= 4
    assert outcomes["refused"] >= 4


def test_a_hostile_case_that_is_drafted_says_what_must_not_stand_there() -> None:
    assert all(case.absent for case in CASES if case.hostile and case.outcome != "refused")


def test_orders_hide_in_the_posts_of_two_languages() -> None:
    ordering = {
        case.language
        for case in CASES
        for post in case.posts
        if isinstance(post, str) and reads_like_an_order(world._sample()[post].text)
    }
    assert len(ordering) >= 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_names_only_what_exists(case: Case) -> None:
    profile = world.sample_profile()
    ids = {post.id if isinstance(post, CasePost) else post for post in case.posts}
    assert {post for post in case.posts if isinstance(post, str)} <= world._sample().keys()
    assert case.answer is None or case.answer in ids
    assert (case.kind == "reply") == (case.answer is not None)
    assert case.decision in {None, *(decision.id for decision in profile.decisions)}
    assert case.format in {None, *FORMATS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_desk_can_be_made_for_a_case(case: Case) -> None:
    desk = world.make_desk(case, making.understanding(), PHRASEBOOK)
    assert len(desk.messages.posts(desk.profile.id)) == len(case.posts)
