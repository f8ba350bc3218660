"""The calm voice: no capitals for emphasis, no exclamation marks."""

from collections.abc import Iterator

import regex

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding, Severity

_CAPITALS = regex.compile(r"(?<!\p{L})\p{Lu}{4,}(?!\p{L})")
_EXCLAMATION = regex.compile(r"[!！]+")


def check(subject: Subject) -> Iterator[Finding]:
    total = 0
    for move, segment in subject.pairs:
        words = subject.own_words(move, segment)
        for shout in dict.fromkeys(_CAPITALS.findall(words)):
            if shout not in subject.all_facts:
                yield finding("tone", "block", f"“{shout}” shouts.", move)
        marks = _EXCLAMATION.findall(words)
        total += len(marks)
        if any(len(mark) > 1 for mark in marks):
            yield finding("tone", "block", "several exclamation marks in a row.", move)
        elif marks:
            severity: Severity = "warn" if total == 1 else "block"
            yield finding("tone", severity, "an exclamation mark: a calm voice does without.", move)
