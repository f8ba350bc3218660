"""The phrasebook writer: deterministic, offline, in every language that has a phrasebook. Always writes every move."""

from collections.abc import Sequence
from random import Random

from assistant.domain import LITERAL, Finding, Move, Plan, Provenance, Segment
from assistant.ports import Written
from prompts.phrasebook import phrasebook


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
    return variants[(first + attempt) % len(variants)].format_map(slots)
