"""The moves that a kind requires are said, and none is said twice. An empty segment is a sentence taken out."""

from collections import Counter
from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import LITERAL, VOCABULARY, Finding, Move


def check(subject: Subject) -> Iterator[Finding]:
    said = {segment.move for segment in subject.segments if segment.text.strip()}
    counts = Counter(move.name for move in subject.plan.moves if move.id in said)
    for rule in VOCABULARY[subject.plan.kind]:
        if rule.required and counts[rule.name] < rule.minimum:
            yield finding("moves", "block", f"“{rule.name}” is missing: a {subject.plan.kind} needs it.")
    seen: dict[str, Move] = {}
    for move, segment in subject.pairs:
        words = " ".join(segment.text.casefold().split())
        first = seen.setdefault(words, move)
        if words and first is not move:
            # A literal text stands as it was given: what repeats it is the one to be written again.
            repeating = first if move.situation == LITERAL else move
            yield finding("moves", "block", "says the same as another sentence.", repeating)
