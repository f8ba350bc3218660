"""Import: upload an export and watch it come in."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr

from assistant import documents as own_documents
from assistant import intake, usecases
from assistant.errors import Misconfigured, NotFound
from knowledge.errors import BadExport
from knowledge.history import ImportReport
from knowledge.importers import FORMATS
from knowledge.importers.source import Options
from knowledge.importers.tabular import read_columns
from ui.desk import render
from ui.desk.jobs import Job
from ui.desk.session import QUIET, Refresh, Session, attempt, handed_over, watched

JOB = "import"
PLACES = 5
"""Places named of what could not be read."""
Watching = Callable[[int, int | None], None]

_FILES = (
    *(".zip", ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".xlsx", ".txt", ".html", ".htm", ".xml"),
    *(".mbox", ".mbx", ".md", ".pdf", ".gz", ".tgz", ".tar"),
)


def tab(session: Session) -> Refresh:
    with gr.Tab("Import", id="import") as shown_tab:
        gr.Markdown(
            "An export as it came, a file or a zip: Slack, Discourse, Discord, Telegram, WhatsApp, Zulip, Mastodon, "
            "Reddit, Stack Exchange, mbox; a table (CSV, XLSX, JSONL); or your own documents (Markdown, text, HTML, "
            "PDF). Importing the same again changes nothing."
        )
        with gr.Row():
            upload = gr.File(label="Export", file_types=list(_FILES), elem_id="upload")
            with gr.Column():
                name = gr.Textbox(
                    label="Community", placeholder="name of a new or an existing one", elem_id="import-name"
                )
                format_ = gr.Dropdown(
                    [("recognise it", ""), *((each.name, each.name) for each in FORMATS)],
                    value="",
                    label="Format",
                    elem_id="import-format",
                )
                columns = gr.Textbox(
                    label="Columns of a table",
                    placeholder="text=Review, at=Date, author=User",
                    elem_id="import-columns",
                )
                go = gr.Button("Import", variant="primary", elem_id="import-go")
        note = gr.HTML(elem_id="import-note", apply_default_css=False)
        state = gr.HTML(elem_id="import-state", apply_default_css=False)
        timer = gr.Timer(0.5, active=False)
        with gr.Row(visible=False, equal_height=True) as own:
            document = gr.Dropdown([], label="Documents that speak for you", scale=3, elem_id="document")
            remove = gr.Button("Take it out", min_width=110, elem_id="document-remove")

    def start(path: str | None, community: str, chosen: str, mapping: str) -> tuple[str, str, Any]:
        running = watched(session, JOB)[1]
        if not running and not (path and Path(path).is_file()):
            return render.message("Choose a file first.", "bad"), gr.skip(), gr.skip()

        def work(job: Job, progress: Watching) -> str:
            return _bring_in(session, job, progress, Path(path or ""), community, chosen, mapping)

        # Not where the progress is shown, which would take its place at once.
        started = session.jobs.start(JOB, "Reading:", work)
        refusal = (
            "" if started else render.message("Another import was running already; this one was not started.", "bad")
        )
        return refusal, watched(session, JOB)[0], gr.Timer(active=True)

    def documents(community: str | None) -> tuple[Any, Any]:
        """The row of documents: hidden where there are none."""
        found, _ = attempt(lambda: own_documents.documents(session.house, community) if community else [])
        choices = [(f"{each.name}  ({each.at:%Y-%m-%d})", each.name) for each in found or []]
        return gr.Row(visible=bool(choices)), gr.Dropdown(choices, value=None)

    def take_out(community: str, name: str | None) -> str:
        def act() -> str:
            if not name:
                raise NotFound("Choose a document first.")
            own_documents.take_out(session.house, community, name)
            return f"“{name}” was taken out. Drafts that rest on it must be written again."

        told, problem = attempt(act)
        return problem or render.message(told or "", "good")

    def tick(community: str | None) -> tuple[Any, ...]:
        html, running = watched(session, JOB)
        if running:
            return html, gr.Timer(active=True), *[gr.skip()] * 4
        known, problem = attempt(session.house.messages.communities)
        names = [(label, id_) for id_, label in (known or {}).items()]
        job = session.jobs.get(JOB)
        came_in = gr.File(value=None) if job is not None and job.result else gr.skip()
        communities = gr.skip() if known is None else gr.Dropdown(names)
        return problem or html, gr.Timer(active=False), communities, came_in, *documents(community)

    inputs: list[Any] = [upload, name, format_, columns]
    go.click(start, inputs, [note, state, timer], **QUIET)
    timer.tick(tick, session.community, [state, timer, session.community, upload, own, document], **QUIET)
    taken_out = remove.click(take_out, [session.community, document], [note], **QUIET)
    # Of the community that is chosen by then: the index is waited for.
    taken_out.then(documents, session.community, [own, document], **QUIET)
    shown_tab.select(documents, session.community, [own, document], **QUIET)

    def show(community: str | None) -> tuple[Any, ...]:
        html, running = watched(session, JOB)
        return html, gr.Timer(active=running), *documents(community)

    return show, [state, timer, own, document]


def _bring_in(
    session: Session, job: Job, progress: Watching, path: Path, community: str, format_: str, mapping: str
) -> str:
    house = session.house
    try:
        options = Options(columns=read_columns(mapping))
    except ValueError as error:
        raise Misconfigured(str(error)) from error
    with house.indexing:  # or what comes in here is indexed, and counted, by the watch for other processes' imports
        taken = intake.import_export(
            house,
            path,
            community=community.strip() or None,
            format_=format_ or None,
            options=options,
            progress=progress,
        )
        saved, unread = taken.report.saved, _unread(taken.report)
        if not any(saved):
            raise BadExport(f"Nothing came in from {path.name}.{unread}")
        _discard(path, handed_over(house.settings.home))
        job.go_on("Indexing:")
        indexed = intake.index_all(house, taken.community, progress)
    job.go_on("Noticing and drafting:")
    desk = session.desk(taken.community)
    found = usecases.notice_now(desk)
    drafts = usecases.draft_noticed(desk, limit=50, progress=progress)
    told = (
        f"{taken.community}: {saved.added} new messages, {saved.changed} changed, {saved.unchanged} unchanged; "
        f"{indexed} indexed; {len(found)} things noticed, {len(drafts)} drafts written.{unread}"
    )
    if not desk.profile.team:
        told += f" Say in {taken.profile} who speaks for you (team:), so that “unanswered” means something."
    return told


def _discard(path: Path, uploads: Path) -> None:
    """Delete an upload that is in the store now: what is forgotten there must not live on in a copy."""
    if path.is_relative_to(uploads):
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


def _unread(report: ImportReport) -> str:
    """How much could not be read, why, and the first places of it; nothing where all was."""
    if not report.skipped:
        return ""
    reasons = "; ".join(f"{count} {reason}" for reason, count in report.skipped.items())
    places = "; ".join(example.place for example in report.examples[:PLACES])
    return f" Skipped {sum(report.skipped.values())}: {reasons}. First seen in {places}."
