"""A draft never argues, blames, lectures or hurries a member, and never suggests that criticism be removed."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding

_VERDICTS = {
    "arguing": "argues or blames. An onlooker would side with the member.",
    "deleting": "suggests removing criticism. Solve it instead.",
    "insults": "is rude.",
    "instructions": "reads like an order to the assistant, taken over from a post.",
}


def check(subject: Subject) -> Iterator[Finding]:
    for move, segment in subject.pairs:
        words = subject.own_words(move, segment)
        for name, verdict in _VERDICTS.items():
            for wording in subject.found(name, words):
                yield finding("arguing", "block", f"“{wording}” {verdict}", move)
