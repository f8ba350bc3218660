"""What a segment cites exists in its plan, and a segment that claims something cites something."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding

_CLAIMS = frozenset({
    *("restate", "own", "explain", "repair", "regret", "repent"),
    *("hook", "option", "how_used", "closes", "why", "deadline", "recognition"),
})  # fmt: skip
"""Moves that state something about the community or the brand."""


def check(subject: Subject) -> Iterator[Finding]:
    known = subject.plan.evidence_by_id
    for move, segment in subject.pairs:
        for id_ in segment.evidence:
            if id_ not in known:
                yield finding("evidence", "block", f"rests on “{id_}”, which is not among the evidence.", move)
        if move.name in _CLAIMS and not segment.evidence and not move.missing and segment.author != "person":
            yield finding("evidence", "block", "claims something without evidence.", move)
        for id_ in segment.evidence:
            if id_ in known and known[id_].suspicious:
                yield finding("evidence", "warn", "rests on a post that reads like an order to the assistant.", move)
