"""No promise and no remedy outside the policy: a draft may offer and commit to what its facts say, and nothing else."""

from collections.abc import Iterator

from assistant.checking.subject import QUOTE, Subject, finding
from assistant.domain import Finding

_POLICY_MOVES = frozenset({"repair", "repent", "next_step", "contact", "how_used", "recognition", "closes", "deadline"})
"""Moves that state policy: they may bind the brand, in words of their own, to what their facts say."""


def check(subject: Subject) -> Iterator[Finding]:
    for move, segment in subject.pairs:
        words = subject.own_words(move, segment)
        # That a member asks for something does not put it into the policy.
        policy = "\n".join(value for name, value in move.slots.items() if value and name != QUOTE)
        allowed = subject.lexicon.remedies_in(policy)
        for category in sorted(subject.lexicon.remedies_in(words) - allowed):
            offered = ", ".join(subject.found(f"remedies.{category}", words))
            yield finding(
                "promises",
                "block",
                f"offers a {category} (“{offered}”) that the policy does not give here. "
                "Take it out, or add it under remedies: in community.yaml.",
                move,
            )
        grounded = move.name in _POLICY_MOVES and any(move.slots.values())
        if not grounded:
            for commitment in subject.found("commitments", words):
                yield finding("promises", "block", f"promises (“{commitment}”) without a fact behind it.", move)
