"""Write, check, repair, fall back: how a plan becomes segments that pass the checks, whatever the writer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from time import perf_counter
from typing import NamedTuple

from assistant.domain import LITERAL, MISSING_FACT, Finding, Move, Plan, Provenance, Segment
from assistant.errors import ModelFailed
from assistant.ports import Writer

MAX_REWRITES = 2

Check = Callable[[Plan, Sequence[Segment]], tuple[Finding, ...]]
"""All checks at once: the findings about these segments of a plan."""


class Composition(NamedTuple):
    """A complete draft: one segment per move, what the checks say about it, and how it came about."""

    segments: tuple[Segment, ...]
    findings: tuple[Finding, ...]
    provenance: Provenance


def compose(plan: Plan, writer: Writer, phrasebook: Writer, check: Check, attempt: int = 0) -> Composition:
    """Have `writer` write the plan, and write again what blocks, at most twice; the phrasebook covers the rest.

    A finding about the whole draft sends all of it back. Moves that lack a fact are always the phrasebook's, so that
    what is missing stands there as `[NEEDS …]` and no writer can fill it with an invention.
    """
    started = perf_counter()
    fallback = phrasebook.write(plan, plan.moves, attempt=attempt).segments
    writable = [move for move in plan.moves if not move.missing and move.situation != LITERAL]
    texts: dict[str, Segment] = {}
    provenance: Provenance | None = None
    failure: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    wanted = writable
    for round_ in range(1 + MAX_REWRITES):
        try:
            written = writer.write(plan, wanted, findings, attempt + round_)
        except ModelFailed as error:
            failure = (Finding(check="model", severity="warn", message=f"{error} The phrasebook wrote the rest."),)
            break
        texts |= {move.id: written.segments[move.id] for move in wanted if move.id in written.segments}
        provenance = _add(provenance, written.provenance)
        findings = _repairable(plan, check(plan, _in_order(plan, texts, fallback)))
        wanted = _to_rewrite(writable, texts, findings)
        if not wanted:
            break
    segments = _in_order(plan, _kept(plan, texts, fallback, check), fallback)
    seconds = round(perf_counter() - started, 4)
    provenance = (provenance or Provenance(writer="phrasebook")).model_copy(update={"seconds": seconds})
    return Composition(segments, (*check(plan, segments), *failure), provenance)


def _kept(
    plan: Plan, texts: Mapping[str, Segment], fallback: Mapping[str, Segment], check: Check
) -> dict[str, Segment]:
    """The texts that do not block: those whose own segment does are dropped, then all if the phrasebook does better."""
    kept = dict(texts)
    for finding in _repairable(plan, check(plan, _in_order(plan, kept, fallback))):
        kept.pop(finding.move or "", None)
    left = _repairable(plan, check(plan, _in_order(plan, kept, fallback)))
    if not left:
        return kept
    unavoidable = _repairable(plan, check(plan, _in_order(plan, {}, fallback)))
    return kept if len(left) <= len(unavoidable) else {}


def _in_order(plan: Plan, texts: Mapping[str, Segment], fallback: Mapping[str, Segment]) -> tuple[Segment, ...]:
    return tuple(texts.get(move.id) or fallback[move.id] for move in plan.moves)


def _repairable(plan: Plan, findings: Collection[Finding]) -> tuple[Finding, ...]:
    """What writing again could mend: not a fact that nobody gave, but a gap where nothing is missing."""
    lacking = {move.id for move in plan.moves if move.missing}
    return tuple(f for f in findings if f.severity == "block" and not (f.check == MISSING_FACT and f.move in lacking))


def _to_rewrite(writable: Sequence[Move], texts: Mapping[str, Segment], findings: Sequence[Finding]) -> list[Move]:
    if any(finding.move is None for finding in findings):
        return list(writable)
    bad = {finding.move for finding in findings}
    return [move for move in writable if move.id in bad or move.id not in texts]


def _add(total: Provenance | None, part: Provenance) -> Provenance:
    if total is None:
        return part
    costs = [cost for cost in (total.cost, part.cost) if cost is not None]
    return part.model_copy(
        update={
            "tokens_in": total.tokens_in + part.tokens_in,
            "tokens_out": total.tokens_out + part.tokens_out,
            "cost": sum(costs) if costs else None,
        }
    )
