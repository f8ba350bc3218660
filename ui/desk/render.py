"""Domain objects to HTML. Pure, and escaped by default: what members wrote is data in the browser too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import takewhile
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from assistant.domain import Decision, Draft, Evidence, Finding, Opportunity, Status
from assistant.planning.building import post_evidence
from assistant.ports import BatchState
from assistant.precedents import Case, MemberHistory, Precedents
from knowledge.languages import direction
from knowledge.messages import Kind as PostKind
from knowledge.messages import Passage, Post
from knowledge.terms import Asked, ask, marked
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

POST_LABELS: Mapping[PostKind, str] = {
    "post": "Posts",
    "poll": "Polls",
    "review": "Reviews",
    "ticket": "Tickets",
    "document": "Your documents",
}
CASES, NEWEST, AROUND = 10, 5, 5
"""How many cases, posts of a member, and posts of a thread on either side are shown."""
EXCERPT, READ = 420, 4000
"""Characters of a found post that are shown, and in which the words asked for are looked for."""
WHOLE = 20_000
"""Characters of a post that is shown whole."""


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


def post(draft: Draft, before: Precedents | None = None) -> str:
    """The post that a draft answers, or what it is about: title, notes, and the posts behind it.

    `before` says whether the like has happened already.
    """
    by_id = draft.plan.evidence_by_id
    answered = by_id.get(draft.plan.subject) if draft.plan.kind == "reply" else None
    behind = [item for item in draft.plan.evidence if item.id.startswith(("post:", "document:")) and item != answered]
    return _render(
        "post.html", draft=draft, answered=_shown(answered), behind=list(map(_shown, behind)), before=_before(before)
    )


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


def passages(found: Sequence[Passage], question: str) -> str:
    """What was found, the best first, with the words of the question marked; each has its post's id in `data-post`."""
    asked = ask(question)
    rows = []
    for passage in found:
        message, language = passage.post.message, passage.post.signals.language
        title = marked(shorten(message.title or ""), asked, language)
        parts = _excerpt(message.text, asked, language)
        rows.append({**_entry(passage.post), "title": title, "parts": parts, "why": passage.why})
    return _render("passages.html", rows=rows)


def around(chosen: Post, thread: Sequence[Post], before: Precedents | None, author: MemberHistory | None) -> str:
    """What stands around a post: its thread with the post itself, what came before, and what its author wrote."""
    place = next((place for place, post in enumerate(thread) if post.message.id == chosen.message.id), None)
    posts, place = (thread, place) if place is not None else ([chosen], 0)
    kept = sorted({0, *range(max(place - AROUND, 0), min(place + AROUND + 1, len(posts)))})
    rows = [
        {"shown": _said(posts[at], whole=at == place), "chosen": at == place, "skipped": at - last - 1}
        for last, at in zip([-1, *kept], kept, strict=False)
    ]
    others = [post for post in author.posts if post.message.id != chosen.message.id] if author else []
    return _render(
        "around.html",
        rows=rows,
        count=len(posts),
        later=len(posts) - 1 - kept[-1],
        document=chosen.message.kind == "document",
        before=_before(before),
        author=author,
        newest=[_entry(post) for post in others[:NEWEST]],
    )


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
    way = "rtl" if item.language and direction(item.language) == "rtl" else "auto"
    return {"item": item, "source": names.get(source, source), "detail": detail if source != "post" else "", "way": way}


def _said(post: Post, *, whole: bool = False) -> dict[str, Any]:
    """A post of a thread; the one that a person looks at is not cut short."""
    item = post_evidence(post)
    item = item.model_copy(update={"text": post.message.full_text[:WHOLE]}) if whole else item
    told = post.message.kind != "document" and post.signals.intent not in ("unsure", "other")
    facts = [_rated(post), post.signals.intent if told else ""]
    return {**(_shown(item) or {}), "detail": " · ".join(filter(None, facts))}


def _entry(post: Post) -> dict[str, Any]:
    """A post as one entry of a list."""
    message = post.message
    return {
        "post": post,
        "way": "rtl" if direction(post.signals.language) == "rtl" else "auto",
        "rated": _rated(post),
        "preview": shorten(message.full_text[:READ], 160),
    }


def _rated(post: Post) -> str:
    return f"rated {post.message.rating:g} of 5" if post.message.rating is not None else ""


def _before(found: Precedents | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"summary": found.summary, "cases": list(map(_case, found.cases[:CASES])), "count": len(found.cases)}


def _case(case: Case) -> dict[str, Any]:
    return {**_entry(case.post), "outcome": case.outcome, "answers": [_entry(answer) for answer in case.answers[:1]]}


def _excerpt(text: str, asked: Sequence[Asked], language: str) -> list[tuple[str, bool]]:
    """The part of a text that says what was asked for, with each part's mark."""
    line = " ".join(text[:READ].split())
    parts = marked(line, asked, language)
    start = sum(len(part) for part, wanted in takewhile(lambda part: not part[1], parts))
    if EXCERPT // 2 < start < len(line):
        start -= EXCERPT // 4
        line = "…" + line[max(start, line.find(" ", start, start + EXCERPT // 8)) :].lstrip()
    return marked(shorten(line, EXCERPT), asked, language)


def _findings(findings: Sequence[Finding], move: str | None) -> list[Finding]:
    return [finding for finding in findings if finding.move == move]


@cache
def _environment() -> Environment:
    folder = files("ui.desk") / "templates"
    sources = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".html")}
    return Environment(loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def _render(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(**values)
