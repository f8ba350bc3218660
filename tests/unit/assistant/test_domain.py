"""The words of the house: the vocabulary, plans, drafts, subjects, and how a text is laid out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain import KINDS, NEEDS, VOCABULARY, Brief, Finding, Kind, Move, Opportunity, lay_out
from tests.making import NOW, draft, evidence, move, plan, segment


@pytest.mark.parametrize("kind", KINDS)
def test_no_move_stands_twice_in_a_vocabulary(kind: Kind) -> None:
    names = [rule.name for rule in VOCABULARY[kind]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_the_vocabulary_stands_in_the_order_of_its_paragraphs(kind: Kind) -> None:
    paragraphs = [rule.paragraph for rule in VOCABULARY[kind]]
    assert paragraphs == sorted(paragraphs)


def test_an_apology_may_leave_out_nothing_but_asking_for_forgiveness() -> None:
    assert [rule.name for rule in VOCABULARY["apology"] if not rule.required] == ["forgive"]


def test_a_poll_offers_at_least_two_options() -> None:
    assert next(rule.minimum for rule in VOCABULARY["poll"] if rule.name == "option") == 2


@pytest.mark.parametrize("value", [None, ""])
def test_a_fact_that_nobody_gave_is_missing(value: str | None) -> None:
    assert move(slots={"cause": "Too cool.", "since": value}).missing == ("since",)


def test_a_move_that_needs_no_facts_misses_none() -> None:
    assert move(slots={}).missing == ()


def test_a_plan_finds_its_moves_by_id() -> None:
    assert plan(move("m1"), move("m2", "thank")).move("m2").name == "thank"


def test_a_move_that_a_plan_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        plan(move("m1")).move("m9")


def test_a_plan_finds_its_evidence_by_id() -> None:
    assert plan(evidence=(evidence("post:a"), evidence("post:b"))).evidence_by_id.keys() == {"post:a", "post:b"}


@pytest.mark.parametrize(
    ("kind", "situation", "personal"),
    [("apology", "any", True), ("reply", "grief", True), ("reply", "criticism", False), ("poll", "wishes", False)],
)
def test_an_apology_and_an_answer_to_grief_are_personal(kind: Kind, situation: str, personal: bool) -> None:
    assert plan(kind=kind, situation=situation).personal is personal


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        plan().kind = "poll"  # type: ignore[misc]


def test_a_field_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError):
        Move(id="m1", name="thank", situation="praise", mood="merry")  # type: ignore[call-arg]


def test_a_draft_finds_its_segments_by_move() -> None:
    written = draft(plan(move("m1")), segment("Hello."))
    assert written.segment("m1").text == "Hello."
    with pytest.raises(KeyError):
        written.segment("m2")


def test_only_what_blocks_is_blocking() -> None:
    mild = Finding(check="tone", severity="warn", message="an exclamation mark")
    grave = Finding(check="facts", severity="block", message="a number")
    assert draft(plan(), findings=(mild, grave)).blocking == (grave,)


def test_each_change_of_a_draft_is_one_revision_later() -> None:
    before = draft(plan(move("m1")), segment("Hello."))
    after = before.changed(NOW, status="approved").changed(NOW, status="proposed")
    assert (after.revision, after.status) == (3, "proposed")
    assert before.revision == 1


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"kind": "reply", "posts": ("m7", "m8")}, "post:m7"),
        ({"kind": "apology", "incident": "leaks"}, "incident:leaks"),
        ({"kind": "apology"}, "incident:o1"),
        ({"kind": "poll", "decision": "size"}, "decision:size"),
        ({"kind": "challenge", "topic": "latte art"}, "topic:latte art"),
    ],
)
def test_a_matter_is_known_by_its_subject(fields: dict[str, object], subject: str) -> None:
    base = {"id": "o1", "detector": "d", "situation": "s", "title": "t", "why": "w", "language": "en", "at": NOW}
    assert Opportunity.model_validate({**base, **fields}).subject == subject


def test_a_brief_needs_a_kind_that_exists() -> None:
    with pytest.raises(ValidationError):
        Brief.model_validate({"kind": "song", "language": "en"})


@pytest.mark.parametrize("text", ["[NEEDS cause]", "Because: [NEEDS what happened]."])
def test_a_gap_is_recognised(text: str) -> None:
    assert NEEDS.search(text)


@pytest.mark.parametrize("text", ["[NEEDS ]", "NEEDS cause", "[needs cause]", "[NEEDS [cause]"])
def test_what_is_no_gap_is_not_taken_for_one(text: str) -> None:
    assert not NEEDS.fullmatch(text)


def test_a_reply_is_laid_out_in_paragraphs() -> None:
    of = plan(move("m1", "greet"), move("m2", "acknowledge"), move("m3", "restate"), move("m4", "thank"))
    segments = [segment(text, f"m{n}") for n, text in enumerate(("Hi,", "We read it.", "You wrote.", "Thanks."), 1)]
    assert lay_out(of, segments) == "Hi,\n\nWe read it. You wrote.\n\nThanks."


def test_options_are_laid_out_as_a_list() -> None:
    of = plan(move("m1", "question"), move("m2", "option"), move("m3", "option"), kind="poll")
    text = lay_out(of, [segment("Which?", "m1"), segment("Small", "m2"), segment("Large", "m3")])
    assert text == "Which?\n\n– Small\n– Large"


def test_steps_are_numbered_without_the_ones_taken_out() -> None:
    of = plan(*(move(f"m{n}", "step") for n in (1, 2, 3)), kind="challenge")
    assert lay_out(of, [segment("Look.", "m1"), segment("  ", "m2"), segment("Show.", "m3")]) == "1. Look.\n2. Show."


def test_a_text_is_laid_out_in_the_order_of_the_plan_whatever_the_order_of_segments() -> None:
    of = plan(move("m1", "acknowledge"), move("m2", "restate"))
    assert lay_out(of, [segment("Second.", "m2"), segment("First.", "m1")]) == "First. Second."


def test_a_segment_that_no_move_asked_for_is_not_posted() -> None:
    assert lay_out(plan(move("m1", "thank")), [segment("Thanks.", "m1"), segment("Buy!", "m9")]) == "Thanks."


@given(texts=st.lists(st.text(alphabet="ab{}%–.\n ", max_size=12), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_a_layout_keeps_every_text_and_leaves_no_empty_paragraph(texts: list[str]) -> None:
    of = plan(move("m1", "task"), move("m2", "step"), move("m3", "join"), kind="challenge")
    laid = lay_out(of, [segment(text, f"m{n}") for n, text in enumerate(texts, 1)])
    assert all(text.strip() in laid for text in texts)
    assert laid == laid.strip()
