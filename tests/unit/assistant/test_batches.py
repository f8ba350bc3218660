import csv
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import usecases
from assistant.batches import BatchPlan, batch_id, first_day, make_plan, parse_plan, read_plan, run_batch, write_files
from assistant.desk import PHRASEBOOK, Desk
from assistant.domain import Brief, Draft, Finding, Move, Opportunity, Plan, Provenance, Segment
from assistant.errors import BadPlan, Conflict
from assistant.ports import QueueFilter, Writer, Written
from knowledge.adapters.memory import ScriptedLanguages
from tests import making
from tests.making import NOW, message

ALPHABET = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima")


def planned(*drafts: dict[str, Any], **changes: Any) -> BatchPlan:
    return make_plan({"name": "Winter", "drafts": list(drafts), **changes}, "plan")


def praised(count: int, language: str = "en", **changes: Any) -> Desk:
    """A desk on which so many posts of praise were noticed in one language."""
    posts = [message(f"p{n}", f"Lovely wonderful superb {ALPHABET[n % 12]}.", author=f"a{n}") for n in range(count)]
    desk = making.desk(*posts, **changes)
    desk.store.save_opportunities("club", [opportunity(post.id, language) for post in posts])
    return desk


def opportunity(post: str, language: str = "en", **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"praise:{post}",
        "detector": "praise",
        "kind": "reply",
        "situation": "praise",
        "title": "",
        "why": "",
        "language": language,
        "posts": (post,),
        "at": NOW,
    }
    return Opportunity(**{**values, **changes})


def written(desk: Desk) -> list[Draft]:
    return [d for state in desk.store.batches("club") for d in desk.store.drafts("club", QueueFilter(batch=state.id))]


@pytest.mark.parametrize(
    ("week", "monday"),
    [("2026-W49", date(2026, 11, 30)), ("2026-W53", date(2026, 12, 28)), ("2027-W01", date(2027, 1, 4))],
)
def test_a_week_begins_on_its_monday(week: str, monday: date) -> None:
    assert first_day(week) == monday


@pytest.mark.parametrize(
    "week", ["", "2026", "2026-49", "W49", "2026-W00", "2025-W53", "2026-W54", "2026-w49", "2026-W49 "]
)
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(ValueError, match=r"week|Invalid"):
        first_day(week)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
@settings(max_examples=60, deadline=None)
def test_every_day_lies_in_the_week_that_is_named_after_it(day: date) -> None:
    year, week, weekday = day.isocalendar()
    assert (day - first_day(f"{year}-W{week:02d}")).days == weekday - 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "top"),
        ("just words", "top"),
        ("name: Winter", "drafts"),
        ("name: ''\ndrafts: [{kind: poll, count: 1}]", "name"),
        ("name: Winter\ndrafts: []", "drafts"),
        ("name: Winter\ndrafts: [{kind: poem, count: 1}]", "drafts.0.kind"),
        ("name: Winter\ndrafts: [{kind: poll, count: 0}]", "drafts.0.count"),
        ("name: Winter\ndrafts: [{kind: poll, count: 501}]", "drafts.0.count"),
        ("name: Winter\ndrafts: [{kind: poll, count: 1, weaks: [2026-W49]}]", "drafts.0.weaks"),
        ("name: Winter\nweeks: [soon]\ndrafts: [{kind: poll, count: 1}]", "“soon” is no week"),
        ("name: Winter\ndrafts: [{kind: poll, count: 1, weeks: [2025-W53]}]", "drafts.0.weeks.0"),
        ("name: Winter\nlanguages: [de]\ndrafts: [{kind: poll, count: 1}]", "we do not write “de”"),
        ("name: Winter\ndrafts: [{kind: poll, count: 1, languages: [xx]}]", "we do not write “xx”"),
        ("name: Winter\ndrafts: [{kind: poll, count: 300}, {kind: reply, count: 201}]", "501 drafts; 500 is the most"),
        ("name: [", "while parsing"),
    ],
)
def test_a_bad_plan_is_refused_with_its_name_and_the_place(text: str, place: str) -> None:
    with pytest.raises(BadPlan) as problem:
        parse_plan(text, "winter.yaml")
    assert str(problem.value).startswith("winter.yaml: ")
    assert place in str(problem.value)


def test_a_plan_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("name: Vintern på torget\ndrafts:\n  - {kind: poll, count: 2, weeks: [2026-W49]}\n", "utf-8")
    plan = read_plan(path)
    assert (plan.name, plan.drafts[0].count, plan.drafts[0].weeks) == ("Vintern på torget", 2, ("2026-W49",))


def test_a_plan_that_cannot_be_read_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: p\xe5")
    for name in ("missing.yaml", "latin.yaml"):
        with pytest.raises(BadPlan, match=name):
            read_plan(tmp_path / name)


def test_a_batch_writes_as_many_drafts_as_were_asked_for_into_the_queue() -> None:
    desk = praised(8)
    state = run_batch(desk, planned({"kind": "reply", "count": 6}, languages=["en"]))
    assert (state.name, state.total, state.drafted, state.refused, state.open) == ("Winter", 6, 6, 0, 0)
    assert len(written(desk)) == 6


def test_no_two_drafts_of_a_batch_are_about_the_same_post() -> None:
    desk = praised(12)
    run_batch(desk, planned({"kind": "reply", "count": 12}, languages=["en"]))
    assert len({draft.plan.subject for draft in written(desk)}) == 12


def test_no_two_drafts_of_a_batch_say_the_same_in_other_respects() -> None:
    posts = [message(f"p{n}", "Lovely wonderful superb coffee.", author="anna") for n in range(40)]
    desk = making.desk(*posts)
    desk.store.save_opportunities("club", [opportunity(post.id) for post in posts])
    state = run_batch(desk, planned({"kind": "reply", "count": 40}, languages=["en"]))
    texts = [draft.text for draft in written(desk)]
    assert len(set(texts)) == len(texts) == state.drafted
    assert state.drafted >= 35


class Parrot:
    """A writer that says the same of everything, around what it has to quote."""

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        segments = {}
        for move in moves:
            text = f"This is our {move.name}: “{move.slots.get('quote', '')}”."
            segments[move.id] = Segment(move=move.id, text=text, author="model", evidence=move.evidence)
        return Written(segments, Provenance(writer="model"))


def test_what_only_repeats_another_draft_is_refused_with_the_reason() -> None:
    state = run_batch(praised(3, writer=Parrot()), planned({"kind": "reply", "count": 3}, languages=["en"]))
    assert (state.drafted, state.refused) == (1, 2)
    assert {reason for _, reason in state.failures} == {"Every wording tried says what another draft says."}


def test_slots_for_which_nothing_was_found_are_refused_with_the_reason() -> None:
    state = run_batch(praised(2), planned({"kind": "reply", "count": 4}, languages=["en"]))
    assert (state.drafted, state.refused) == (2, 2)
    assert state.failures[0] == ("01-003 reply en", "All ideas found in “en” are in the queue already.")


def test_where_nothing_at_all_was_found_that_is_the_reason() -> None:
    state = run_batch(making.desk(), planned({"kind": "reply", "count": 1}, languages=["en"]))
    assert state.failures == (("01-001 reply en", "Nothing more was found to write about."),)


def test_what_cannot_be_grounded_says_what_to_add() -> None:
    state = run_batch(making.desk(), planned({"kind": "poll", "count": 1}, languages=["pl"]))
    assert "Add a decision with options to community.yaml" in state.failures[0][1]


def test_a_reply_goes_to_posts_in_its_language_only() -> None:
    desk = praised(4, "sv", understanding=making.understanding()._replace(languages=ScriptedLanguages(default="sv")))
    state = run_batch(desk, planned({"kind": "reply", "count": 4}, languages=["sv", "en"]))
    assert {draft.plan.language for draft in written(desk)} == {"sv"}
    assert [slot for slot, _ in state.failures] == ["01-002 reply en", "01-004 reply en"]


def test_drafts_are_spread_over_the_languages_in_turn() -> None:
    state = run_batch(making.desk(), planned({"kind": "reply", "count": 5}, languages=["en", "sv", "pl"]))
    assert [slot[-2:] for slot, _ in state.failures] == ["en", "sv", "pl", "en", "sv"]


def test_without_languages_a_batch_takes_those_of_the_community_that_we_write() -> None:
    profile = making.profile(languages=["en", "de", "sv"])
    state = run_batch(making.desk(profile=profile), planned({"kind": "reply", "count": 3}))
    assert [slot[-2:] for slot, _ in state.failures] == ["en", "sv", "en"]


def test_the_languages_of_an_item_win_over_those_of_the_plan() -> None:
    item = {"kind": "reply", "count": 2, "languages": ["zu"]}
    state = run_batch(making.desk(), planned(item, languages=["en", "sv"]))
    assert [slot[-2:] for slot, _ in state.failures] == ["zu", "zu"]


def test_drafts_are_planned_for_working_days_of_their_weeks() -> None:
    desk = praised(10)
    run_batch(desk, planned({"kind": "reply", "count": 10}, languages=["en"], weeks=["2026-W49", "2026-W50"]))
    days = sorted(draft.planned_for for draft in written(desk) if draft.planned_for)
    assert days == [date(2026, 11, 30), *(date(2026, 12, n) for n in (1, 2, 3, 4, 7, 8, 9, 10, 11))]


def test_the_weeks_of_an_item_win_over_those_of_the_plan() -> None:
    desk = praised(1)
    run_batch(desk, planned({"kind": "reply", "count": 1, "weeks": ["2027-W01"]}, languages=["en"], weeks=["2026-W49"]))
    assert [draft.planned_for and draft.planned_for.isocalendar()[:2] for draft in written(desk)] == [(2027, 1)]


def test_without_weeks_nothing_is_planned_for_a_day() -> None:
    desk = praised(1)
    run_batch(desk, planned({"kind": "reply", "count": 1}, languages=["en"]))
    assert [draft.planned_for for draft in written(desk)] == [None]


def test_all_kinds_can_be_in_one_batch() -> None:
    foam = [message(f"f{n}", f"My milk foam turned silky, {word}.", author=f"f{n}") for n, word in enumerate(ALPHABET)]
    desk = making.desk(*foam, message("p1", "Lovely wonderful superb coffee."))
    theme: dict[str, Any] = {
        "id": "theme:en:milk foam",
        "kind": "challenge",
        "topic": "milk foam",
        "posts": tuple(m.id for m in foam),
    }
    desk.store.save_opportunities("club", [opportunity("p1"), opportunity("f0", **theme)])
    kinds = ("reply", "apology", "poll", "challenge")
    state = run_batch(desk, planned(*({"kind": kind, "count": 1} for kind in kinds), languages=["en"]))
    assert state.failures == ()
    assert {draft.plan.kind for draft in written(desk)} == set(kinds)


def test_one_topic_gives_a_challenge_in_each_format_and_no_more() -> None:
    foam = [message(f"f{n}", f"My milk foam turned silky, {word}.", author=f"f{n}") for n, word in enumerate(ALPHABET)]
    state = run_batch(
        desk := making.desk(*foam), planned({"kind": "challenge", "count": 5, "topic": "milk foam"}, languages=["en"])
    )
    assert len({draft.plan.situation for draft in written(desk)}) == state.drafted == 4
    assert "in the queue already" in state.failures[0][1]


def test_decisions_that_were_not_asked_yet_are_asked_first() -> None:
    size = making.profile().decisions[0].model_dump(mode="json")
    desk = making.desk(profile=making.profile(decisions=[size, {**size, "id": "colour"}]))
    usecases.draft_brief(desk, Brief(kind="poll", language="en", decision="size"))
    run_batch(desk, planned({"kind": "poll", "count": 1}, languages=["en"]))
    assert [draft.plan.subject for draft in written(desk)] == ["decision:colour"]


def test_what_is_in_the_queue_in_its_language_is_not_answered_again() -> None:
    desk = praised(3)
    usecases.draft_opportunity(desk, opportunity("p0"))
    usecases.draft_opportunity(desk, opportunity("p1"), language="sv")
    state = run_batch(desk, planned({"kind": "reply", "count": 3}, languages=["en"]))
    assert {draft.plan.subject for draft in written(desk)} == {"post:p1", "post:p2"}
    assert state.failures == (("01-003 reply en", "All ideas found in “en” are in the queue already."),)


def test_what_was_rejected_can_be_answered_in_a_batch() -> None:
    desk = praised(1)
    usecases.reject(desk, usecases.draft_opportunity(desk, opportunity("p0")).id, "Maja", "too long")
    assert run_batch(desk, planned({"kind": "reply", "count": 1}, languages=["en"])).drafted == 1


def test_nobody_apologises_twice_in_one_language() -> None:
    desk = making.desk()
    usecases.draft_brief(desk, Brief(kind="apology", language="en", incident="leaks"))
    state = run_batch(desk, planned({"kind": "apology", "count": 2}, languages=["en", "sv"]))
    assert [slot for slot, _ in state.failures] == ["01-001 apology en"]


def test_a_draft_of_a_batch_is_due_when_what_was_noticed_is() -> None:
    desk = praised(1)
    desk.store.save_opportunities("club", [opportunity("p0", due=NOW)])
    run_batch(desk, planned({"kind": "reply", "count": 1}, languages=["en"]))
    assert [draft.due for draft in written(desk)] == [NOW]


def last_day(draft: Draft) -> str | None:
    return next(move.slots["date"] for move in draft.plan.moves if "date" in move.slots)


@pytest.mark.parametrize(
    ("item", "week", "last"),
    [
        ({"kind": "poll"}, "2026-W50", "December 15, 2026"),
        ({"kind": "poll"}, "2026-W51", "December 20, 2026"),
        ({"kind": "challenge", "topic": "milk foam"}, "2026-W52", "January 5, 2027"),
        ({"kind": "poll"}, "2026-W40", "December 8, 2026"),
        ({"kind": "poll"}, None, "December 8, 2026"),
    ],
)
def test_what_a_draft_dates_counts_from_the_day_it_is_planned_for_written_again_too(
    item: dict[str, Any], week: str | None, last: str
) -> None:
    desk = making.desk(message("f1", "My milk foam turned silky today."))
    weeks = [week] if week else []
    run_batch(desk, planned({**item, "count": 1, "weeks": weeks}, languages=["en"]))
    (draft,) = written(desk)
    assert last_day(draft) == last_day(usecases.rewrite(desk, draft.id, "Maja")) == last


def test_a_decision_that_is_made_by_the_day_of_a_slot_is_passed_over() -> None:
    size = making.profile().decisions[0].model_dump(mode="json")
    later = {**size, "id": "colour", "decide_by": "2027-01-31"}
    desk = making.desk(profile=making.profile(decisions=[size, later]))
    items = [{"kind": "poll", "count": 1, "weeks": [week]} for week in ("2026-W52", "2026-W50", "2026-W53")]
    state = run_batch(desk, planned(*items, languages=["en"]))
    days = {draft.plan.subject: draft.planned_for for draft in written(desk)}
    assert days == {"decision:colour": date(2026, 12, 22), "decision:size": date(2026, 12, 8)}
    assert [slot for slot, _ in state.failures] == ["03-001 poll en"]


def test_incidents_with_facts_are_apologised_for_before_those_without() -> None:
    desk = making.desk(message())
    noticed = {"id": "incident:m1", "kind": "apology", "incident": "incident:m1"}
    desk.store.save_opportunities("club", [opportunity("m1", **noticed)])
    run_batch(desk, planned({"kind": "apology", "count": 1}, languages=["en"]))
    assert [draft.plan.incident for draft in written(desk)] == ["leaks"]


class Interrupted:
    """The phrasebook, until it has written so many drafts; then it is gone like a process that was killed."""

    def __init__(self, after: int, problem: BaseException) -> None:
        self._left = after
        self._problem = problem
        self._lock = Lock()

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                raise self._problem
        return PHRASEBOOK.write(plan, moves, findings, attempt)


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), Conflict("locked"), RuntimeError("power cut")])
@pytest.mark.parametrize("workers", [1, 4])
def test_an_interrupted_batch_goes_on_where_it_was_without_a_duplicate(problem: BaseException, workers: int) -> None:
    plan = planned({"kind": "reply", "count": 10}, languages=["en"], weeks=["2026-W49"])
    desk = praised(10)
    with pytest.raises(type(problem)):
        run_batch(replace(desk, writer=Interrupted(4, problem)), plan, workers=workers)
    before = {draft.id: draft for draft in written(desk)}
    assert 1 <= len(before) <= 4
    state = run_batch(desk, plan, workers=workers)
    after = {draft.id: draft for draft in written(desk)}
    assert (state.total, state.drafted, state.open) == (10, 10, 0)
    assert len(after) == len({draft.plan.subject for draft in after.values()}) == 10
    assert before.items() <= after.items()
    assert len({draft.text for draft in after.values()}) == 10


def test_going_on_nothing_is_planned_anew() -> None:
    plan = planned({"kind": "reply", "count": 4}, languages=["en"])
    desk = praised(4)
    with pytest.raises(Conflict):
        run_batch(replace(desk, writer=Interrupted(1, Conflict("locked"))), plan, workers=1)
    desk.store.save_opportunities("club", [])
    assert run_batch(desk, plan).drafted == 4


def test_a_batch_that_is_done_is_not_written_again() -> None:
    plan = planned({"kind": "reply", "count": 3}, languages=["en"])
    desk = praised(5)
    first = run_batch(desk, plan)
    edited = usecases.edit(desk, written(desk)[0].id, "m1", "Dear you,", "Maja")
    assert run_batch(replace(desk, writer=Interrupted(0, Conflict("asked again"))), plan) == first
    assert usecases.find_draft(desk, edited.id) == edited


def test_run_again_what_failed_is_tried_again_and_what_is_there_stays() -> None:
    plan = planned({"kind": "poll", "count": 2}, languages=["en"])
    desk = making.desk()
    assert run_batch(desk, plan).failures[0][0] == "01-002 poll en"
    before = written(desk)
    size = making.profile().decisions[0].model_dump(mode="json")
    advised = replace(desk, profile=making.profile(decisions=[size, {**size, "id": "colour"}]))
    state = run_batch(advised, plan)
    assert (state.total, state.drafted, state.refused) == (2, 2, 0)
    assert {draft.plan.subject for draft in written(desk)} == {"decision:size", "decision:colour"}
    assert before[0] in written(desk)


def test_going_on_does_not_repeat_the_wording_of_what_is_there() -> None:
    desk = praised(3, writer=Parrot())
    plan = planned({"kind": "reply", "count": 3}, languages=["en"])
    with pytest.raises(Conflict):
        run_batch(replace(desk, writer=_Once(Parrot())), plan, workers=1)
    state = run_batch(desk, plan)
    assert (state.drafted, state.refused) == (1, 2)


class _Once(Interrupted):
    """Another writer, for one draft."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(1, Conflict("gone"))
        self._writer = writer

    def write(self, plan: Plan, moves: Sequence[Move], findings: Sequence[Finding] = (), attempt: int = 0) -> Written:
        super().write(plan, moves, findings, attempt)
        return self._writer.write(plan, moves, findings, attempt)


def test_the_same_plan_for_the_same_community_is_the_same_batch() -> None:
    desk, plan = making.desk(), planned({"kind": "reply", "count": 1})
    assert batch_id(desk, plan) == batch_id(making.desk(), planned({"kind": "reply", "count": 1}))
    assert batch_id(desk, plan) != batch_id(desk, planned({"kind": "reply", "count": 2}))
    assert batch_id(desk, plan) != batch_id(making.desk(profile=making.profile(id="other")), plan)


def test_progress_is_told_draft_by_draft() -> None:
    seen: list[tuple[int, int | None]] = []
    plan = planned({"kind": "reply", "count": 3}, languages=["en"])
    run_batch(praised(3), plan, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def drafted(text: str, id_: str = "d1", **changes: Any) -> Draft:
    plan = making.plan(making.move("m1", "greet"), **changes.pop("plan", {}))
    return making.draft(plan, making.segment(text), id=id_, **changes)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_is_written_as_lines_and_as_a_table_with_the_same_content(tmp_path: Path) -> None:
    block = Finding(check="x", severity="block", message="a gap")
    draft = drafted(
        "سلام، «دوست»!\nHej, “vän”", findings=(block,), planned_for=date(2026, 12, 4), plan={"language": "fa"}
    )
    lines, table = write_files([draft], tmp_path / "out", "winter")
    (row,) = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert (row["id"], row["language"], row["text"]) == ("d1", "fa", "سلام، «دوست»!\nHej, “vän”")
    assert (row["planned_for"], row["blocking"], row["status"]) == ("2026-12-04", "a gap", "proposed")
    assert read_csv(table) == [{key: value or "" for key, value in row.items()}]


def test_a_table_is_marked_so_that_spreadsheets_read_every_script(tmp_path: Path) -> None:
    _, table = write_files([drafted("Świetnie")], tmp_path, "winter")
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "  =", "\u00a0+"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(tmp_path: Path, start: str) -> None:
    draft = drafted("Hello.", plan={"title": f"{start}HYPERLINK(0)"})
    _, table = write_files([draft], tmp_path, "winter")
    assert read_csv(table)[0]["title"] == f"'{start}HYPERLINK(0)"


@given(st.text("=+-@＝ \t\r\n\u2028',;\"a1é", max_size=8))
@settings(max_examples=80, deadline=None)
def test_no_cell_of_any_table_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    _, table = write_files([drafted("Hello.", plan={"title": text})], tmp_path_factory.getbasetemp(), "any")
    assert not read_csv(table)[0]["title"].lstrip().startswith(("=", "+", "-", "@"))


def test_the_lines_are_not_touched_for_the_sake_of_spreadsheets(tmp_path: Path) -> None:
    lines, _ = write_files([drafted("Hello.", plan={"title": "=1+1"})], tmp_path, "winter")
    assert json.loads(lines.read_text("utf-8"))["title"] == "=1+1"


def test_rows_come_in_the_order_of_their_days_and_the_undated_last(tmp_path: Path) -> None:
    drafts = [
        drafted("c", "c"),
        drafted("b", "b", planned_for=date(2026, 12, 4)),
        drafted("a", "a", planned_for=date(2026, 12, 9)),
    ]
    lines, _ = write_files(drafts, tmp_path, "winter")
    assert [json.loads(line)["id"] for line in lines.read_text("utf-8").splitlines()] == ["b", "a", "c"]


def test_written_again_the_files_are_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_files([drafted("old"), drafted("older", "d2")], tmp_path, "winter")
    _, table = write_files([drafted("new")], tmp_path, "winter")
    assert [row["text"] for row in read_csv(table)] == ["new"]
    assert {path.name for path in tmp_path.iterdir()} == {"winter.jsonl", "winter.csv"}


def test_files_that_are_written_twice_at_the_same_moment_are_whole(tmp_path: Path) -> None:
    together = Barrier(4)

    def write(_: int) -> None:
        for _again in range(10):
            together.wait(60)
            write_files([drafted("text" * 1000)], tmp_path, "winter")

    with ThreadPoolExecutor(4) as visits:
        list(visits.map(write, range(4)))
    assert {path.name for path in tmp_path.iterdir()} == {"winter.jsonl", "winter.csv"}
    assert [row["text"] for row in read_csv(tmp_path / "winter.csv")] == ["text" * 1000]


def test_a_batch_without_drafts_is_an_empty_table(tmp_path: Path) -> None:
    lines, table = write_files([], tmp_path, "winter")
    assert lines.read_text() == ""
    assert table.read_text("utf-8-sig").startswith("id,kind,situation,language")
