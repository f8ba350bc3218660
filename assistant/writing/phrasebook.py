"""The phrasebook writer: deterministic, offline, in every language that has a phrasebook. Always writes every move."""

from collections.abc import Sequence
from random import Random

import regex

from assistant.domain import LITERAL, Finding, Move, Plan, Provenance, Segment
from assistant.ports import Written
from prompts.phrasebook import phrasebook

_TWO_STOPS = regex.compile(r"(?<!\.)\.\.(?!\.)")


class PhrasebookWriter:
    """Chooses one phrase per move by the plan's seed; another attempt chooses another phrase."""

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        segments = {
            move.id: Segment(
                move=move.id, text=_phrase(plan, move, attempt), author="phrasebook", evidence=move.evidence
            )
            for move in moves
        }
        return Written(segments, Provenance(writer="phrasebook"))


def _phrase(plan: Plan, move: Move, attempt: int) -> str:
    slots = {name: value or f"[NEEDS {name.replace('_', ' ')}]" for name, value in move.slots.items()}
    if move.situation == LITERAL:
        return slots["text"]
    variants = phrasebook(plan.language).variants(plan.kind, move.name, move.situation, plan.form)
    first = Random(f"{plan.seed} {plan.subject} {move.id}").randrange(len(variants))  # noqa: S311  not a secret
    # “Piotr W.” at the end of a sentence brings a full stop of its own.
    return _TWO_STOPS.sub(".", variants[(first + attempt) % len(variants)].format_map(slots))
