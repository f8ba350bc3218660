"""One contract for both desk stores: the one in memory, and SQL over a database as the migrations make it."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from assistant.adapters.database import open_database
from assistant.adapters.memory import MemoryDeskStore
from assistant.adapters.sql import SqlDeskStore
from assistant.community import Sheet
from assistant.domain import Decision, Draft, Finding, Opportunity, Provenance, Status
from assistant.errors import Conflict
from assistant.ports import BatchState, DeskStore, FactSheet, QueueFilter
from knowledge.adapters.sql import create_engine
from tests import making
from tests.making import NOW


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "engine", "postgres_engine"], ids=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> DeskStore:
    return MemoryDeskStore() if request.param == "memory" else SqlDeskStore(request.getfixturevalue(request.param))


def draft(id_: str = "d1", *, plan: dict[str, Any] | None = None, **changes: Any) -> Draft:
    return making.draft(making.plan(making.move(), **(plan or {})), making.segment("Hello."), id=id_, **changes)


def decided(before: Draft, status: Status = "approved", by: str = "Maja") -> tuple[Draft, Decision]:
    after = before.changed(NOW, status=status)
    return after, Decision(draft=after.id, revision=after.revision, action="approve", by=by, at=NOW)


def opportunity(id_: str = "praise:m1", **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": id_,
        "detector": "praise",
        "kind": "reply",
        "situation": "praise",
        "title": "Anna: Lovely",
        "why": "Praise.",
        "language": "sv",
        "posts": ("m1",),
        "at": NOW,
    }
    return Opportunity(**{**values, **changes})


def test_opportunities_come_back_as_they_were(store: DeskStore) -> None:
    found = opportunity(due=NOW, weight=2.5, topic="mjölk", incident="i", decision="d")
    store.save_opportunities("club", [found])
    assert store.opportunities("club") == [found]


def test_the_most_urgent_opportunity_comes_first(store: DeskStore) -> None:
    never, late = opportunity("never"), opportunity("late", due=NOW + timedelta(days=1))
    light, heavy = opportunity("a-light", due=NOW, weight=1), opportunity("heavy", due=NOW, weight=9)
    store.save_opportunities("club", [never, late, light, heavy])
    assert store.opportunities("club") == [heavy, light, late, never]


def test_saving_opportunities_replaces_those_of_the_same_community_only(store: DeskStore) -> None:
    store.save_opportunities("club", [opportunity("old")])
    store.save_opportunities("other", [opportunity("theirs")])
    store.save_opportunities("club", [])
    assert store.opportunities("club") == []
    assert [o.id for o in store.opportunities("other")] == ["theirs"]


def test_a_draft_comes_back_as_it_was(store: DeskStore) -> None:
    kept = draft(
        findings=(Finding(check="tone", severity="warn", message="ett “utrop”", move="m1"),),
        provenance=Provenance(writer="model", model="m", tokens_in=7, cost=0.25, seconds=1.5),
        due=datetime(2026, 12, 3, 10, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=3, minutes=30))),
        planned_for=date(2026, 12, 4),
        batch="b1",
        plan={"evidence": (making.evidence(at=NOW, author="Åsa", visibility="private"),), "remedy": "new-bag"},
    )
    store.add_draft(kept)
    assert store.draft("d1") == kept


def test_a_draft_that_nobody_added_is_not_there(store: DeskStore) -> None:
    assert store.draft("d1") is None


def test_a_second_draft_of_the_same_id_does_not_replace_the_first(store: DeskStore) -> None:
    first = draft()
    store.add_draft(first)
    store.add_draft(draft(status="approved"))
    assert store.draft("d1") == first


def test_the_queue_has_proposed_drafts_first_then_approved_then_rejected(store: DeskStore) -> None:
    for status in ("rejected", "approved", "proposed"):
        store.add_draft(draft(status, status=status, due=NOW))
    assert [d.id for d in store.drafts("club")] == ["proposed", "approved", "rejected"]


def test_within_a_status_the_queue_goes_by_due_date_then_the_newest_then_the_id(store: DeskStore) -> None:
    old = NOW - timedelta(hours=1)
    for id_, due, created in [
        ("undated-old", None, old),
        ("undated-b", None, NOW),
        ("undated-a", None, NOW),
        ("tomorrow", NOW + timedelta(days=1), NOW),
        ("today-old", NOW, old),
        ("today-new", NOW, NOW),
    ]:
        store.add_draft(draft(id_, due=due, created=created))
    expected = ["today-new", "today-old", "tomorrow", "undated-a", "undated-b", "undated-old"]
    assert [d.id for d in store.drafts("club")] == expected


def test_due_dates_of_several_time_zones_are_ordered_by_the_moment_they_mean(store: DeskStore) -> None:
    sydney = datetime(2026, 12, 1, 19, tzinfo=timezone(timedelta(hours=11)))
    store.add_draft(draft("gothenburg", due=NOW))
    store.add_draft(draft("sydney", due=sydney))
    assert [d.id for d in store.drafts("club")] == ["sydney", "gothenburg"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (QueueFilter(), {"reply", "poll", "swedish", "approved", "batched"}),
        (QueueFilter(status="approved"), {"approved"}),
        (QueueFilter(kind="poll"), {"poll"}),
        (QueueFilter(language="sv"), {"swedish"}),
        (QueueFilter(batch="b1"), {"batched"}),
        (QueueFilter(status="proposed", kind="reply", language="en"), {"reply", "batched"}),
        (QueueFilter(status="rejected"), set()),
    ],
)
def test_the_queue_can_be_narrowed(store: DeskStore, wanted: QueueFilter, expected: set[str]) -> None:
    store.add_draft(draft("reply"))
    store.add_draft(draft("poll", plan={"kind": "poll"}))
    store.add_draft(draft("swedish", plan={"language": "sv"}))
    store.add_draft(draft("approved", status="approved"))
    store.add_draft(draft("batched", batch="b1"))
    store.add_draft(draft("theirs", plan={"community": "other"}))
    assert {d.id for d in store.drafts("club", wanted)} == expected


def test_the_queue_is_no_longer_than_asked_for(store: DeskStore) -> None:
    for n in range(5):
        store.add_draft(draft(f"d{n}"))
    assert [d.id for d in store.drafts("club", limit=2)] == ["d0", "d1"]


def test_drafts_are_counted_by_status(store: DeskStore) -> None:
    for id_, status in [("a", "proposed"), ("b", "proposed"), ("c", "approved")]:
        store.add_draft(draft(id_, status=status))
    assert store.count_drafts("club") == {"proposed": 2, "approved": 1}
    assert store.count_drafts("other") == {}


def test_a_subject_has_the_status_of_its_latest_draft_in_each_language(store: DeskStore) -> None:
    store.add_draft(draft("new", status="proposed", created=NOW))
    store.add_draft(draft("old", status="rejected", created=NOW - timedelta(days=1)))
    store.add_draft(draft("swedish", status="approved", plan={"language": "sv"}))
    store.add_draft(draft("theirs", plan={"community": "other", "subject": "post:x"}))
    assert store.subjects("club") == {("post:m1", "en"): "proposed", ("post:m1", "sv"): "approved"}


def test_only_approved_offers_of_that_remedy_to_those_posts_since_then_count(store: DeskStore) -> None:
    offer = {"remedy": "new-bag"}
    store.add_draft(draft("counts", status="approved", plan=offer))
    store.add_draft(draft("also", status="approved", plan={**offer, "subject": "post:m2"}))
    store.add_draft(draft("proposed", plan=offer))
    store.add_draft(draft("rejected", status="rejected", plan=offer))
    store.add_draft(draft("other remedy", status="approved", plan={"remedy": "shipping"}))
    store.add_draft(draft("other member", status="approved", plan={**offer, "subject": "post:m9"}))
    store.add_draft(draft("other community", status="approved", plan={**offer, "community": "other"}))
    store.add_draft(draft("long ago", status="approved", plan=offer, updated=NOW - timedelta(days=2)))
    since = NOW - timedelta(days=1)
    assert store.remedies_offered("club", ["post:m1", "post:m2", "post:m1"], "new-bag", since) == 2


def test_nothing_was_offered_to_a_member_who_never_wrote(store: DeskStore) -> None:
    store.add_draft(draft(status="approved", plan={"remedy": "new-bag"}))
    assert store.remedies_offered("club", [], "new-bag", NOW - timedelta(days=1)) == 0


def test_a_decision_is_stored_with_the_draft_it_changed(store: DeskStore) -> None:
    store.add_draft(draft())
    after, decision = decided(draft())
    store.decide(after, decision)
    assert store.draft("d1") == after
    assert store.decisions("d1") == [decision]


def test_what_a_decision_changed_is_found_by_the_queue(store: DeskStore) -> None:
    store.add_draft(draft(plan={"remedy": "new-bag"}))
    after, decision = decided(draft(plan={"remedy": "shipping", "language": "sv"}))
    store.decide(after, decision)
    assert store.drafts("club", QueueFilter(status="approved", language="sv")) == [after]
    assert store.remedies_offered("club", ["post:m1"], "shipping", NOW) == 1


def test_decisions_come_in_the_order_they_were_made(store: DeskStore) -> None:
    current = draft()
    store.add_draft(current)
    for n in range(11):
        current, decision = decided(current, by=f"person {n}")
        store.decide(current, decision)
    assert [d.by for d in store.decisions("d1")] == [f"person {n}" for n in range(11)]
    assert store.decisions("d2") == []


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_draft_that_somebody_else_changed_is_a_conflict_and_stays_theirs(store: DeskStore, ahead: int) -> None:
    store.add_draft(draft())
    theirs, decision = decided(draft(), by="Jon")
    store.decide(theirs, decision)
    mine, outdated = decided(draft(revision=1 + ahead), "rejected")
    with pytest.raises(Conflict, match="Somebody else changed"):
        store.decide(mine, outdated)
    assert store.draft("d1") == theirs
    assert store.decisions("d1") == [decision]


def test_nothing_can_be_decided_about_a_draft_that_is_not_there(store: DeskStore) -> None:
    with pytest.raises(Conflict):
        store.decide(*decided(draft()))
    assert store.draft("d1") is None
    assert store.decisions("d1") == []


def test_of_people_who_decide_at_the_same_moment_one_wins_and_the_others_are_told(store: DeskStore) -> None:
    store.add_draft(draft())
    together = Barrier(6)

    def act(n: int) -> bool:
        after, decision = decided(draft(), by=f"person {n}")
        together.wait()
        try:
            store.decide(after, decision)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as people:
        assert sorted(people.map(act, range(6))) == [False] * 5 + [True]
    assert len(store.decisions("d1")) == 1


def test_a_draft_that_two_processes_add_at_the_same_moment_is_there_once(store: DeskStore) -> None:
    together = Barrier(6)

    def act(_: int) -> None:
        for n in range(10):
            together.wait()
            store.add_draft(draft(f"d{n}"))

    with ThreadPoolExecutor(6) as people:
        list(people.map(act, range(6)))
    assert len(store.drafts("club")) == 10


def sheet(**changes: Any) -> FactSheet:
    values: dict[str, Any] = {"incident": "leaks", "sheet": Sheet.model_validate(making.SHEET)}
    return FactSheet(**{**values, **changes})


def test_a_fact_sheet_comes_back_as_it_was(store: DeskStore) -> None:
    kept = sheet(confirmed_by="Jon", confirmed_at=NOW)
    store.save_sheet("club", kept)
    assert store.sheet("club", "leaks") == kept


def test_a_fact_sheet_is_replaced_and_belongs_to_one_community_and_incident(store: DeskStore) -> None:
    store.save_sheet("club", sheet(confirmed_by="Jon"))
    store.save_sheet("club", sheet(sheet=Sheet()))
    assert store.sheet("club", "leaks") == sheet(sheet=Sheet())
    assert store.sheet("other", "leaks") is None
    assert store.sheet("club", "late") is None


def start(store: DeskStore, *slots: str, refused: str | None = None, id_: str = "b1", community: str = "club") -> None:
    planned = [(slot, making.plan(making.move(), title=slot), None) for slot in slots]
    store.start_batch(id_, community, "Winter", [*planned, *([(refused, None, "no idea")] if refused else [])])


def test_a_batch_begins_with_every_planned_slot_open_in_order(store: DeskStore) -> None:
    start(store, "02", "01", refused="03")
    assert [(slot, plan.title) for slot, plan in store.open_slots("b1")] == [("01", "01"), ("02", "02")]
    state = store.batch("b1")
    assert state == BatchState("b1", "Winter", total=3, drafted=0, refused=1, failures=(("03", "no idea"),))
    assert state.open == 2


def test_a_finished_slot_has_its_draft_stored_and_is_no_longer_open(store: DeskStore) -> None:
    start(store, "01", "02")
    store.finish_slot("b1", "01", draft(batch="b1"))
    assert [slot for slot, _ in store.open_slots("b1")] == ["02"]
    assert store.draft("d1") == draft(batch="b1")
    assert store.batch("b1") == BatchState("b1", "Winter", total=2, drafted=1, refused=0, failures=())


def test_a_slot_that_failed_says_why_and_is_no_longer_open(store: DeskStore) -> None:
    start(store, "01", "02")
    store.finish_slot("b1", "02", None, "said already")
    assert [slot for slot, _ in store.open_slots("b1")] == ["01"]
    assert store.batch("b1") == BatchState("b1", "Winter", 2, 0, 1, (("02", "said already"),))


def test_started_again_a_batch_keeps_what_it_has_and_takes_new_slots(store: DeskStore) -> None:
    start(store, "01", "02")
    store.finish_slot("b1", "01", draft())
    start(store, "01", "03", refused="02")
    state = store.batch("b1")
    assert state is not None
    assert (state.total, state.drafted, state.refused) == (3, 1, 0)
    assert [slot for slot, _ in store.open_slots("b1")] == ["02", "03"]


def test_started_again_a_batch_has_new_plans_for_what_failed(store: DeskStore) -> None:
    start(store, "01", refused="02")
    start(store, refused="01")
    store.finish_slot("b1", "01", None, "said already")
    start(store, "02", refused="01")
    assert [(slot, plan.title) for slot, plan in store.open_slots("b1")] == [("02", "02")]
    assert store.batch("b1") == BatchState("b1", "Winter", 2, 0, 1, (("01", "no idea"),))


def test_batches_are_listed_for_their_community_the_one_started_last_at_the_end(store: DeskStore) -> None:
    for id_ in ("b2", "b1", "b4"):
        start(store, "01", id_=id_)
    start(store, "01", id_="b3", community="other")
    assert [state.id for state in store.batches("club")] == ["b2", "b1", "b4"]
    start(store, id_="b1")
    assert [state.id for state in store.batches("club")] == ["b2", "b4", "b1"]


def test_an_unknown_batch_is_nothing(store: DeskStore) -> None:
    assert store.batch("b9") is None
    assert store.open_slots("b9") == []
    assert store.batches("club") == []


def test_what_is_stored_in_sql_is_there_for_the_next_process(engine: Engine) -> None:
    SqlDeskStore(engine).add_draft(draft())
    start(SqlDeskStore(engine), "01")
    again = SqlDeskStore(open_database(str(engine.url)))
    assert again.draft("d1") == draft()
    assert [slot for slot, _ in again.open_slots("b1")] == ["01"]


def test_a_member_with_more_posts_than_sqlite_takes_variables_can_be_counted(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _tight(connection: sqlite3.Connection, _record: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)

    engine.dispose()
    store = SqlDeskStore(engine)
    store.add_draft(draft(status="approved", plan={"remedy": "new-bag", "subject": "post:m1999"}))
    assert store.remedies_offered("club", [f"post:m{n}" for n in range(2000)], "new-bag", NOW) == 1


_COMMUNITIES = count()
MOMENTS = st.integers(0, 365 * 86400).map(lambda seconds: NOW + timedelta(seconds=seconds))
QUEUED = st.tuples(st.sampled_from(["proposed", "approved", "rejected"]), st.none() | MOMENTS, MOMENTS)


@given(st.lists(QUEUED, max_size=12), st.integers(0, 12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_stores_have_the_same_queue(
    engine: Engine, queued: list[tuple[Status, datetime | None, datetime]], limit: int
) -> None:
    community, sql, memory = f"c{next(_COMMUNITIES)}", SqlDeskStore(engine), MemoryDeskStore()
    for n, (status, due, created) in enumerate(queued):
        one = draft(f"{community}-{n}", status=status, due=due, created=created, plan={"community": community})
        sql.add_draft(one)
        memory.add_draft(one)
    assert sql.drafts(community, limit=limit) == memory.drafts(community, limit=limit)
    assert sql.count_drafts(community) == memory.count_drafts(community)
