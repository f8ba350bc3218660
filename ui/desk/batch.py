"""Batch: a month of content at once. Start it, watch it, find the drafts in the queue and in a file."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import gradio as gr

from assistant import batches, usecases
from assistant.domain import KINDS
from assistant.errors import BadPlan
from assistant.ports import QueueFilter
from knowledge.languages import language_name
from prompts.files import languages
from ui.desk import render
from ui.desk.jobs import Job
from ui.desk.session import QUIET, Refresh, Session, attempt, watched

WEEKS_AHEAD = 12
_DEFAULTS = {"reply": 0, "apology": 0, "poll": 4, "challenge": 4}
"""What is noticed is answered in the queue; a month of content is what nobody waits for."""


def tab(session: Session) -> Refresh:
    with gr.Tab("Batch", id="batch") as shown_tab:
        gr.Markdown("So many drafts of each kind, spread over languages and weeks. No two say the same.")
        with gr.Row():
            name = gr.Textbox(label="Name", value="A month of content", elem_id="batch-name")
            first = gr.Dropdown([], label="First week", elem_id="batch-first")
            weeks = gr.Slider(1, WEEKS_AHEAD, value=4, step=1, label="Weeks", elem_id="batch-weeks")
        codes = gr.CheckboxGroup(
            [(language_name(code), code) for code in languages("phrasebooks")],
            label="Languages",
            elem_id="batch-languages",
        )
        with gr.Row():
            counts = [
                gr.Number(
                    value=_DEFAULTS[kind],
                    label=render.KIND_LABELS[kind],
                    precision=0,
                    minimum=0,
                    maximum=100,
                    min_width=90,
                    elem_id=f"batch-{kind}",
                )
                for kind in KINDS
            ]
            go = gr.Button("Start", variant="primary", elem_id="batch-go", min_width=110)
        state = gr.HTML(elem_id="batch-state", apply_default_css=False)
        table = gr.HTML(elem_id="batch-table", apply_default_css=False)
        files = gr.File(label="Files", file_count="multiple", interactive=False, visible=False, elem_id="batch-files")
        timer = gr.Timer(0.5, active=False)

    def start(
        community: str, title: str, week: str, number: float, chosen: list[str], *wanted: float | None
    ) -> tuple[str, Any]:
        def act() -> str:
            numbers = [int(each or 0) for each in wanted]
            plan = _plan(title, week, int(number), chosen, dict(zip(KINDS, numbers, strict=True)))

            def work(_job: Job, progress: Callable[[int, int | None], None]) -> str:
                desk = session.desk(community)
                if not desk.store.opportunities(community):
                    usecases.notice_now(desk)
                done = batches.run_batch(desk, plan, progress=progress)
                _files(session, community, done.id, fresh=True)
                return f"{done.name}: {done.drafted} of {done.total} drafts are in the queue."

            if not session.jobs.start(f"batch {community}", "Writing:", work):
                raise BadPlan("A batch is running already.")
            return watched(session, f"batch {community}")[0]

        shown, problem = attempt(act)
        _, running = watched(session, f"batch {community}")
        return problem or shown or "", gr.Timer(active=running or not problem)

    def tick(community: str) -> tuple[str, Any, str, Any]:
        html, running = watched(session, f"batch {community}")
        if running:
            return html, gr.Timer(active=True), gr.skip(), gr.skip()
        return html, gr.Timer(active=False), *_results(session, community)

    def show(community: str | None) -> tuple[Any, ...]:
        if not community:
            return "", gr.Timer(active=False), "", gr.skip(), gr.skip(), gr.skip()
        html, running = watched(session, f"batch {community}")
        desk, problem = attempt(lambda: session.desk(community))
        if desk is None:
            return problem, gr.Timer(active=False), "", gr.skip(), gr.skip(), gr.skip()
        choices = _weeks(desk.now)
        spoken = [code for code in desk.profile.languages if code in languages("phrasebooks")]
        rest = (*_results(session, community), gr.Dropdown(choices, value=choices[0]), gr.CheckboxGroup(value=spoken))
        return html, gr.Timer(active=running), *rest

    def again(community: str | None) -> tuple[str, Any]:
        """Somebody comes back to the tab: drafts may have been edited since the files were written."""
        return _results(session, community, fresh=True) if community else ("", gr.skip())

    inputs: list[Any] = [session.community, name, first, weeks, codes, *counts]
    go.click(start, inputs, [state, timer], **QUIET)
    watching: list[Any] = [state, timer, table, files]
    timer.tick(tick, [session.community], watching, **QUIET)
    shown_tab.select(again, [session.community], [table, files], **QUIET)
    return show, [*watching, first, codes]


def _plan(name: str, week: str, number: int, codes: list[str], counts: dict[str, int]) -> batches.BatchPlan:
    """Raises BadPlan where the form makes no plan."""
    monday = batches.first_day(week)
    following = [monday + timedelta(weeks=n) for n in range(number)]
    items = [{"kind": kind, "count": count} for kind, count in counts.items() if count]
    if not items:
        raise BadPlan("Ask for at least one draft.")
    return batches.make_plan(
        {"name": name, "languages": codes, "weeks": [_iso(day) for day in following], "drafts": items}, "this plan"
    )


def _weeks(now: datetime) -> list[str]:
    return [_iso(now + timedelta(weeks=ahead)) for ahead in range(1, WEEKS_AHEAD + 1)]


def _iso(day: Any) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _results(session: Session, community: str, *, fresh: bool = False) -> tuple[str, Any]:
    """The table of batches, and the files of the newest."""
    states = session.house.store.batches(community)
    paths = _files(session, community, states[-1].id, fresh=fresh) if states else []
    return render.batches(states), gr.File(value=paths or None, visible=bool(paths))


def _files(session: Session, community: str, batch: str, *, fresh: bool = False) -> list[str]:
    """Where the files of a batch are. Those that lie there are left as they are, unless they are wanted `fresh`."""
    folder = session.house.settings.home / "batches"
    paths = [folder / f"{batch}{ending}" for ending in (".jsonl", ".csv")]
    if fresh or not all(path.exists() for path in paths):
        drafts = session.house.store.drafts(community, QueueFilter(batch=batch), batches.MAX_DRAFTS)
        batches.write_files(drafts, folder, batch)
    return [str(path) for path in paths]
