"""What a person does at the desk. Each use case reads in one function: fetch, decide, save."""

from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from assistant import reviewing
from assistant.community import Sheet
from assistant.desk import Desk
from assistant.domain import Brief, Draft, Opportunity, Plan
from assistant.errors import Conflict, NotAllowed, NotFound, Refused
from assistant.gathering import beyond_policy, plan_again, plan_brief, plan_opportunity, withdrawn, written_in
from assistant.noticing import notice
from assistant.noticing.incident import recognised
from assistant.noticing.view import View
from assistant.ports import FactSheet
from knowledge.centring import centre_all
from knowledge.history import Progress, no_progress
from knowledge.ports import Filters

NOTICED_DAYS = 90
"""How far back the detectors look."""


def notice_now(desk: Desk) -> list[Opportunity]:
    """Look through the last months for what deserves an answer or an idea, and remember it."""
    community = desk.profile.id
    posts = desk.messages.posts(community, Filters(since=desk.now - timedelta(days=NOTICED_DAYS), until=desk.now))
    # What is compared by meaning becomes public: what was said in private is no part of it, not even of its centre.
    public = [post for post in posts if post.visibility == "public"]
    vectors = desk.index.vectors(community, [post.message.id for post in public])
    found = notice(View(desk.profile, desk.now, posts, centre_all(public, vectors)))
    linked = [_linked(desk, opportunity) for opportunity in recognised(found, desk.store.opportunities(community))]
    desk.store.save_opportunities(community, linked)
    return linked


def _linked(desk: Desk, opportunity: Opportunity) -> Opportunity:
    """With the incident that it is about: of the profile, the one it had before, or its own."""
    if opportunity.kind != "apology":
        return opportunity
    posts = list(desk.messages.get(desk.profile.id, opportunity.posts).values())
    incident = desk.matcher.incident_for(posts) or opportunity.incident or opportunity.id
    return opportunity.model_copy(update={"incident": incident})


def waiting(desk: Desk) -> list[Opportunity]:
    """What was noticed and not taken up yet in its language, most urgent first."""
    taken = desk.store.subjects(desk.profile.id)
    noticed = desk.store.opportunities(desk.profile.id)
    return [o for o in noticed if (o.subject, written_in(desk.profile, o.language)) not in taken]


def draft_noticed(desk: Desk, *, limit: int | None = None, progress: Progress = no_progress) -> list[Draft]:
    """Draft what is waiting. What cannot be grounded is left out."""
    todo = waiting(desk)[:limit]
    drafts = []
    for done, opportunity in enumerate(todo, start=1):
        # What is refused stays in the list; asked for by itself, it says why.
        with suppress(NotFound, Refused):
            drafts.append(draft_opportunity(desk, opportunity))
        progress(done, len(todo))
    return drafts


def draft_opportunity(desk: Desk, opportunity: Opportunity, *, language: str | None = None) -> Draft:
    """Plan, write, check and store a draft for something noticed. Asked again, it returns the draft that is there.

    Raises NotFound or Refused, which say what is missing.
    """
    plan = plan_opportunity(desk, opportunity, language=language, seed=_seed(opportunity.id))
    id_ = sha256(f"{plan.community} {opportunity.id} {plan.language}".encode()).hexdigest()[:24]
    return desk.store.draft(id_) or _store(desk, id_, plan, due=opportunity.due)


def draft_brief(desk: Desk, brief: Brief) -> Draft:
    """Plan, write, check and store what a person asked for. Raises NotFound or Refused, which say what is missing."""
    id_ = uuid4().hex[:24]
    plan = plan_brief(desk, brief, seed=_seed(id_))
    return _store(desk, id_, plan, due=due_dates(desk).get(plan.subject))


def due_dates(desk: Desk) -> dict[str, datetime | None]:
    """By when each matter that was noticed deserves a draft: subject -> the earliest date."""
    return {o.subject: o.due for o in reversed(desk.store.opportunities(desk.profile.id))}


def _store(desk: Desk, id_: str, plan: Plan, due: datetime | None = None) -> Draft:
    draft = compose_draft(desk, id_, plan).model_copy(update={"due": due})
    desk.store.add_draft(draft)
    return draft


def compose_draft(desk: Desk, id_: str, plan: Plan, *, attempt: int = 0) -> Draft:
    """Write and check a plan. Nothing is stored."""
    composition, now = desk.compose(plan, attempt), desk.now
    return Draft(
        id=id_,
        plan=plan,
        segments=composition.segments,
        findings=composition.findings,
        provenance=composition.provenance,
        created=now,
        updated=now,
    )


def find_draft(desk: Desk, id_: str) -> Draft:
    """Raises NotFound for an id that this community does not have."""
    draft = desk.store.draft(id_)
    if draft is None or draft.plan.community != desk.profile.id:
        raise NotFound(f"There is no draft “{id_}” in {desk.profile.name}.")
    return draft


def edit(desk: Desk, id_: str, move: str, text: str, by: str, *, revision: int | None = None) -> Draft:
    """Replace one sentence. `revision` is the one that the person was looking at: raises Conflict if it is outdated."""
    draft = _seen(find_draft(desk, id_), revision)
    return _decide(desk, reviewing.edit(draft, move, text, by, desk.decided_at, desk.check))


def approve(desk: Desk, id_: str, by: str, *, revision: int | None = None, read_by: str | None = None) -> Draft:
    """Approve. Raises NotAllowed with what stands in the way: in the text, or in the facts and the policy of today."""
    draft = _seen(find_draft(desk, id_), revision)
    if (problem := beyond_policy(desk, draft.plan) or withdrawn(desk, draft.plan)) is not None:
        raise NotAllowed(problem)
    sheet = desk.sheet(draft.plan.incident) if draft.plan.incident else None
    return _decide(desk, reviewing.approve(draft, by, desk.decided_at, sheet=sheet, read_by=read_by))


def reject(desk: Desk, id_: str, by: str, reason: str, *, revision: int | None = None) -> Draft:
    draft = _seen(find_draft(desk, id_), revision)
    return _decide(desk, reviewing.reject(draft, by, reason, desk.decided_at))


def reopen(desk: Desk, id_: str, by: str, *, revision: int | None = None) -> Draft:
    draft = _seen(find_draft(desk, id_), revision)
    return _decide(desk, reviewing.reopen(draft, by, desk.decided_at, desk.check))


def rewrite(desk: Desk, id_: str, by: str, *, revision: int | None = None, remedy: str | None = None) -> Draft:
    """Have it written again, from facts as they are now; with `remedy`, offering that remedy of the policy."""
    draft = _seen(find_draft(desk, id_), revision)
    rewrites = sum(decision.action == "rewrite" for decision in desk.store.decisions(id_))
    plan = plan_again(desk, draft.plan, remedy=remedy, on=draft.planned_for)
    composition = desk.compose(plan, attempt=rewrites + 1)
    return _decide(desk, reviewing.rewrite(draft, plan, composition, by, desk.decided_at))


def save_sheet(desk: Desk, incident: str, sheet: Sheet) -> FactSheet:
    """Store the facts of an incident. A changed sheet has to be confirmed again."""
    before = desk.sheet(incident)
    if before.sheet == sheet:
        return before
    changed = FactSheet(incident=incident, sheet=sheet)
    desk.store.save_sheet(desk.profile.id, changed)
    return changed


def fill_sheet(desk: Desk, id_: str, sheet: Sheet, by: str, *, revision: int | None = None) -> Draft:
    """Store the facts behind a draft and have it written again from them. Other drafts that rest on them have to be
    written again before they can be approved.
    """
    draft = _seen(find_draft(desk, id_), revision)
    reviewing.allowed(draft, "rewrite", by)
    if draft.plan.incident is None:
        raise NotAllowed("This draft is about no incident, so there is no fact sheet to fill in.")
    save_sheet(desk, draft.plan.incident, sheet)
    return rewrite(desk, id_, by, revision=revision)


def confirm_sheet(desk: Desk, incident: str, by: str) -> FactSheet:
    """A named person vouches for the facts. Raises NotAllowed without a name, or while the essentials are missing."""
    if not by.strip():
        raise NotAllowed("Enter your name first: whoever confirms a fact sheet vouches for it.")
    sheet = desk.sheet(incident)
    if not any(text.strip() for text in sheet.sheet.what_happened.values()):
        raise NotAllowed("The fact sheet does not say yet what happened.")
    confirmed = sheet.model_copy(update={"confirmed_by": by.strip(), "confirmed_at": desk.decided_at})
    desk.store.save_sheet(desk.profile.id, confirmed)
    return confirmed


def _seen(draft: Draft, revision: int | None) -> Draft:
    if revision is not None and draft.revision != revision:
        raise Conflict("Somebody else changed this draft in the meantime. Open it again to see their version.")
    return draft


def _decide(desk: Desk, reviewed: reviewing.Reviewed) -> Draft:
    desk.store.decide(reviewed.draft, reviewed.decision)
    return reviewed.draft


def _seed(text: str) -> int:
    return int(sha256(text.encode()).hexdigest()[:8], 16)
