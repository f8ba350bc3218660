"""As long as the kind allows, and no sentence without end."""

from collections.abc import Iterator, Mapping

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding, Kind, lay_out

LONGEST: Mapping[Kind, int] = {"reply": 1600, "apology": 3000, "poll": 1500, "challenge": 3000}
"""Characters of a whole text: within what Discord (2,000 a message) or LinkedIn (3,000 a post) take at once."""
SEGMENT = 700


def check(subject: Subject) -> Iterator[Finding]:
    longest = LONGEST[subject.plan.kind]
    total = len(lay_out(subject.plan, subject.segments))
    if total > longest:
        yield finding("length", "block", f"has {total} characters; {longest} is the most for its kind.")
    for move, segment in subject.pairs:
        if len(segment.text) > SEGMENT + len(subject.facts_of(move)):
            yield finding("length", "block", f"has {len(segment.text)} characters in one move.", move)
