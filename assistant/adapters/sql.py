"""The tables of the desk, and the desk store over them. They share one metadata and one history of migrations."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import BaseModel
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from assistant.domain import Decision, Draft, Opportunity, Plan, Status
from assistant.errors import Conflict
from assistant.ports import BatchState, FactSheet, QueueFilter, Remembered
from knowledge.adapters.sql import UtcDateTime, in_batches, metadata, upsert

opportunities = Table(
    "opportunities",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("id", String(400), primary_key=True),
    Column("due", UtcDateTime),
    Column("body", JSON, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("community", String(48), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("status", String(16), nullable=False),
    Column("due", UtcDateTime),
    Column("planned_for", Date),
    Column("batch", String(64)),
    Column("remedy", String(64)),
    Column("created", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Index("ix_drafts_queue", "community", "status", "due"),
    Index("ix_drafts_subject", "community", "subject"),
    Index("ix_drafts_batch", "batch"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("draft", String(64), ForeignKey("drafts.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("action", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("body", JSON, nullable=False),
)

fact_sheets = Table(
    "fact_sheets",
    metadata,
    Column("community", String(48), primary_key=True),
    Column("incident", String(400), primary_key=True),
    Column("body", JSON, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("community", String(48), nullable=False),
    Column("name", Text, nullable=False),
    # By the clock on the wall: for an archive, the desk's own stands still.
    Column("started", UtcDateTime, nullable=False),
)

batch_slots = Table(
    "batch_slots",
    metadata,
    Column("batch", String(64), ForeignKey("batches.id"), primary_key=True),
    Column("slot", String(200), primary_key=True),
    Column("plan", JSON),
    Column("draft", String(64)),
    Column("failure", Text),
)

_URGENCY = case({"proposed": 0, "approved": 1, "rejected": 2}, value=drafts.c.status)


def _json(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json")


class SqlDeskStore:
    """`assistant.ports.DeskStore` over a SQL database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save_opportunities(self, community: str, found: Sequence[Opportunity]) -> None:
        rows = [{"community": community, "id": o.id, "due": o.due, "body": _json(o)} for o in found]
        with self._engine.begin() as connection:
            connection.execute(delete(opportunities).where(opportunities.c.community == community))
            upsert(connection, opportunities, rows)

    def opportunities(self, community: str) -> list[Opportunity]:
        query = select(opportunities.c.body).where(opportunities.c.community == community)
        with self._engine.connect() as connection:
            found = [Opportunity.model_validate(row.body) for row in connection.execute(query)]
        return sorted(found, key=lambda o: o.urgency)

    def add_draft(self, draft: Draft) -> None:
        with self._engine.begin() as connection:
            _add_draft(connection, draft)

    def draft(self, id_: str) -> Draft | None:
        with self._engine.connect() as connection:
            body = connection.scalar(select(drafts.c.body).where(drafts.c.id == id_))
            return Draft.model_validate(body) if body is not None else None

    def drafts(self, community: str, wanted: QueueFilter = QueueFilter(), limit: int = 100) -> list[Draft]:
        query = select(drafts.c.body).where(drafts.c.community == community)
        for name, value in wanted._asdict().items():
            if value is not None:
                query = query.where(drafts.c[name] == value)
        query = query.order_by(_URGENCY, drafts.c.due.is_(None), drafts.c.due, drafts.c.created.desc(), drafts.c.id)
        with self._engine.connect() as connection:
            return [Draft.model_validate(row.body) for row in connection.execute(query.limit(limit))]

    def count_drafts(self, community: str) -> dict[Status, int]:
        query = select(drafts.c.status, func.count()).where(drafts.c.community == community).group_by(drafts.c.status)
        with self._engine.connect() as connection:
            return {cast(Status, status): count for status, count in connection.execute(query)}

    def subjects(self, community: str) -> dict[tuple[str, str], Status]:
        query = (
            select(drafts.c.subject, drafts.c.language, drafts.c.status)
            .where(drafts.c.community == community)
            .order_by(drafts.c.created)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query)
            return {(row.subject, row.language): cast(Status, row.status) for row in rows}

    def remedies_offered(self, community: str, subjects: Sequence[str], remedy: str, since: datetime) -> int:
        query = select(func.count()).where(
            drafts.c.community == community,
            drafts.c.remedy == remedy,
            drafts.c.status == "approved",
            drafts.c.updated >= since,
        )
        with self._engine.connect() as connection:
            counts = [connection.scalar(query.where(drafts.c.subject.in_(batch))) for batch in in_batches(subjects)]
        return sum(count or 0 for count in counts)

    def decide(self, draft: Draft, decision: Decision) -> None:
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(drafts)
                .where(drafts.c.id == draft.id, drafts.c.revision == draft.revision - 1)
                .values(**{key: value for key, value in _draft_row(draft).items() if key != "id"})
            )
            if changed.rowcount != 1:
                raise Conflict("Somebody else changed this draft in the meantime. Open it again to see their version.")
            row = {"draft": draft.id, "revision": draft.revision, "action": decision.action, "by": decision.by}
            connection.execute(insert(decisions).values(**row, at=decision.at, body=_json(decision)))

    def decisions(self, draft: str) -> list[Decision]:
        query = select(decisions.c.body).where(decisions.c.draft == draft).order_by(decisions.c.revision)
        with self._engine.connect() as connection:
            return [Decision.model_validate(row.body) for row in connection.execute(query)]

    def sheet(self, community: str, incident: str) -> FactSheet | None:
        query = select(fact_sheets.c.body).where(
            fact_sheets.c.community == community, fact_sheets.c.incident == incident
        )
        with self._engine.connect() as connection:
            body = connection.scalar(query)
            return FactSheet.model_validate(body) if body is not None else None

    def save_sheet(self, community: str, sheet: FactSheet) -> None:
        with self._engine.begin() as connection:
            row = {"community": community, "incident": sheet.incident, "body": _json(sheet)}
            upsert(connection, fact_sheets, [row])

    def start_batch(
        self, id_: str, community: str, name: str, slots: Sequence[tuple[str, Plan | None, str | None]]
    ) -> None:
        with self._engine.begin() as connection:
            row = {"id": id_, "community": community, "name": name, "started": datetime.now(UTC)}
            upsert(connection, batches, [row])
            kept = select(batch_slots.c.slot).where(batch_slots.c.batch == id_, batch_slots.c.failure.is_(None))
            stored = set(connection.scalars(kept))
            rows = [
                {"batch": id_, "slot": slot, "plan": _json(plan) if plan else None, "failure": failure}
                for slot, plan, failure in slots
                if slot not in stored
            ]
            upsert(connection, batch_slots, rows)

    def open_slots(self, batch: str) -> list[tuple[str, Plan]]:
        query = (
            select(batch_slots.c.slot, batch_slots.c.plan)
            .where(batch_slots.c.batch == batch, batch_slots.c.draft.is_(None), batch_slots.c.failure.is_(None))
            .order_by(batch_slots.c.slot)
        )
        with self._engine.connect() as connection:
            return [(row.slot, Plan.model_validate(row.plan)) for row in connection.execute(query)]

    def finish_slot(self, batch: str, slot: str, draft: Draft | None, failure: str | None = None) -> None:
        with self._engine.begin() as connection:
            if draft is not None:
                _add_draft(connection, draft)
            connection.execute(
                update(batch_slots)
                .where(batch_slots.c.batch == batch, batch_slots.c.slot == slot)
                .values(draft=draft.id if draft else None, failure=failure)
            )

    def batch(self, id_: str) -> BatchState | None:
        states = self._states(batches.c.id == id_)
        return states[0] if states else None

    def batches(self, community: str) -> list[BatchState]:
        return self._states(batches.c.community == community)

    def sheets(self, community: str) -> list[FactSheet]:
        query = select(fact_sheets.c.body).where(fact_sheets.c.community == community).order_by(fact_sheets.c.incident)
        with self._engine.connect() as connection:
            return [FactSheet.model_validate(body) for body in connection.scalars(query)]

    def erase(self, community: str, concerned: Callable[[Remembered], bool], *, dry_run: bool = False) -> int:
        with self._engine.begin() as connection:
            noticed, written, slots = _concerned(connection, community, concerned)
            if not dry_run:
                of_community = opportunities.c.community == community
                for ids in in_batches(noticed):
                    connection.execute(delete(opportunities).where(of_community, opportunities.c.id.in_(ids)))
                for batch, slot in slots:
                    one = (batch_slots.c.batch == batch) & (batch_slots.c.slot == slot)
                    connection.execute(delete(batch_slots).where(one))
                for ids in in_batches(written):
                    connection.execute(delete(decisions).where(decisions.c.draft.in_(ids)))
                    connection.execute(delete(drafts).where(drafts.c.id.in_(ids)))
            return len(noticed) + len(written) + len(slots)

    def _states(self, condition: Any) -> list[BatchState]:
        query = (
            select(batches, batch_slots.c.slot, batch_slots.c.draft, batch_slots.c.failure)
            .join(batch_slots, batch_slots.c.batch == batches.c.id)
            .where(condition)
            .order_by(batches.c.started, batches.c.id, batch_slots.c.slot)
        )
        grouped: dict[str, list[Any]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                grouped.setdefault(row.id, []).append(row)
        return [
            BatchState(
                id=id_,
                name=rows[0].name,
                total=len(rows),
                drafted=sum(row.draft is not None for row in rows),
                refused=sum(row.failure is not None for row in rows),
                failures=tuple((row.slot, row.failure) for row in rows if row.failure is not None),
            )
            for id_, rows in grouped.items()
        ]


def _concerned(
    connection: Connection, community: str, concerned: Callable[[Remembered], bool]
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """The ids of opportunities and drafts, and the keys of slots, that are concerned."""
    found = connection.execute(select(opportunities).where(opportunities.c.community == community))
    noticed = [row.id for row in found if concerned(Opportunity.model_validate(row.body))]
    paged = {"yield_per": 500}
    own = select(drafts.c.id, drafts.c.body).where(drafts.c.community == community).execution_options(**paged)
    written = {row.id for row in connection.execute(own) if concerned(Draft.model_validate(row.body))}
    decided = select(decisions.c.draft, decisions.c.body).join(drafts, drafts.c.id == decisions.c.draft)
    for row in connection.execute(decided.where(drafts.c.community == community).execution_options(**paged)):
        if row.draft not in written and concerned(Decision.model_validate(row.body)):
            written.add(row.draft)
    planned = select(batch_slots).join(batches, batches.c.id == batch_slots.c.batch)
    slots = [
        (row.batch, row.slot)
        for row in connection.execute(planned.where(batches.c.community == community).execution_options(**paged))
        if row.draft in written
        or (row.plan is not None and concerned(Plan.model_validate(row.plan)))
        or (row.failure is not None and concerned(row.failure))
    ]
    return noticed, sorted(written), slots


def _add_draft(connection: Connection, draft: Draft) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(drafts).values(**_draft_row(draft)).on_conflict_do_nothing())


def _draft_row(draft: Draft) -> dict[str, Any]:
    plan = draft.plan
    return {
        "id": draft.id,
        "community": plan.community,
        "kind": plan.kind,
        "language": plan.language,
        "subject": plan.subject,
        "status": draft.status,
        "due": draft.due,
        "planned_for": draft.planned_for,
        "batch": draft.batch,
        "remedy": plan.remedy,
        "created": draft.created,
        "updated": draft.updated,
        "revision": draft.revision,
        "body": _json(draft),
    }
