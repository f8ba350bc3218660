"""An apology says all that an effective apology says, and takes its facts from the fact sheet alone."""

from typing import Any

import pytest

from assistant.community import Sheet
from assistant.domain import VOCABULARY, Plan
from assistant.planning.apology import SheetFacts, plan_apology, sheet_facts
from assistant.planning.building import Fact, Ground
from assistant.planning.reply import contact
from tests.making import NOW, SHEET, post, profile
from tests.unit.assistant.planning.shape import assert_well_formed, said
from tests.unit.assistant.planted import LANGUAGES

FACTS = ("what_happened", "since", "cause", "affected", "remedy", "prevention")


def facts(language: str = "en", **changes: Any) -> SheetFacts:
    sheet = Sheet.model_validate({**SHEET, **changes})
    return sheet_facts(Ground(profile(), language, NOW), "leaks", sheet)


def planned(given: SheetFacts | None = None, *, language: str = "en", posts: int = 0, **changes: Any) -> Plan:
    ground = Ground(profile(**changes), language, NOW)
    complaints = [post(f"m{n}", author=f"member{n % 20}") for n in range(1, posts + 1)]
    return plan_apology(ground, given or facts(language), complaints, contact(ground))


def test_an_apology_has_every_element_in_the_order_of_the_vocabulary() -> None:
    plan = planned()
    assert_well_formed(plan)
    assert said(plan) == [rule.name for rule in VOCABULARY["apology"]]


def test_each_fact_comes_from_its_place_on_the_sheet() -> None:
    given = facts()
    for name in FACTS:
        fact: Fact = getattr(given, name)
        assert fact.evidence is not None
        assert fact.evidence.id == f"sheet:leaks.{name}"
        assert fact.evidence.text == fact.text


def test_each_sentence_cites_the_fact_it_states() -> None:
    cited = {move.name: move.evidence for move in planned().moves}
    assert cited["explain"] == ("sheet:leaks.since", "sheet:leaks.cause")
    assert cited["own"] == ("sheet:leaks.affected",)
    assert cited["repent"] == ("sheet:leaks.prevention",)
    assert cited["repair"] == ("sheet:leaks.remedy",)
    assert cited["contact"] == ("profile:contacts.mail",)
    assert cited["forgive"] == ()


def test_the_day_is_written_out() -> None:
    assert facts().since.text == "November 20, 2026"
    assert facts("sv").since.text == "20 november 2026"


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_that_the_sheet_lacks_is_a_gap(name: str) -> None:
    lacking: dict[str, Any] = {name: None if name == "since" else {}}
    plan = planned(facts(**lacking))
    assert {gap for move in plan.moves for gap in move.missing} == {name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_sheet_leaves_a_gap_for_every_fact(language: str) -> None:
    ground = Ground(profile(contacts=[]), language, NOW)
    plan = plan_apology(ground, sheet_facts(ground, "leaks", Sheet()), [], contact(ground))
    assert_well_formed(plan)
    assert {gap for move in plan.moves for gap in move.missing} == {*FACTS, "contact"}


def test_a_fact_in_another_language_only_is_a_gap() -> None:
    assert facts("sv").cause == Fact(None, None)
    assert facts("sv").since.text == "20 november 2026"


def test_no_fact_is_taken_from_what_members_wrote() -> None:
    ground = Ground(profile(), "en", NOW)
    complaints = [post("m1", "It began on Monday because the machine is old and you owe everyone a refund.")]
    plan = plan_apology(ground, sheet_facts(ground, "leaks", Sheet()), complaints, contact(ground))
    assert all(value is None for move in plan.moves[:5] for value in move.slots.values())


def test_the_complaints_are_shown_as_evidence() -> None:
    plan = planned(posts=30)
    shown = [item.id for item in plan.evidence if item.id.startswith("post:")]
    assert shown == [f"post:m{n}" for n in range(1, 13)]
    assert plan.moves[0].evidence == ("post:m1", "post:m2", "post:m3", "sheet:leaks.what_happened")


def test_the_note_counts_all_complaints_and_their_members() -> None:
    assert "30 complaints by 20 members are behind this statement." in planned(posts=30).notes


def test_without_complaints_there_is_no_note_about_them() -> None:
    assert planned().notes == ()


def test_private_complaints_are_left_out_of_the_public_statement() -> None:
    ground = Ground(profile(), "en", NOW)
    complaints = [post("m1"), post("s1", "Staff knew it.", visibility="private")]
    plan = plan_apology(ground, facts(), complaints, contact(ground))
    assert_well_formed(plan)
    assert "post:s1" not in plan.evidence_by_id


def test_an_apology_is_about_its_incident() -> None:
    plan = planned()
    assert (plan.subject, plan.incident, plan.audience) == ("incident:leaks", "leaks", "public")
    assert plan.title == "Bags from last week leak at the seam."


def test_without_the_main_fact_the_title_says_so() -> None:
    assert "not on the fact sheet yet" in planned(facts(what_happened={})).title


def test_the_evidence_of_a_missing_fact_is_the_sheet_itself() -> None:
    given = facts(what_happened={})
    assert given.evidence("what_happened").id == "sheet:leaks"
    assert given.evidence("cause").id == "sheet:leaks.cause"
