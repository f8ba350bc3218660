"""One module per check: what a draft says, held against its plan and the community's rules. Pure."""

from collections.abc import Sequence

from assistant.checking import (
    arguing,
    evidence,
    facts,
    form,
    language,
    length,
    missing,
    moves,
    options,
    privacy,
    promises,
    tone,
    verbatim,
)
from assistant.checking.subject import Detect, Subject
from assistant.community import Profile
from assistant.domain import Finding, Plan, Segment

CHECKS = (
    moves.check,
    missing.check,
    evidence.check,
    facts.check,
    promises.check,
    verbatim.check,
    arguing.check,
    privacy.check,
    language.check,
    form.check,
    length.check,
    tone.check,
    options.check,
)


def check(plan: Plan, segments: Sequence[Segment], profile: Profile, detect: Detect) -> tuple[Finding, ...]:
    """Run all checks. Findings come in the order of the checks, each check's in the order of the text."""
    subject = Subject(plan, tuple(segments), profile, detect)
    return tuple(finding for each in CHECKS for finding in each(subject))
