"""A poll's options: enough, different, short enough for the places where polls are held."""

from collections.abc import Iterator, Mapping

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding

LONGEST = 55
TIGHT: Mapping[str, int] = {"X and Threads": 25, "LinkedIn": 30, "Mastodon": 50}
"""Characters of an option where it is shorter than Discord's 55 (collected 2026-11)."""
MOST = 10


def check(subject: Subject) -> Iterator[Finding]:
    options = [(move, segment.text.strip()) for move, segment in subject.pairs if move.name == "option"]
    if len(options) > MOST:
        yield finding("options", "block", f"{len(options)} options; ten is the most a poll can have.")
    seen: set[str] = set()
    for move, text in options:
        folded = " ".join(text.casefold().strip(" .?!").split())
        if folded in seen:
            yield finding("options", "block", "the same option stands there twice.", move)
        seen.add(folded)
        if len(text) > LONGEST:
            yield finding("options", "block", f"{len(text)} characters; an option has {LONGEST} at most.", move)
        elif tight := [name for name, most in TIGHT.items() if len(text) > most]:
            yield finding("options", "warn", f"{len(text)} characters: too long for {', '.join(tight)}.", move)
