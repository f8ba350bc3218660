"""No promise and no remedy outside the policy: a draft offers what its facts say, in their words, and nothing else.

A person may put an offer that the facts make into words of their own. They vouch for it, so that is a warning.
"""

from collections.abc import Iterator

from assistant.checking.subject import MEMBERS_WORDS, Subject, finding
from assistant.domain import Finding, Severity

_POLICY_MOVES = frozenset({"repair", "repent", "next_step", "contact", "how_used", "recognition", "closes", "deadline"})
"""Moves that state policy: they may bind the brand, in words of their own, to what their facts say."""
_OFFER = "repair"
"""The one of them that makes an offer: whatever it adds to its fact would be another one."""


def check(subject: Subject) -> Iterator[Finding]:
    for move, segment in subject.pairs:
        words = subject.own_words(move, segment)
        reworded: Severity = "warn" if segment.author == "person" else "block"
        # That a member asks for something does not put it into the policy.
        policy = "\n".join(value for name, value in move.slots.items() if value and name not in MEMBERS_WORDS)
        given = subject.lexicon.remedies_in(policy)
        for category in sorted(subject.lexicon.remedies_in(words)):
            offer = f"offers a {category} (“{', '.join(subject.found(f'remedies.{category}', words))}”)"
            if category in given:
                yield finding("promises", reworded, f"{offer} beyond the words of the policy. Offer no more.", move)
            else:
                advice = "Take it out, or add it under remedies: in community.yaml."
                yield finding("promises", "block", f"{offer} that the policy does not give here. {advice}", move)
        grounded = move.name in _POLICY_MOVES and bool(policy)
        for commitment in () if grounded and move.name != _OFFER else subject.found("commitments", words):
            if grounded:
                yield finding("promises", reworded, f"promises (“{commitment}”) beyond the words of the policy.", move)
            else:
                yield finding("promises", "block", f"promises (“{commitment}”) without a fact behind it.", move)
