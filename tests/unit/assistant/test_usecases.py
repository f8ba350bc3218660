from dataclasses import replace
from datetime import timedelta

import pytest

from assistant import usecases
from assistant.community import Sheet
from assistant.desk import Desk
from assistant.domain import Brief, Draft
from assistant.errors import Conflict, NotAllowed, NotFound, Refused
from tests import making
from tests.making import message

SHEET = Sheet.model_validate(making.SHEET)
COMPLAINTS = ("anna", "bo", "cyd", "dan", "eve", "fay")


def leaking(text: str = "The bag leaks at the seam, the third leaking bag, I am angry.") -> Desk:
    """A desk on which six members complain of one thing, and two speak of others."""
    complaints = [message(f"c{n}", f"{text} {author}", author=author) for n, author in enumerate(COMPLAINTS)]
    return making.desk(
        *complaints,
        message("p1", "Lovely wonderful delicious superb coffee, this one.", author="gil"),
        message(
            "q1", "How does anybody here clean what sits below the grinder? Where would I even begin?", author="hal"
        ),
    )


def noticed(desk: Desk, detector: str) -> Draft:
    found = next(o for o in usecases.notice_now(desk) if o.detector == detector)
    return usecases.draft_opportunity(desk, found)


def apology(desk: Desk) -> Draft:
    return usecases.draft_brief(desk, Brief(kind="apology", language="en", incident="leaks"))


def poll(desk: Desk, language: str = "en") -> Draft:
    return usecases.draft_brief(desk, Brief(kind="poll", language=language, decision="size"))


def test_what_is_noticed_is_returned_and_remembered() -> None:
    desk = leaking()
    found = usecases.notice_now(desk)
    assert {"incident", "criticism", "praise", "question", "decision"} <= {o.detector for o in found}
    assert {o.id for o in desk.store.opportunities("club")} == {o.id for o in found}


def test_noticing_again_forgets_what_is_no_longer_so() -> None:
    desk = leaking()
    usecases.notice_now(desk)
    later = replace(desk, clock=lambda: making.NOW + timedelta(days=100))
    assert usecases.notice_now(later) == desk.store.opportunities("club") == []


def test_posts_of_the_future_are_not_noticed() -> None:
    desk = making.desk(message(at=making.NOW + timedelta(hours=1)))
    assert [o.detector for o in usecases.notice_now(desk)] == ["decision"]


def test_an_incident_is_linked_to_the_one_the_profile_knows() -> None:
    desk = leaking("The bag leaks at the seam")
    about = {"id": "leaks", "about": ["The bag leaks at the seam"], "sheet": making.SHEET}
    known = replace(desk, profile=making.profile(incidents=[about]))
    assert next(o for o in usecases.notice_now(known) if o.kind == "apology").incident == "leaks"


def test_an_incident_that_the_profile_does_not_know_is_its_own() -> None:
    desk = replace(leaking(), profile=making.profile(incidents=[]))
    found = next(o for o in usecases.notice_now(desk) if o.kind == "apology")
    assert found.incident == found.id == "incident:c0"


def test_an_incident_is_still_the_same_when_its_first_posts_have_grown_old() -> None:
    """Its facts stay confirmed, and no second apology is drafted."""
    days = range(7)
    complaints = [
        message(f"c{n}", f"It leaks, the third broken one. {n}", author=f"a{n}", at=making.NOW + timedelta(days=n - 6))
        for n in days
    ]
    desk = making.desk(*complaints, profile=making.profile(incidents=[], decisions=[]))
    drafted = noticed(desk, "incident")
    usecases.save_sheet(desk, "incident:c0", SHEET)
    usecases.confirm_sheet(desk, "incident:c0", "Maja")
    later = replace(desk, clock=lambda: making.NOW + timedelta(days=5))
    (found,) = (o for o in usecases.notice_now(later) if o.kind == "apology")
    assert (found.id, found.incident, found.posts[0]) == ("incident:c0", "incident:c0", "c1")
    assert usecases.draft_opportunity(later, found) == drafted
    assert later.sheet(str(found.incident)).confirmed_by == "Maja"


def test_everything_noticed_is_drafted_into_the_queue() -> None:
    desk = leaking()
    found = usecases.notice_now(desk)
    drafts = usecases.draft_noticed(desk)
    assert {draft.plan.subject for draft in drafts} == {o.subject for o in found}
    assert {draft.id for draft in desk.store.drafts("club")} == {draft.id for draft in drafts}


def test_a_draft_is_due_when_its_opportunity_is() -> None:
    draft = noticed(leaking(), "praise")
    assert draft.due == making.NOW - timedelta(hours=1) + timedelta(hours=96)


def test_a_draft_that_a_person_asks_for_is_due_when_its_post_is() -> None:
    desk = leaking()
    due = noticed(desk, "praise").due
    assert due is not None
    assert usecases.draft_brief(desk, Brief(kind="reply", language="sv", post="p1")).due == due
    assert poll(leaking()).due is None


def test_what_was_taken_up_is_not_drafted_again() -> None:
    desk = leaking()
    usecases.notice_now(desk)
    usecases.draft_noticed(desk)
    assert usecases.draft_noticed(desk) == []


def test_a_rejected_draft_is_not_drafted_again_by_itself() -> None:
    desk = making.desk(message())
    usecases.notice_now(desk)
    for draft in usecases.draft_noticed(desk):
        usecases.reject(desk, draft.id, "Maja", "not now")
    assert usecases.draft_noticed(desk) == []


def test_the_most_urgent_are_drafted_first_and_no_more_than_asked_for() -> None:
    desk = leaking()
    urgent = [o.subject for o in usecases.notice_now(desk)]
    assert [draft.plan.subject for draft in usecases.draft_noticed(desk, limit=2)] == urgent[:2]


def test_what_cannot_be_grounded_is_left_out_of_the_drafts_and_counted_as_done() -> None:
    desk = making.desk(profile=making.profile(decisions=[{**DECISION, "options": [{"sv": "Liten"}, {"sv": "Stor"}]}]))
    seen: list[tuple[int, int | None]] = []
    usecases.notice_now(desk)
    assert usecases.draft_noticed(desk, progress=lambda done, total: seen.append((done, total))) == []
    assert seen == [(1, 1)]


DECISION = {"id": "size", "question": {"en": "Which size?"}, "use": {"en": "It is sold."}}


def test_asked_for_again_an_opportunity_gives_the_draft_that_is_there() -> None:
    desk = leaking()
    first = noticed(desk, "praise")
    edited = usecases.edit(desk, first.id, "m1", "Hello Gil,", "Maja")
    assert noticed(desk, "praise") == edited


def test_an_opportunity_can_be_drafted_in_another_language() -> None:
    desk = leaking()
    decision = next(o for o in usecases.notice_now(desk) if o.detector == "decision")
    english, swedish = (usecases.draft_opportunity(desk, decision, language=code) for code in ("en", "sv"))
    assert (english.plan.language, swedish.plan.language) == ("en", "sv")
    assert english.id != swedish.id


def test_two_briefs_alike_are_two_drafts() -> None:
    desk = leaking()
    assert poll(desk).id != poll(desk).id


def test_a_brief_that_cannot_be_grounded_says_why_and_stores_nothing() -> None:
    desk = leaking()
    with pytest.raises(Refused, match="lacks options in “pl”"):
        poll(desk, "pl")
    assert desk.store.drafts("club") == []


def test_composing_stores_nothing() -> None:
    desk = leaking()
    usecases.compose_draft(desk, "d9", making.plan(making.move("m1", "greet", "unnamed")))
    assert desk.store.draft("d9") is None


@pytest.mark.parametrize("act", ["edit", "approve", "reject", "reopen", "rewrite"])
def test_no_action_goes_on_a_draft_that_is_not_there(act: str) -> None:
    arguments = {"edit": ("m1", "Hi.", "Maja"), "reject": ("Maja", "no")}.get(act, ("Maja",))
    with pytest.raises(NotFound, match="no draft “d9” in The Club"):
        getattr(usecases, act)(leaking(), "d9", *arguments)


def test_a_draft_of_another_community_is_not_found() -> None:
    desk = leaking()
    desk.store.add_draft(making.draft(making.plan(community="other"), id="d9"))
    with pytest.raises(NotFound):
        usecases.find_draft(desk, "d9")


@pytest.mark.parametrize("act", ["edit", "approve", "reject", "rewrite", "reopen"])
def test_an_action_on_an_outdated_revision_is_a_conflict_and_changes_nothing(act: str) -> None:
    desk = leaking()
    draft = noticed(desk, "praise")
    changed = usecases.edit(desk, draft.id, "m1", "Hello Gil,", "Jon", revision=1)
    if act == "reopen":
        changed = usecases.reject(desk, draft.id, "Jon", "no")
    arguments = {"edit": ("m1", "Hi.", "Maja"), "reject": ("Maja", "no")}.get(act, ("Maja",))
    with pytest.raises(Conflict, match="Somebody else changed"):
        getattr(usecases, act)(desk, draft.id, *arguments, revision=1)
    assert usecases.find_draft(desk, draft.id) == changed


def test_each_decision_is_stored_with_the_draft_it_changed() -> None:
    desk = leaking()
    draft = noticed(desk, "praise")
    usecases.edit(desk, draft.id, "m1", "Hello Gil,", "Jon", revision=1)
    usecases.approve(desk, draft.id, "Maja", revision=2)
    usecases.reopen(desk, draft.id, "Jon", revision=3)
    usecases.reject(desk, draft.id, "Maja", "not now", revision=4)
    usecases.rewrite(desk, draft.id, "Jon", revision=5)
    decisions = desk.store.decisions(draft.id)
    assert [d.action for d in decisions] == ["edit", "approve", "reopen", "reject", "rewrite"]
    assert [d.by for d in decisions] == ["Jon", "Maja", "Jon", "Maja", "Jon"]
    assert usecases.find_draft(desk, draft.id).revision == 6


def test_in_an_archive_a_decision_has_the_time_at_which_it_was_taken() -> None:
    years_later = making.NOW + timedelta(days=2000)
    desk = replace(making.desk(), present=lambda: years_later)
    draft = poll(desk)
    usecases.approve(desk, draft.id, "Maja")
    assert desk.store.decisions(draft.id)[0].at == years_later
    assert draft.created == making.NOW


def test_an_edit_is_checked_by_all_checks() -> None:
    desk = leaking()
    draft = noticed(desk, "praise")
    edited = usecases.edit(desk, draft.id, "m2", "You get a refund, calm down.", "Maja")
    assert {"promises", "arguing"} <= {finding.check for finding in edited.blocking}


def test_written_again_the_wording_is_another() -> None:
    desk = leaking()
    draft = noticed(desk, "praise")
    texts = {draft.text, *(usecases.rewrite(desk, draft.id, "Maja").text for _ in range(2))}
    assert len(texts) == 3


def test_a_poll_is_written_again_from_the_same_plan() -> None:
    desk = leaking()
    draft = poll(desk)
    assert usecases.rewrite(desk, draft.id, "Maja").plan == draft.plan


def test_an_answer_is_written_again_from_facts_as_they_are_now() -> None:
    desk = leaking()
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c0", situation="criticism"))
    contact = {"id": "mail", "text": {"en": "Write to new@club.example."}}
    moved = replace(desk, profile=making.profile(contacts=[contact]))
    assert "new@club.example" in usecases.rewrite(moved, draft.id, "Maja").text


def test_an_answer_whose_post_is_gone_cannot_be_written_again() -> None:
    desk = leaking()
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c0"))
    emptied = replace(desk, messages=making.desk().messages)
    with pytest.raises(NotFound, match="c0"):
        usecases.rewrite(emptied, draft.id, "Maja")


def test_a_person_can_choose_the_remedy_that_is_offered() -> None:
    desk = leaking()
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c0", situation="criticism"))
    offered = usecases.rewrite(desk, draft.id, "Maja", remedy="shipping")
    assert offered.plan.remedy == "shipping"
    assert "Shipping is free on the next order." in offered.text


def test_a_chosen_remedy_stays_when_the_text_is_written_again() -> None:
    desk = leaking()
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c0", situation="criticism"))
    usecases.rewrite(desk, draft.id, "Maja", remedy="shipping")
    assert usecases.rewrite(desk, draft.id, "Maja").plan.remedy == "shipping"


def test_a_remedy_that_the_policy_does_not_have_cannot_be_offered() -> None:
    desk = leaking()
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c0", situation="criticism"))
    with pytest.raises(NotFound, match="no remedy “holiday”"):
        usecases.rewrite(desk, draft.id, "Maja", remedy="holiday")
    assert usecases.find_draft(desk, draft.id) == draft


def test_an_apology_is_approved_once_its_sheet_is_confirmed_and_it_was_read() -> None:
    desk = leaking()
    draft = apology(desk)
    with pytest.raises(NotAllowed, match="fact sheet confirmed"):
        usecases.approve(desk, draft.id, "Maja", read_by="Maja")
    usecases.confirm_sheet(desk, "leaks", "Jon")
    with pytest.raises(NotAllowed, match="never approved unread"):
        usecases.approve(desk, draft.id, "Maja", read_by="Jon")
    assert usecases.approve(desk, draft.id, "Maja", read_by="Maja").status == "approved"


def test_an_apology_is_not_approved_on_the_confirmed_sheet_of_another_incident() -> None:
    desk = leaking()
    other = {"id": "late", "about": ["the parcel was late"], "sheet": making.SHEET}
    known = replace(desk, profile=making.profile(incidents=[*making.profile().incidents, other]))
    draft = apology(known)
    usecases.confirm_sheet(known, "late", "Jon")
    with pytest.raises(NotAllowed, match="fact sheet confirmed"):
        usecases.approve(known, draft.id, "Maja", read_by="Maja")


def test_what_rests_on_older_facts_is_not_approved_until_it_is_written_again() -> None:
    desk = making.desk()
    old = apology(desk)
    usecases.save_sheet(desk, "leaks", SHEET.model_copy(update={"cause": {"en": "A worn sealing bar."}}))
    usecases.confirm_sheet(desk, "leaks", "Maja")
    with pytest.raises(NotAllowed, match="have changed since this was written"):
        usecases.approve(desk, old.id, "Maja", read_by="Maja")
    usecases.rewrite(desk, old.id, "Maja")
    assert "worn sealing bar" in usecases.approve(desk, old.id, "Maja", read_by="Maja").text


def test_an_answer_that_names_the_cause_needs_the_sheet_confirmed_too() -> None:
    about = {"id": "leaks", "about": ["The bag leaks at the seam"], "sheet": making.SHEET}
    desk = replace(leaking("The bag leaks at the seam"), profile=making.profile(incidents=[about]))
    usecases.notice_now(desk)
    usecases.confirm_sheet(desk, "leaks", "Maja")
    answer = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c1", situation="criticism"))
    assert answer.plan.incident == "leaks"
    desk.store.save_sheet("club", desk.sheet("leaks").model_copy(update={"confirmed_by": None}))
    with pytest.raises(NotAllowed, match="needs its fact sheet confirmed"):
        usecases.approve(desk, answer.id, "Maja")


def test_a_remedy_is_approved_no_more_often_than_the_policy_allows() -> None:
    desk = making.desk(*(message(f"c{n}", f"The bag leaks, number {n}.", author="anna") for n in range(2)))
    briefs = [Brief(kind="reply", language="en", post=f"c{n}", situation="criticism") for n in range(2)]
    drafts = [usecases.draft_brief(desk, brief) for brief in briefs]
    offers = [usecases.rewrite(desk, draft.id, "Maja", remedy="shipping") for draft in drafts]
    usecases.approve(desk, offers[0].id, "Maja")
    with pytest.raises(NotAllowed, match="as often as the policy allows"):
        usecases.approve(desk, offers[1].id, "Maja")
    assert usecases.rewrite(desk, offers[1].id, "Maja").plan.remedy is None
    usecases.approve(desk, offers[1].id, "Maja")


def test_a_remedy_that_left_the_policy_is_not_approved() -> None:
    desk = making.desk(message("c1", "The bag leaks."))
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="c1", situation="criticism"))
    usecases.rewrite(desk, draft.id, "Maja", remedy="shipping")
    stricter = replace(desk, profile=desk.profile.model_copy(update={"remedies": ()}))
    with pytest.raises(NotAllowed, match="have changed since this was written"):
        usecases.approve(stricter, draft.id, "Maja")
    assert usecases.rewrite(stricter, draft.id, "Maja").plan.remedy is None


def test_a_challenge_is_written_again_from_the_profile_as_it_is_now() -> None:
    foam = [message(f"f{n}", f"My milk foam turned silky, {name}.", author=name) for n, name in enumerate(COMPLAINTS)]
    desk = making.desk(*foam, profile=making.profile(recognition={}))
    draft = usecases.draft_brief(desk, Brief(kind="challenge", language="en", topic="milk foam"))
    assert "[NEEDS recognition]" in draft.text
    told = desk.profile.model_copy(update={"recognition": {"en": "The best ten are shown."}})
    again = usecases.rewrite(replace(desk, profile=told), draft.id, "Maja")
    assert "The best ten are shown." in again.text
    assert (again.plan.subject, again.plan.situation) == (draft.plan.subject, draft.plan.situation)


def test_a_theme_drafted_in_one_language_still_waits_in_another() -> None:
    foam = [message(f"f{n}", f"My milk foam turned silky, {name}.", author=name) for n, name in enumerate(COMPLAINTS)]
    desk = making.desk(*foam)
    theme = usecases.notice_now(desk)[0].model_copy(
        update={"kind": "challenge", "topic": "milk foam", "decision": None}
    )
    themes = [theme.model_copy(update={"id": f"theme:{language}", "language": language}) for language in ("en", "sv")]
    desk.store.save_opportunities("club", themes)
    usecases.draft_brief(desk, Brief(kind="challenge", language="en", topic="milk foam"))
    assert [o.language for o in usecases.waiting(desk)] == ["sv"]


def test_changing_the_sheet_takes_its_confirmation_back() -> None:
    desk = leaking()
    usecases.confirm_sheet(desk, "leaks", "Jon")
    usecases.save_sheet(desk, "leaks", SHEET.model_copy(update={"cause": {"en": "A worn belt."}}))
    assert desk.sheet("leaks").confirmed_by is None


def test_saving_the_same_facts_keeps_the_confirmation() -> None:
    desk = leaking()
    usecases.confirm_sheet(desk, "leaks", "Jon")
    usecases.save_sheet(desk, "leaks", desk.sheet("leaks").sheet)
    assert desk.sheet("leaks").confirmed_by == "Jon"


def test_confirming_a_sheet_says_who_and_when() -> None:
    sheet = usecases.confirm_sheet(leaking(), "leaks", " Jon ")
    assert (sheet.confirmed_by, sheet.confirmed_at) == ("Jon", making.NOW)


def test_nobody_confirms_without_a_name() -> None:
    with pytest.raises(NotAllowed, match="name first"):
        usecases.confirm_sheet(leaking(), "leaks", " ")


@pytest.mark.parametrize("said", [{}, {"en": ""}, {"en": "  "}])
def test_a_sheet_that_does_not_say_what_happened_cannot_be_confirmed(said: dict[str, str]) -> None:
    desk = leaking()
    usecases.save_sheet(desk, "leaks", SHEET.model_copy(update={"what_happened": said}))
    with pytest.raises(NotAllowed, match="what happened"):
        usecases.confirm_sheet(desk, "leaks", "Jon")


def test_filling_the_sheet_writes_the_apology_again_from_it() -> None:
    desk = leaking()
    draft = apology(desk)
    changed = SHEET.model_copy(update={"cause": {"en": "A worn belt."}})
    filled = usecases.fill_sheet(desk, draft.id, changed, "Maja", revision=1)
    assert "A worn belt." in filled.text
    assert desk.sheet("leaks").sheet == changed


@pytest.mark.parametrize(("by", "revision", "problem"), [("", 1, NotAllowed), ("Maja", 7, Conflict)])
def test_a_sheet_is_not_filled_by_nobody_or_over_somebody_elses_change(
    by: str, revision: int, problem: type[Exception]
) -> None:
    desk = leaking()
    draft = apology(desk)
    with pytest.raises(problem):
        usecases.fill_sheet(desk, draft.id, Sheet(), by, revision=revision)
    assert desk.sheet("leaks").sheet == SHEET


def test_a_draft_about_no_incident_has_no_sheet_to_fill() -> None:
    desk = leaking()
    with pytest.raises(NotAllowed, match="no incident"):
        usecases.fill_sheet(desk, poll(desk).id, SHEET, "Maja")
