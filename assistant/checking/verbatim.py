"""What a sentence was given to say stands in it word for word: a fact of ours, a member's words.

A person may say a fact in words of their own: they vouch for it, and are warned. They need not quote.
"""

from collections.abc import Iterator

import regex

from assistant.checking.subject import MEMBERS_WORDS, QUOTE, Subject, finding, wordings
from assistant.domain import LITERAL, Finding, Severity

_BLANK = regex.compile(r"\{\w+\}")


def check(subject: Subject) -> Iterator[Finding]:
    for move, segment in subject.pairs:
        if move.situation == LITERAL or not segment.text.strip():
            continue
        by_person = segment.author == "person"
        severity: Severity = "warn" if by_person else "block"
        free = MEMBERS_WORDS if by_person else MEMBERS_WORDS - {QUOTE}
        for name, value in move.slots.items():
            if value and name not in free and not any(wording in segment.text for wording in wordings(value)):
                # Without the value: it may be a member's words, and a model is told this outside of the evidence.
                what = name.replace("_", " ")
                yield finding("verbatim", severity, f"{{{name}}} is missing: the {what} belongs here as given.", move)
        for blank in [] if by_person else dict.fromkeys(_BLANK.findall(subject.own_words(move, segment))):
            yield finding("verbatim", "block", f"{blank} stands for nothing in this sentence.", move)
