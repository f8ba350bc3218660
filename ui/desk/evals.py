"""Evals: run the suite over writers and prompt versions, watch it, and see what has become better or worse."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from evals import compare, report, run
from evals.run import Results
from evals.scorers import SCORERS
from prompts.templates import versions
from ui.desk import render
from ui.desk.jobs import Job
from ui.desk.session import QUIET, Refresh, Session, watched

JOB = "eval"
SUITE = "core"


def tab(session: Session) -> Refresh:
    folder = session.house.settings.home / "evals"
    with gr.Tab("Evals", id="evals"):
        gr.Markdown(
            "How good are the drafts? The suite has cases of all kinds and languages, some with hostile or thin "
            "evidence. Scores run from 0 to 1."
        )
        choices = ["phrasebook"]
        if session.house.has_model:
            choices += [f"model@{version}" for version in versions("write")]
        with gr.Row():
            writers = gr.CheckboxGroup(choices, value=["phrasebook"], label="Writers", elem_id="eval-writers")
            limit = gr.Number(
                value=0, label="Only the first … cases (0: all)", precision=0, minimum=0, elem_id="eval-limit"
            )
            go = gr.Button("Run", variant="primary", elem_id="eval-go", min_width=110)
        state = gr.HTML(elem_id="eval-state", apply_default_css=False)
        scores = gr.HTML(elem_id="eval-scores", apply_default_css=False)
        page = gr.DownloadButton("Download the report", visible=False, size="sm", elem_id="eval-report")
        timer = gr.Timer(0.5, active=False)

    def start(chosen: list[str], first: float | None) -> tuple[str, Any]:
        if not chosen:
            return render.message("Choose at least one writer.", "bad"), gr.Timer(active=False)

        def work(_job: Job, progress: Callable[[int, int | None], None]) -> str:
            results = run.run_suite(session.house, SUITE, chosen, limit=int(first or 0) or None, progress=progress)
            regressions = compare.compare(results, compare.baseline_path(SUITE))
            report.write(results, regressions, folder)
            return f"Scores that are worse than the baseline: {len(regressions)}."

        session.jobs.start(JOB, "Evaluating:", work)
        return watched(session, JOB)[0], gr.Timer(active=True)

    def tick() -> tuple[str, Any, Any, Any]:
        html, running = watched(session, JOB)
        return html, gr.Timer(active=running), *((gr.skip(), gr.skip()) if running else stored())

    def stored() -> tuple[str, Any]:
        """The results of the last run, which outlive the process."""
        data, html = folder / "results.json", folder / "report.html"
        if not data.is_file():
            return render.message("Nothing has been run yet."), gr.DownloadButton(visible=False)
        try:
            shown = _shown(data, data.stat().st_mtime_ns)
        except ValidationError:  # torn, or of another version
            return render.message(f"{data} cannot be read; run the suite again."), gr.DownloadButton(visible=False)
        return shown, gr.DownloadButton(value=str(html), visible=html.is_file())

    def show(_community: str | None) -> tuple[str, Any, Any, Any]:
        return tick()

    watching: list[Any] = [state, timer, scores, page]
    go.click(start, [writers, limit], [state, timer], **QUIET)
    timer.tick(tick, None, watching, **QUIET)
    return show, watching


@lru_cache(maxsize=1)
def _shown(data: Path, _changed: int) -> str:
    """The scores as HTML; drawn once for each run, since every visit shows them."""
    results = Results.model_validate_json(data.read_bytes())
    return render.scores(_rows(results), ["writer", *SCORERS, "by model", "seconds"], report.plot(results))


def _rows(results: Results) -> list[dict[str, str]]:
    return [
        {
            "writer": each.writer,
            **{name: report.number(each.means.get(name)) for name in SCORERS},
            "by model": f"{each.by_model:.0%}",
            "seconds": f"{each.seconds:.1f}",
        }
        for each in results.runs
    ]
