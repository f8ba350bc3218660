"""What every plan has in common, whatever its kind."""

from assistant.domain import LITERAL, VOCABULARY, Plan
from prompts.phrasebook import SLOTS


def assert_well_formed(plan: Plan) -> None:
    """Moves stand in the order of their kind's vocabulary, can be said by every phrasebook, and cite known evidence."""
    order = [rule.name for rule in VOCABULARY[plan.kind]]
    positions = [order.index(move.name) for move in plan.moves]
    assert positions == sorted(positions)
    assert [move.id for move in plan.moves] == [f"m{n}" for n in range(1, len(plan.moves) + 1)]
    for rule in VOCABULARY[plan.kind]:
        if rule.required:
            assert sum(move.name == rule.name for move in plan.moves) >= rule.minimum, rule.name
    for move in plan.moves:
        expected = {"text"} if move.situation == LITERAL else SLOTS[plan.kind, move.name, move.situation]
        assert move.slots.keys() == expected
        assert set(move.evidence) <= plan.evidence_by_id.keys()
    assert len(plan.evidence_by_id) == len(plan.evidence)
    if plan.audience == "public":
        assert all(item.visibility == "public" for item in plan.evidence)


def said(plan: Plan) -> list[str]:
    """The names of the moves, in order."""
    return [move.name for move in plan.moves]
