"""Domain objects to HTML. Pure, and escaped by default: what members wrote is data in the browser too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from assistant.domain import Decision, Draft, Evidence, Finding, Opportunity, Status
from assistant.ports import BatchState
from knowledge.languages import direction
from knowledge.words import shorten
from prompts.templates import move_texts

KIND_LABELS = {"reply": "Reply", "apology": "Apology", "poll": "Poll", "challenge": "Challenge"}
ACTION_LABELS = {
    "edit": "edited a sentence",
    "approve": "approved it",
    "reject": "rejected it",
    "rewrite": "had it written again",
    "reopen": "reopened it",
}


def queue(drafts: Sequence[Draft], now: datetime, selected: str | None, counts: Mapping[Status, int]) -> str:
    """The list of drafts; each entry carries its draft's id in `data-draft`."""
    entries = [
        {
            "draft": draft,
            "kind": KIND_LABELS[draft.plan.kind],
            "clock": clock(draft.due, now),
            "late": _late(draft, now),
            "chosen": draft.id == selected,
            "preview": shorten(draft.text, 160),
            "direction": direction(draft.plan.language),
        }
        for draft in drafts
    ]
    return _render("queue.html", entries=entries, counts=counts)


def post(draft: Draft) -> str:
    """The post that a draft answers, or what it is about: title, notes, and the posts behind it."""
    by_id = draft.plan.evidence_by_id
    answered = by_id.get(draft.plan.subject) if draft.plan.kind == "reply" else None
    behind = [item for item in draft.plan.evidence if item.id.startswith("post:") and item != answered]
    return _render("post.html", draft=draft, answered=_shown(answered), behind=list(map(_shown, behind)))


def sentences(draft: Draft, selected: str | None, now: datetime, *, choosable: bool = True) -> str:
    """The draft sentence by sentence; each carries its move's id in `data-move`, and shows its findings.

    The chosen sentence shows what it rests on. Where nothing answers a click, they are not `choosable`.
    """
    labels, known = move_texts(), draft.plan.evidence_by_id
    rows = []
    for segment in draft.segments:
        move = draft.plan.move(segment.move)
        rows.append(
            {
                "id": segment.move,
                "label": labels[draft.plan.kind, move.name].label,
                "text": segment.text,
                "author": segment.author,
                "sources": [_shown(known[id_]) for id_ in segment.evidence if id_ in known],
                "findings": _findings(draft.findings, segment.move),
                "chosen": segment.move == selected,
            }
        )
    return _render(
        "draft.html",
        draft=draft,
        kind=KIND_LABELS[draft.plan.kind],
        clock=clock(draft.due, now),
        late=_late(draft, now),
        rows=rows,
        whole=_findings(draft.findings, None),
        direction=direction(draft.plan.language),
        choosable=choosable,
    )


def history(draft: Draft, decisions: Sequence[Decision]) -> str:
    """Who decided what, when, and what they changed."""
    rows = [{"decision": decision, "did": ACTION_LABELS[decision.action]} for decision in reversed(decisions)]
    return _render("history.html", rows=rows, draft=draft)


def opportunities(found: Sequence[Opportunity], now: datetime) -> str:
    rows = [{"found": each, "clock": clock(each.due, now), "kind": KIND_LABELS[each.kind]} for each in found]
    return _render("opportunities.html", rows=rows)


def batches(states: Sequence[BatchState]) -> str:
    return _render("batches.html", states=states)


def scores(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], plot: str) -> str:
    """A table of scores. `plot` is an SVG that we drew ourselves; it alone is not escaped."""
    return _render("scores.html", rows=rows, columns=columns, plot=plot)


def message(text: str, tone: str = "info") -> str:
    """A line for the reader. `tone` is info, good or bad."""
    return _render("message.html", text=text, tone=tone)


def job(label: str, done: int, total: int | None, rate: float | None, left: float | None) -> str:
    """Progress of long work: a bar, the rate and the time left (seconds)."""
    share = min(100, round(100 * done / total)) if total else None
    return _render("job.html", label=label, done=done, total=total, share=share, rate=rate, left=left)


def clock(due: datetime | None, now: datetime) -> str:
    """How long there is until something is due: “in 5 h”, “3 d overdue”."""
    if due is None:
        return ""
    hours = (due - now).total_seconds() / 3600
    amount = f"{abs(hours) / 24:.0f} d" if abs(hours) >= 48 else f"{max(1, round(abs(hours)))} h"
    return f"{amount} overdue" if hours < 0 else f"in {amount}"


def _late(draft: Draft, now: datetime) -> bool:
    return draft.due is not None and draft.due < now and draft.status == "proposed"


def _shown(item: Evidence | None) -> dict[str, Any] | None:
    if item is None:
        return None
    source, _, detail = item.id.partition(":")
    names = {"profile": "community.yaml", "sheet": "Fact sheet", "post": item.channel or "Post"}
    return {"item": item, "source": names.get(source, source), "detail": detail if source != "post" else ""}


def _findings(findings: Sequence[Finding], move: str | None) -> list[Finding]:
    return [finding for finding in findings if finding.move == move]


@cache
def _environment() -> Environment:
    folder = files("ui.desk") / "templates"
    sources = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".html")}
    return Environment(loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _render(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)
