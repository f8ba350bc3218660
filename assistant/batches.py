"""Many drafts at once: planned first, one matter a slot, then written side by side. Resumable at any point.

A batch is identified by its community and the content of its plan: run again, it goes on where it was stopped, and
tries again what failed.
"""

import csv
import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, NamedTuple
from uuid import uuid4

import regex
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.checking.subject import Subject
from assistant.desk import Desk
from assistant.domain import Brief, Draft, Kind, Opportunity, Plan
from assistant.errors import BadPlan, HearthsideError, NotFound, Refused
from assistant.gathering import plan_brief, plan_opportunity
from assistant.ports import BatchState, QueueFilter
from assistant.usecases import compose_draft, due_dates
from knowledge.history import Progress, no_progress
from knowledge.languages import Detection
from prompts.files import languages as written_languages
from prompts.phrasebook import FORMATS

MAX_DRAFTS = 500
_WEEK = regex.compile(r"\d{4}-W\d{2}")
_FORMULA = regex.compile(r"[\t\r\n]|\s*[=+@＝＋－＠-]")
_ATTEMPTS = 12
"""How often a draft is written again because it says what another one says."""


def _week(week: str) -> str:
    first_day(week)
    return week


Week = Annotated[str, AfterValidator(_week)]


class Item(BaseModel):
    """So many drafts of one kind, spread over languages and weeks in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    count: int = Field(ge=1, le=MAX_DRAFTS)
    languages: tuple[str, ...] = ()
    weeks: tuple[Week, ...] = ()
    topic: str = Field(default="", max_length=200)


class BatchPlan(BaseModel):
    """The whole of a plan.yaml. Weeks are ISO weeks such as 2026-W49; languages default to the community's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    languages: tuple[str, ...] = ()
    weeks: tuple[Week, ...] = ()
    drafts: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sizes(self) -> "BatchPlan":
        total = sum(item.count for item in self.drafts)
        if total > MAX_DRAFTS:
            raise ValueError(f"{total} drafts; {MAX_DRAFTS} is the most in one batch")
        for code in {*self.languages, *(code for item in self.drafts for code in item.languages)}:
            if code not in written_languages("phrasebooks"):
                raise ValueError(f"we do not write “{code}”; known: {', '.join(written_languages('phrasebooks'))}")
        return self


class Slot(NamedTuple):
    """One draft to be: what kind, in which language, for which day."""

    key: str
    item: Item
    language: str
    day: date | None


def read_plan(path: Path) -> BatchPlan:
    """Raises BadPlan naming the file, the place and what is wrong."""
    try:
        return parse_plan(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPlan(f"{path}: {error}") from error


def parse_plan(text: str, name: str) -> BatchPlan:
    """Read a plan. Raises BadPlan; `name` is how the message calls it."""
    try:
        return make_plan(yaml.safe_load(text), name)
    except yaml.YAMLError as error:
        raise BadPlan(f"{name}: {error}") from error


def make_plan(data: Any, name: str) -> BatchPlan:
    """Validate a plan. Raises BadPlan; `name` is how the message calls it."""
    try:
        return BatchPlan.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top'}: {e['msg']}" for e in error.errors())
        raise BadPlan(f"{name}: {problems}") from error


def first_day(week: str) -> date:
    """The Monday of an ISO week. Raises ValueError for anything else."""
    if not _WEEK.fullmatch(week):
        raise ValueError(f"“{week}” is no week; write it like 2026-W49")
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def run_batch(desk: Desk, plan: BatchPlan, *, workers: int = 4, progress: Progress = no_progress) -> BatchState:
    """Plan what is not planned yet, or could not be, then write every open slot. Returns how far it came."""
    id_, slots = batch_id(desk, plan), list(_slots(plan, desk))
    before = desk.store.batch(id_)
    todo = [slot for slot in slots if slot.key in dict(before.failures)] if before else slots
    desk.store.start_batch(id_, desk.profile.id, plan.name, _plan_all(desk, id_, todo))
    _write_open(desk, id_, {slot.key: slot.day for slot in slots}, workers, progress)
    state = desk.store.batch(id_)
    if state is None:
        raise NotFound(f"The batch {id_} is gone.")
    return state


def batch_id(desk: Desk, plan: BatchPlan) -> str:
    """The same plan for the same community is the same batch."""
    return sha256(f"{desk.profile.id} {plan.model_dump_json()}".encode()).hexdigest()[:16]


def _slots(plan: BatchPlan, desk: Desk) -> Iterator[Slot]:
    for number, item in enumerate(plan.drafts, start=1):
        codes = item.languages or plan.languages or desk.profile.languages
        codes = tuple(code for code in codes if code in written_languages("phrasebooks"))
        weeks: Sequence[str | None] = item.weeks or plan.weeks or (None,)
        for n in range(item.count):
            language, week = codes[n % len(codes)], weeks[n * len(weeks) // item.count]
            # A working day of the week, another one for each draft.
            day = first_day(week) + timedelta(days=(n + 1) % 5) if week else None
            yield Slot(f"{number:02d}-{n + 1:03d} {item.kind} {language}", item, language, day)


def _plan_all(desk: Desk, batch: str, slots: Sequence[Slot]) -> list[tuple[str, Plan | None, str | None]]:
    """A plan for each slot, no two about the same matter in the same way; or why there is none."""
    opportunities = desk.store.opportunities(desk.profile.id)
    before = [draft.plan for draft in desk.store.drafts(desk.profile.id, QueueFilter(batch=batch), limit=MAX_DRAFTS)]
    before += [plan for _, plan in desk.store.open_slots(batch)]
    used = {(plan.subject, plan.situation, plan.language) for plan in before}
    queue = desk.store.subjects(desk.profile.id).items()
    tried: dict[Hashable, str] = {key: _in_queue(key[1]) for key, status in queue if status != "rejected"}
    planned: list[tuple[str, Plan | None, str | None]] = []
    for slot in slots:
        seed = int(sha256(f"{batch} {slot.key}".encode()).hexdigest()[:8], 16)
        reason = "Nothing more was found to write about."
        chosen: Plan | None = None
        for idea, make in _candidates(desk, slot, opportunities, seed):
            if idea in tried:
                reason = tried[idea]
                continue
            try:
                plan = make()
            except (Refused, NotFound) as error:
                reason = tried[idea] = str(error)
                continue
            reason = tried[idea] = _in_queue(slot.language)
            key = (plan.subject, plan.situation, plan.language)
            if key not in used:
                used.add(key)
                chosen = plan
                break
        planned.append((slot.key, chosen, None if chosen else reason))
    return planned


def _in_queue(language: str) -> str:
    return f"All ideas found in “{language}” are in the queue already."


Candidate = tuple[Hashable, Callable[[], Plan]]
"""What a draft could be about, and how to plan it: planning takes time, so no idea is planned for two slots.

What is answered once, a post or an incident, is known by its subject and language, as in the queue.
"""


def _candidates(desk: Desk, slot: Slot, opportunities: Sequence[Opportunity], seed: int) -> Iterator[Candidate]:
    """What a slot could be about, best first: what was noticed, then what the profile and the topic give."""
    kind, language, topic = slot.item.kind, slot.language, slot.item.topic
    if kind == "reply":
        for found in opportunities:
            if found.kind == "reply" and found.language == language:
                yield (found.subject, language), partial(plan_opportunity, desk, found, seed=seed)
        return
    for brief in _briefs(desk, kind, language, topic, opportunities):
        idea: Hashable = brief
        if brief.incident is not None:
            idea = f"incident:{brief.incident}", language
        elif brief.decision is not None:
            # Too late for one day is not too late for another.
            idea = brief, slot.day
        yield idea, partial(plan_brief, desk, brief, seed=seed, on=slot.day)


def _briefs(desk: Desk, kind: Kind, language: str, topic: str, opportunities: Sequence[Opportunity]) -> Iterator[Brief]:
    if kind == "apology":
        noticed = [found.incident or found.id for found in opportunities if found.kind == "apology"]
        # Those with facts first: an apology without them is all gaps.
        for incident in dict.fromkeys([*(known.id for known in desk.profile.incidents), *noticed]):
            yield Brief(kind=kind, language=language, incident=incident)
        return
    themes = [found for found in opportunities if found.kind == "challenge" and found.topic]
    own = [found.topic or "" for found in themes if found.language == language]
    topics = [topic] if topic else list(dict.fromkeys([*own, *(found.topic or "" for found in themes)]))
    if kind == "challenge":
        for format_ in FORMATS:
            for name in topics:
                yield Brief(kind=kind, language=language, topic=name, format=format_)
        return
    taken = desk.store.subjects(desk.profile.id)
    fresh = [d.id for d in desk.profile.decisions if (f"decision:{d.id}", language) not in taken]
    asked = [d.id for d in desk.profile.decisions if d.id not in fresh]
    if not topic:
        for decision in (*fresh, *asked):
            yield Brief(kind=kind, language=language, decision=decision)
    for name in (*topics, *(() if topic else ("",))):
        yield Brief(kind=kind, language=language, topic=name)


def _write_open(desk: Desk, batch: str, days: dict[str, date | None], workers: int, progress: Progress) -> None:
    open_slots = desk.store.open_slots(batch)
    earlier = desk.store.drafts(desk.profile.id, QueueFilter(batch=batch), limit=MAX_DRAFTS)
    said = {_wording(desk, draft) for draft in earlier}
    due = due_dates(desk)
    saving = Lock()

    def write(slot: str, plan: Plan) -> None:
        id_ = sha256(f"{batch} {slot}".encode()).hexdigest()[:24]
        for attempt in range(_ATTEMPTS):
            draft = compose_draft(desk, id_, plan, attempt=attempt)
            with saving:
                wording = _wording(desk, draft)
                if wording in said and attempt < _ATTEMPTS - 1:
                    continue
                if wording in said:
                    desk.store.finish_slot(batch, slot, None, "Every wording tried says what another draft says.")
                    return
                said.add(wording)
                dates = {"due": due.get(plan.subject), "planned_for": days.get(slot)}
                desk.store.finish_slot(batch, slot, draft.model_copy(update={"batch": batch, **dates}))
                return

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(write, slot, plan) for slot, plan in open_slots]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(done, len(futures))
        except (KeyboardInterrupt, HearthsideError):
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _wording(desk: Desk, draft: Draft) -> str:
    """What a draft says in its writer's own words: without the facts and quotations it took over."""
    subject = Subject(draft.plan, draft.segments, desk.profile, lambda _: Detection("und", 0.0))
    return "\n".join(subject.own_words(move, segment) for move, segment in subject.pairs).casefold()


def write_files(drafts: Sequence[Draft], folder: Path, name: str) -> tuple[Path, Path]:
    """Write a batch as JSON Lines and as CSV (marked as UTF-8 for spreadsheets). Returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_row(draft) for draft in sorted(drafts, key=lambda d: (d.planned_for or date.max, d.id))]
    lines, table = folder / f"{name}.jsonl", folder / f"{name}.csv"
    # Each writing has a file of its own, so that two at the same moment do not meet.
    partial = folder / f"{name}.{uuid4().hex}.part"
    partial.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    partial.replace(lines)
    with partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(_COLUMNS))
        writer.writeheader()
        writer.writerows({key: _safe_cell(value) for key, value in row.items()} for row in rows)
    partial.replace(table)
    return lines, table


_COLUMNS = (
    *("id", "kind", "situation", "language", "planned_for", "status", "title", "text"),
    *("blocking", "writer", "model", "subject"),
)


def _row(draft: Draft) -> dict[str, Any]:
    plan = draft.plan
    return {
        "id": draft.id,
        "kind": plan.kind,
        "situation": plan.situation,
        "language": plan.language,
        "planned_for": draft.planned_for.isoformat() if draft.planned_for else None,
        "status": draft.status,
        "title": plan.title,
        "text": draft.text,
        "blocking": " · ".join(finding.message for finding in draft.blocking),
        "writer": draft.provenance.writer,
        "model": draft.provenance.model,
        "subject": plan.subject,
    }


def _safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet will not run as a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
