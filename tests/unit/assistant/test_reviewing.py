from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import checking, reviewing
from assistant.community import Sheet
from assistant.domain import Action, Draft, Finding, Plan, Provenance, Segment, Status
from assistant.errors import NotAllowed
from assistant.ports import FactSheet
from assistant.reviewing import Reviewed
from assistant.writing.compose import Check, Composition
from tests import making

LATER = making.NOW + timedelta(minutes=5)
ACTIONS: tuple[Action, ...] = ("edit", "approve", "reject", "rewrite", "reopen")
STATUSES: tuple[Status, ...] = ("proposed", "approved", "rejected")
BECOMES: dict[tuple[Action, Status], Status] = {
    ("edit", "proposed"): "proposed",
    ("approve", "proposed"): "approved",
    ("reject", "proposed"): "rejected",
    ("rewrite", "proposed"): "proposed",
    ("rewrite", "rejected"): "proposed",
    ("reopen", "approved"): "proposed",
    ("reopen", "rejected"): "proposed",
}
BLOCK = Finding(check="promises", severity="block", message="offers a refund", move="m1")
WARN = Finding(check="tone", severity="warn", message="an exclamation mark", move="m1")


def answer(**changes: object) -> Draft:
    plan = making.plan(making.move("m1", "greet"), making.move("m2", "restate"))
    return making.draft(plan, making.segment("Hello Anna,"), making.segment("You wrote that.", "m2")).model_copy(
        update=changes
    )


def apology(**changes: object) -> Draft:
    plan = making.plan(making.move("m1", "regret", "any"), kind="apology", situation="any", incident="leaks")
    return making.draft(plan, making.segment("We are sorry.")).model_copy(update=changes)


def finds(*findings: Finding) -> Check:
    def check(plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
        return findings

    return check


def really_checks(plan: Plan, segments: Sequence[Segment]) -> tuple[Finding, ...]:
    return checking.check(plan, segments, making.profile(), making.english)


def written_again(text: str = "Dear Anna,") -> Composition:
    return Composition((making.segment(text),), (WARN,), Provenance(writer="model", model="m"))


ACTS: dict[Action, Callable[[Draft, str], Reviewed]] = {
    "edit": lambda draft, by: reviewing.edit(draft, "m1", "Dear Anna,", by, LATER, finds()),
    "approve": lambda draft, by: reviewing.approve(draft, by, LATER),
    "reject": lambda draft, by: reviewing.reject(draft, by, "too long", LATER),
    "rewrite": lambda draft, by: reviewing.rewrite(draft, draft.plan, written_again(), by, LATER),
    "reopen": lambda draft, by: reviewing.reopen(draft, by, LATER, finds()),
}


@pytest.mark.parametrize(("action", "status"), BECOMES)
def test_a_legal_action_leads_to_its_status(action: Action, status: Status) -> None:
    assert ACTS[action](answer(status=status), "Maja").draft.status == BECOMES[action, status]


@pytest.mark.parametrize(("action", "status"), sorted(set(product(ACTIONS, STATUSES)) - BECOMES.keys()))
def test_every_other_action_is_refused(action: Action, status: Status) -> None:
    with pytest.raises(NotAllowed, match=f"cannot be changed like that \\({action}\\)"):
        ACTS[action](answer(status=status), "Maja")


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_a_refusal_of_a_decided_draft_tells_the_way_out(status: Status) -> None:
    with pytest.raises(NotAllowed, match="reopen it first"):
        ACTS["edit"](answer(status=status), "Maja")


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_possible_is_what_does_not_fail(status: Status) -> None:
    assert reviewing.possible(status) == {action for action, legal in BECOMES if legal == status}


@pytest.mark.parametrize(("action", "status"), BECOMES)
@pytest.mark.parametrize("name", ["", "   "])
def test_no_action_goes_without_a_name(action: Action, status: Status, name: str) -> None:
    with pytest.raises(NotAllowed, match="name first"):
        ACTS[action](answer(status=status), name)


@pytest.mark.parametrize(("action", "status"), BECOMES)
def test_a_decision_says_who_did_what_to_which_revision_and_when(action: Action, status: Status) -> None:
    draft, decision = ACTS[action](answer(status=status, revision=4), " Maja ")
    assert (draft.revision, draft.updated) == (5, LATER)
    assert (decision.draft, decision.revision, decision.action) == ("d1", 5, action)
    assert (decision.by, decision.at) == ("Maja", LATER)


@pytest.mark.parametrize(("action", "status"), BECOMES)
def test_the_draft_that_was_given_stays_as_it_was(action: Action, status: Status) -> None:
    before = answer(status=status)
    ACTS[action](before, "Maja")
    assert before == answer(status=status)


@given(st.lists(st.sampled_from(ACTIONS), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_people_try_each_revision_has_one_decision_and_no_illegal_step_happens(tried: list[Action]) -> None:
    draft, steps = answer(), []
    for action in tried:
        before = draft.status
        try:
            draft, decision = ACTS[action](draft, "Maja")
        except NotAllowed:
            assert (action, before) not in BECOMES
            continue
        assert draft.status == BECOMES[action, before]
        steps.append(decision.revision)
    assert steps == list(range(2, draft.revision + 1))


def test_an_edited_sentence_is_the_persons_and_keeps_its_evidence() -> None:
    before = making.draft(making.plan(making.move("m1", "restate")), making.segment("Old.", evidence=["post:m1"]))
    draft, _ = reviewing.edit(before, "m1", " New. ", "Maja", LATER, finds())
    assert draft.segment("m1") == Segment(move="m1", text="New.", author="person", evidence=("post:m1",))


def test_an_edit_leaves_the_other_sentences_alone() -> None:
    draft, _ = reviewing.edit(answer(), "m1", "Dear Anna,", "Maja", LATER, finds())
    assert draft.segment("m2") == answer().segment("m2")


def test_an_edit_is_remembered_with_before_and_after() -> None:
    _, decision = reviewing.edit(answer(), "m1", "Dear Anna,", "Maja", LATER, finds())
    assert [(c.move, c.before, c.after) for c in decision.changes] == [("m1", "Hello Anna,", "Dear Anna,")]


def test_an_edit_is_checked_again() -> None:
    draft, _ = reviewing.edit(answer(findings=(BLOCK,)), "m1", "Dear Anna,", "Maja", LATER, finds(WARN))
    assert draft.findings == (WARN,)


def test_the_check_sees_the_edited_text() -> None:
    draft, _ = reviewing.edit(answer(), "m1", "You get a refund.", "Maja", LATER, really_checks)
    assert any(finding.check == "promises" and finding.move == "m1" for finding in draft.blocking)


def test_an_unknown_sentence_cannot_be_edited() -> None:
    with pytest.raises(NotAllowed, match="no sentence “m9”"):
        reviewing.edit(answer(), "m9", "Hello.", "Maja", LATER, finds())


def thanked() -> Draft:
    """A reply with everything it must have, and thanks, which it need not have."""
    names = ("greet", "acknowledge", "restate", "thank")
    texts = ("Hello Anna,", "We have read it.", "You wrote about the bag.", "Thank you for telling us.")
    moves = [making.move(f"m{n}", name) for n, name in enumerate(names, 1)]
    evidence = [("post:m1",)] * 4
    segments = [making.segment(t, f"m{n}", evidence=e) for n, (t, e) in enumerate(zip(texts, evidence, strict=True), 1)]
    return making.draft(making.plan(*moves), *segments)


@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_an_optional_sentence_can_be_taken_out(nothing: str) -> None:
    draft, _ = reviewing.edit(thanked(), "m4", nothing, "Maja", LATER, really_checks)
    assert "Thank you" not in draft.text


def test_a_sentence_that_the_kind_needs_cannot_be_taken_out() -> None:
    with pytest.raises(NotAllowed, match="cannot do without that sentence"):
        reviewing.edit(thanked(), "m2", "", "Maja", LATER, really_checks)


def test_a_sentence_said_twice_elsewhere_does_not_keep_an_optional_one_in() -> None:
    doubled, _ = reviewing.edit(thanked(), "m3", "We have read it.", "Maja", LATER, really_checks)
    draft, _ = reviewing.edit(doubled, "m4", "", "Maja", LATER, really_checks)
    assert draft.segment("m4").text == ""


def test_a_finding_that_blocks_stands_in_the_way_of_approval_and_is_named() -> None:
    with pytest.raises(NotAllowed, match="offers a refund"):
        reviewing.approve(answer(findings=(BLOCK, WARN)), "Maja", LATER)


def test_a_warning_does_not_stand_in_the_way_of_approval() -> None:
    assert reviewing.approve(answer(findings=(WARN,)), "Maja", LATER).draft.status == "approved"


def confirmed(by: str | None = "Maja") -> FactSheet:
    return FactSheet(incident="leaks", sheet=Sheet(), confirmed_by=by)


@pytest.mark.parametrize("sheet", [None, confirmed(None)])
def test_an_apology_is_not_approved_before_its_sheet_is_confirmed(sheet: FactSheet | None) -> None:
    with pytest.raises(NotAllowed, match="fact sheet confirmed"):
        reviewing.approve(apology(), "Maja", LATER, sheet=sheet, read_by="Maja")


@pytest.mark.parametrize("read_by", [None, "", "Jon", "maja"])
def test_an_apology_is_not_approved_unless_the_same_person_has_read_it(read_by: str | None) -> None:
    with pytest.raises(NotAllowed, match="never approved unread"):
        reviewing.approve(apology(), "Maja", LATER, sheet=confirmed(), read_by=read_by)


def test_an_apology_is_approved_by_the_person_who_read_it_on_a_sheet_confirmed_by_anyone() -> None:
    draft, _ = reviewing.approve(apology(), " Maja ", LATER, sheet=confirmed("Jon"), read_by="Maja  ")
    assert draft.status == "approved"


def test_an_apology_with_a_gap_is_not_approved_however_well_it_was_read() -> None:
    with pytest.raises(NotAllowed, match="offers a refund"):
        reviewing.approve(apology(findings=(BLOCK,)), "Maja", LATER, sheet=confirmed(), read_by="Maja")


def test_an_answer_to_grief_is_not_approved_unread() -> None:
    grief = answer(plan=answer().plan.model_copy(update={"situation": "grief"}))
    with pytest.raises(NotAllowed, match="never approved unread"):
        reviewing.approve(grief, "Maja", LATER)
    assert reviewing.approve(grief, "Maja", LATER, read_by="Maja").draft.status == "approved"


def test_a_rejection_needs_a_reason_and_keeps_it() -> None:
    with pytest.raises(NotAllowed, match="why"):
        reviewing.reject(answer(), "Maja", "  ", LATER)
    assert reviewing.reject(answer(), "Maja", " too long ", LATER).decision.reason == "too long"


def test_a_rejected_draft_can_be_written_again() -> None:
    draft, _ = reviewing.rewrite(answer(status="rejected"), answer().plan, written_again(), "Maja", LATER)
    assert (draft.status, draft.text) == ("proposed", "Dear Anna,")


def test_writing_again_replaces_plan_text_findings_and_provenance() -> None:
    plan = answer().plan.model_copy(update={"remedy": "new-bag"})
    draft, _ = reviewing.rewrite(answer(findings=(BLOCK,)), plan, written_again(), "Maja", LATER)
    assert draft.plan.remedy == "new-bag"
    assert (draft.findings, draft.provenance.model) == ((WARN,), "m")


def test_writing_again_keeps_what_belongs_to_the_draft_itself() -> None:
    before = answer(batch="b1", due=LATER)
    draft, _ = reviewing.rewrite(before, before.plan, written_again(), "Maja", LATER)
    assert (draft.id, draft.created, draft.batch, draft.due) == ("d1", making.NOW, "b1", LATER)


def test_writing_again_remembers_the_whole_text_before_and_after() -> None:
    _, decision = reviewing.rewrite(answer(), answer().plan, written_again(), "Maja", LATER)
    assert [(c.move, c.before, c.after) for c in decision.changes] == [
        ("*", "Hello Anna,\n\nYou wrote that.", "Dear Anna,")
    ]


def test_a_reopened_draft_is_checked_against_the_rules_of_today() -> None:
    draft, _ = reviewing.reopen(answer(status="approved"), "Maja", LATER, finds(BLOCK))
    assert draft.blocking == (BLOCK,)
