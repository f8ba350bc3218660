"""One form of address throughout."""

from collections.abc import Iterator

from assistant.checking.subject import Subject, finding
from assistant.domain import Finding


def check(subject: Subject) -> Iterator[Finding]:
    for name in subject.lexicon.address:
        if name == subject.plan.form:
            continue
        for move, segment in subject.pairs:
            for wording in subject.found(f"address.{name}", subject.own_words(move, segment)):
                message = f"“{wording}” is the {name} form; this draft uses the {subject.plan.form} one."
                yield finding("form", "block", message, move)
