"""What every tab works with, and the few things that all of them do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import gradio as gr

from assistant.bootstrap import House
from assistant.desk import Desk
from assistant.errors import HearthsideError, NotAllowed
from knowledge.errors import KnowledgeError
from prompts.errors import BadFile
from ui.desk import render
from ui.desk.jobs import Jobs

T = TypeVar("T")

Refresh = tuple[Callable[..., Any], list[Any]]
"""How a tab shows a community: a function of its id, and the widgets that it fills."""

QUIET: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}
"""How every click is wired: no address of its own that others could call, and no veil over the page meanwhile."""


def in_turn(tab: str) -> dict[str, Any]:
    """QUIET, and the clicks of a tab are answered in their order, or an early answer could overwrite a later one's."""
    return {**QUIET, "concurrency_id": tab}


def each_in_turn(tab: str) -> dict[str, Any]:
    """In turn, and a click that comes before the answer to the one before is answered too: Gradio would drop it."""
    return {**in_turn(tab), "trigger_mode": "multiple"}


class Session(NamedTuple):
    """The house, the chosen writer, the running jobs, and the two widgets at the top."""

    house: House
    writer: str
    jobs: Jobs
    community: gr.Dropdown
    name: gr.Textbox

    def desk(self, community: str) -> Desk:
        return self.house.desk(community, self.writer)


def handed_over(home: Path) -> Path:
    """The folder of what the browser and the desk hand each other: uploads, and files to download."""
    folder = home / "browser"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def attempt(action: Callable[[], T]) -> tuple[T | None, str]:
    """Run an action; what a person should hear comes back as a message instead of an error."""
    try:
        return action(), ""
    except (HearthsideError, KnowledgeError, BadFile) as error:
        return None, render.message(str(error), "bad")


def read_day(text: str) -> date | None:
    """The day that a person wrote, if any. Raises NotAllowed for a date that is none."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise NotAllowed(f"“{text}” is no date; write it like 2026-12-05.") from error


def watched(session: Session, name: str) -> tuple[str, bool]:
    """How a job stands, as HTML, and whether it is still running."""
    job = session.jobs.get(name)
    if job is None:
        return "", False
    if job.running:
        return render.job(job.label, job.done, job.total, job.rate, job.left), True
    if job.failure is not None:
        return render.message(job.failure, "bad"), False
    return render.message(job.result or "", "good"), False
