"""The phrasebook writer: deterministic, offline, in every language that has a phrasebook. Always writes every move."""

from collections.abc import Mapping, Sequence
from random import Random

import regex

from assistant.domain import LITERAL, Finding, Move, Plan, Provenance, Segment
from assistant.ports import Written
from prompts.phrasebook import phrasebook

_SLOT = regex.compile(r"\{+\s*(\w+)\s*\}+(\.?)")


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
    return fill(variants[(first + attempt) % len(variants)], slots)


def fill(text: str, slots: Mapping[str, str | None]) -> str:
    """The text with the values of its slots, as they are. Braces around anything else stay."""

    def filled(slot: "regex.Match[str]") -> str:
        value = slots.get(slot[1].lower())
        # “Piotr W.” at the end of a sentence brings a full stop of its own.
        return value + ("" if value.endswith(".") else slot[2]) if value else slot[0]

    return _SLOT.sub(filled, text)
