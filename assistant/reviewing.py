"""What a person may decide about a draft, and when. Pure: each function returns the changed draft and the decision.

proposed ──edit, rewrite──▶ proposed          approved ──reopen──▶ proposed
proposed ──approve──▶ approved                rejected ──reopen, rewrite──▶ proposed
proposed ──reject──▶ rejected
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from assistant.domain import Action, Change, Decision, Draft, Plan, Segment, Status, lay_out
from assistant.errors import NotAllowed
from assistant.ports import FactSheet
from assistant.writing.compose import Check, Composition

LEGAL: Mapping[Action, frozenset[Status]] = {
    "edit": frozenset({"proposed"}),
    "approve": frozenset({"proposed"}),
    "reject": frozenset({"proposed"}),
    "rewrite": frozenset({"proposed", "rejected"}),
    "reopen": frozenset({"approved", "rejected"}),
}
"""From which statuses each action is possible."""

_WHAT_NEXT: Mapping[Status, str] = {
    "proposed": "it has not been decided yet",
    "approved": "it is approved; reopen it first",
    "rejected": "it is rejected; reopen it first",
}


class Reviewed(NamedTuple):
    draft: Draft
    decision: Decision


def edit(draft: Draft, move: str, text: str, by: str, now: datetime, check: Check) -> Reviewed:
    """Replace one sentence by a person's words, or take it out with an empty text. The checks run again.

    Raises NotAllowed for an unknown sentence, one that the kind cannot do without, or a draft that is not proposed.
    """
    by = allowed(draft, "edit", by)
    text = text.strip()
    before = next((segment for segment in draft.segments if segment.move == move), None)
    if before is None:
        raise NotAllowed(f"This draft has no sentence “{move}”.")
    new = Segment(move=move, text=text, author="person", evidence=before.evidence)
    segments = tuple(new if segment.move == move else segment for segment in draft.segments)
    findings = check(draft.plan, segments)
    # A sentence said twice is a finding about that sentence; a move that is missing, about the whole.
    if not text and any(finding.check == "moves" and finding.move is None for finding in findings):
        raise NotAllowed("This kind of text cannot do without that sentence. Write another, or reject the draft.")
    changed = draft.changed(now, segments=segments, findings=findings)
    return _decided(changed, "edit", by, now, changes=(Change(move=move, before=before.text, after=text),))


def rewrite(draft: Draft, plan: Plan, composition: Composition, by: str, now: datetime) -> Reviewed:
    """Put a newly planned and written text in place of the old one. A rejected draft is proposed again."""
    by = allowed(draft, "rewrite", by)
    change = Change(move="*", before=draft.text, after=lay_out(plan, composition.segments))
    changed = draft.changed(
        now,
        plan=plan,
        segments=composition.segments,
        findings=composition.findings,
        provenance=composition.provenance,
        status="proposed",
    )
    return _decided(changed, "rewrite", by, now, changes=(change,))


def approve(
    draft: Draft, by: str, now: datetime, *, sheet: FactSheet | None = None, read_by: str | None = None
) -> Reviewed:
    """Approve a draft as it stands.

    Raises NotAllowed while a finding blocks; for a text about an incident, until a named person has confirmed the fact
    sheet; and for an apology or an answer to grief, until the person who approves has confirmed in their name
    (`read_by`) to have read it and to mean it.
    """
    by = allowed(draft, "approve", by)
    if draft.blocking:
        raise NotAllowed("Not yet: " + " · ".join(finding.message for finding in draft.blocking))
    if (draft.plan.kind == "apology" or draft.plan.incident) and (sheet is None or not sheet.confirmed_by):
        raise NotAllowed("A text about an incident needs its fact sheet confirmed by a named person first.")
    if draft.plan.personal and (read_by or "").strip() != by:
        raise NotAllowed(
            "This text is never approved unread. Confirm, in your own name, that you have read it and mean it."
        )
    return _decided(draft.changed(now, status="approved"), "approve", by, now)


def reject(draft: Draft, by: str, reason: str, now: datetime) -> Reviewed:
    """Reject a draft and say why. Raises NotAllowed without a reason."""
    by = allowed(draft, "reject", by)
    if not reason.strip():
        raise NotAllowed("Say in a few words why, so that the next draft can be better.")
    return _decided(draft.changed(now, status="rejected"), "reject", by, now, reason=reason.strip())


def reopen(draft: Draft, by: str, now: datetime, check: Check) -> Reviewed:
    """Take a decision back: the draft is proposed again, and checked again."""
    by = allowed(draft, "reopen", by)
    findings = check(draft.plan, draft.segments)
    return _decided(draft.changed(now, status="proposed", findings=findings), "reopen", by, now)


def possible(status: Status) -> frozenset[Action]:
    """What can be done with a draft in this status."""
    return frozenset(action for action, statuses in LEGAL.items() if status in statuses)


def allowed(draft: Draft, action: Action, by: str) -> str:
    """The name to sign with. Raises NotAllowed without one, or where the draft's status forbids the action."""
    if not by.strip():
        raise NotAllowed("Enter your name first: every decision carries one.")
    if draft.status not in LEGAL[action]:
        raise NotAllowed(f"This draft cannot be changed like that ({action}): {_WHAT_NEXT[draft.status]}.")
    return by.strip()


def _decided(
    draft: Draft,
    action: Action,
    by: str,
    now: datetime,
    *,
    reason: str | None = None,
    changes: tuple[Change, ...] = (),
) -> Reviewed:
    decision = Decision(
        draft=draft.id, revision=draft.revision, action=action, by=by, at=now, reason=reason, changes=changes
    )
    return Reviewed(draft, decision)
