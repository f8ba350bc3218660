"""The shipped fake of the desk store: everything in dictionaries, for tests and for evaluation cases."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from assistant.domain import Decision, Draft, Opportunity, Plan, Status
from assistant.errors import Conflict
from assistant.ports import BatchState, FactSheet, QueueFilter, Remembered

_URGENCY: dict[Status, int] = {"proposed": 0, "approved": 1, "rejected": 2}
_LATE = datetime.max.replace(tzinfo=UTC)


class MemoryDeskStore:
    """`assistant.ports.DeskStore` in dictionaries."""

    def __init__(self) -> None:
        self._opportunities: dict[str, list[Opportunity]] = {}
        self._drafts: dict[str, Draft] = {}
        self._decisions: dict[str, list[Decision]] = {}
        self._sheets: dict[tuple[str, str], FactSheet] = {}
        self._batches: dict[str, tuple[str, str]] = {}
        self._slots: dict[str, dict[str, tuple[Plan | None, str | None, str | None]]] = {}

    def save_opportunities(self, community: str, opportunities: Sequence[Opportunity]) -> None:
        self._opportunities[community] = sorted(opportunities, key=lambda o: o.urgency)

    def opportunities(self, community: str) -> list[Opportunity]:
        return list(self._opportunities.get(community, []))

    def add_draft(self, draft: Draft) -> None:
        self._drafts.setdefault(draft.id, draft)

    def draft(self, id_: str) -> Draft | None:
        return self._drafts.get(id_)

    def drafts(self, community: str, wanted: QueueFilter = QueueFilter(), limit: int = 100) -> list[Draft]:
        found = [
            draft
            for draft in self._drafts.values()
            if draft.plan.community == community
            and wanted.status in (None, draft.status)
            and wanted.kind in (None, draft.plan.kind)
            and wanted.language in (None, draft.plan.language)
            and wanted.batch in (None, draft.batch)
        ]
        found.sort(key=lambda d: (_URGENCY[d.status], d.due or _LATE, -d.created.timestamp(), d.id))
        return found[:limit]

    def count_drafts(self, community: str) -> dict[Status, int]:
        return dict(Counter(d.status for d in self._drafts.values() if d.plan.community == community))

    def subjects(self, community: str) -> dict[tuple[str, str], Status]:
        drafts = sorted(self._drafts.values(), key=lambda draft: draft.created)
        return {(d.plan.subject, d.plan.language): d.status for d in drafts if d.plan.community == community}

    def remedies_offered(self, community: str, subjects: Sequence[str], remedy: str, since: datetime) -> int:
        return sum(
            draft.plan.community == community
            and draft.plan.subject in subjects
            and draft.plan.remedy == remedy
            and draft.status == "approved"
            and draft.updated >= since
            for draft in self._drafts.values()
        )

    def decide(self, draft: Draft, decision: Decision) -> None:
        stored = self._drafts.get(draft.id)
        if stored is None or stored.revision != draft.revision - 1:
            raise Conflict("Somebody else changed this draft in the meantime. Open it again to see their version.")
        self._drafts[draft.id] = draft
        self._decisions.setdefault(draft.id, []).append(decision)

    def decisions(self, draft: str) -> list[Decision]:
        return list(self._decisions.get(draft, []))

    def sheet(self, community: str, incident: str) -> FactSheet | None:
        return self._sheets.get((community, incident))

    def save_sheet(self, community: str, sheet: FactSheet) -> None:
        self._sheets[community, sheet.incident] = sheet

    def start_batch(
        self, id_: str, community: str, name: str, slots: Sequence[tuple[str, Plan | None, str | None]]
    ) -> None:
        self._batches.pop(id_, None)
        self._batches[id_] = (community, name)
        stored = self._slots.setdefault(id_, {})
        for slot, plan, failure in slots:
            if slot not in stored or stored[slot][2] is not None:
                stored[slot] = (plan, None, failure)

    def open_slots(self, batch: str) -> list[tuple[str, Plan]]:
        slots = sorted(self._slots.get(batch, {}).items())
        return [(slot, plan) for slot, (plan, draft, failure) in slots if plan and not draft and not failure]

    def finish_slot(self, batch: str, slot: str, draft: Draft | None, failure: str | None = None) -> None:
        if draft is not None:
            self.add_draft(draft)
        plan, _, _ = self._slots[batch][slot]
        self._slots[batch][slot] = (plan, draft.id if draft else None, failure)

    def batch(self, id_: str) -> BatchState | None:
        if id_ not in self._batches:
            return None
        slots = self._slots[id_]
        failures = tuple((slot, failure) for slot, (_, _, failure) in sorted(slots.items()) if failure is not None)
        drafted = sum(draft is not None for _, draft, _ in slots.values())
        return BatchState(id_, self._batches[id_][1], len(slots), drafted, len(failures), failures)

    def batches(self, community: str) -> list[BatchState]:
        states = [self.batch(id_) for id_, (owner, _) in self._batches.items() if owner == community]
        return [state for state in states if state is not None]

    def sheets(self, community: str) -> list[FactSheet]:
        return [sheet for (place, _), sheet in sorted(self._sheets.items()) if place == community]

    def erase(self, community: str, concerned: Callable[[Remembered], bool], *, dry_run: bool = False) -> int:
        own = [draft for draft in self._drafts.values() if draft.plan.community == community]
        kept = [found for found in self.opportunities(community) if not concerned(found)]
        gone = {d.id for d in own if concerned(d) or any(map(concerned, self.decisions(d.id)))}
        slots = [
            (batch, slot)
            for batch, (owner, _) in self._batches.items()
            for slot, (plan, draft, failure) in self._slots[batch].items()
            if owner == community
            and (draft in gone or (plan and concerned(plan)) or (failure is not None and concerned(failure)))
        ]
        count = len(self.opportunities(community)) - len(kept) + len(gone) + len(slots)
        if not dry_run:
            self._opportunities[community] = kept
            for id_ in gone:
                del self._drafts[id_]
                self._decisions.pop(id_, None)
            for batch, slot in slots:
                del self._slots[batch][slot]
        return count
