"""A fact that nobody gave stands as `[NEEDS …]` and blocks until a person fills it."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import MISSING_FACT, NEEDS, Finding


def check(subject: Subject) -> Iterator[Finding]:
    for move, segment in subject.pairs:
        for gap in NEEDS.findall(segment.text):
            yield finding(MISSING_FACT, "block", f"{gap}: fill this in, or take the sentence out.", move)
