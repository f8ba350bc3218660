"""The command line. Parts are imported by the command that needs them, so that --help answers at once."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

if TYPE_CHECKING:
    from assistant.bootstrap import House
    from assistant.domain import Draft, Status
    from assistant.ports import QueueFilter
    from knowledge.messages import Kind, Post

# Nothing we use may call home. Set before any of it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"

app = typer.Typer(
    name="hearthside",
    help="A desk for community managers: drafts grounded in what your community really said, decided by a person.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Community = Annotated[str | None, typer.Option("--community", "-c", help="Which community; default: the only one.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with JSON.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", help="What time it is taken to be; default: the newest message, or now if live."),
]
Home = Annotated[
    Path | None,
    typer.Option("--home", help="The folder that holds all state; default: HEARTHSIDE_HOME or ~/.hearthside."),
]
WriterName = Annotated[str, typer.Option("--writer", help="auto, phrasebook or model.")]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="slack, discord, telegram, whatsapp, discourse, zulip, mastodon, reddit, stackexchange, mbox, table "
        "or documents; default: by content.",
    ),
]
Columns = Annotated[
    list[str] | None, typer.Option("--map", help="For tables: FIELD=COLUMN, such as text=Review. Repeatable.")
]
TimeFormat = Annotated[str | None, typer.Option("--time-format", help="For tables: such as %d/%m/%Y.")]


_INTERRUPTED = 130
"""The exit status that Typer gives a Ctrl-C."""


def main() -> None:
    """Run a command; what is meant for a person to read is printed without a traceback."""
    from assistant.errors import HearthsideError
    from knowledge.errors import KnowledgeError
    from prompts.errors import BadFile

    try:
        app()
    except (HearthsideError, KnowledgeError, BadFile, OSError) as error:  # an OSError names the file and the reason
        typer.echo(f"{error}", err=True)
        raise SystemExit(1) from None
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            typer.echo("\nStopped. Nothing stored is lost; the same command goes on where it was.", err=True)
        raise


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="An export as it came (file, folder or zip), a table, or documents.")],
    community: Annotated[str | None, typer.Option("--community", "-c", help="Name; default: that of the file.")] = None,
    format_: FormatName = None,
    columns: Columns = None,
    time_format: TimeFormat = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Bring an export in: read it, store it, index it. Importing twice changes nothing."""
    from assistant import intake
    from knowledge.errors import StoreBusy
    from knowledge.importers.source import Options

    with _house(home) as house:
        options = Options(columns=_columns(columns or []), time_format=time_format)
        with _progress("Reading") as progress:
            taken = intake.import_export(
                house, path, community=community, format_=format_, options=options, progress=progress
            )
        indexed, waiting = 0, None
        try:
            with _progress("Indexing") as progress:
                indexed = intake.index_all(house, taken.community, progress)
        except StoreBusy as error:
            waiting = f"Stored; the process that holds the vector store will index it. {error}"
        saved = taken.report.saved
        code = 0 if any(saved) else 1
        if as_json:
            details = {"community": taken.community, "format": taken.format, **saved._asdict(), "indexed": indexed}
            skipped = [record.model_dump() for record in taken.report.examples]
            _print_json({**details, "skipped": taken.report.skipped, "examples": skipped, "waiting": waiting})
            raise typer.Exit(code)
        _say(f"{taken.community}: read as {taken.format}. {saved.added} new messages, {saved.changed} changed, "
             f"{saved.unchanged} unchanged; {indexed} indexed.")  # fmt: skip
        for reason, count in taken.report.skipped.items():
            _say(f"  skipped {count}: {reason}")
        for record in taken.report.examples[:5]:
            _say(f"    {record.place}: {record.reason}")
        if waiting:
            _say(waiting)
        if code:
            raise typer.Exit(code)
        if not house.profile(taken.community).team:
            _say(f"Next: say in {taken.profile} who speaks for you (team:), so that “unanswered” means something.")


@app.command()
def watch(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Where exports are dropped.")],
    community: Annotated[
        str | None, typer.Option("--community", "-c", help="Name; default: the only one, else that of the file.")
    ] = None,
    format_: FormatName = None,
    columns: Columns = None,
    time_format: TimeFormat = None,
    home: Home = None,
) -> None:
    """Import what is dropped into a folder, as it comes; it moves to done/, or to failed/ with the reason."""
    from assistant import watching
    from knowledge.importers.source import Options

    options = Options(columns=_columns(columns or []), time_format=time_format)
    with _house(home) as house:
        _say(f"Watching {folder} — stop it with Ctrl-C.")
        watching.watch(house, folder, community=community, format_=format_, options=options, say=_say)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for, in any language.")],
    community: Community = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100)] = 10,
    language: Annotated[str | None, typer.Option("--language", help="Only posts in this language.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only posts in this channel (its id).")] = None,
    author: Annotated[str | None, typer.Option("--author", help="Only posts by this member (id or name).")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Only these: post, poll, review or ticket; document: your own texts.")
    ] = None,
    since: Annotated[datetime | None, typer.Option("--since", help="Only from this day on.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Only up to this day.")] = None,
    rating: Annotated[
        tuple[float, float] | None, typer.Option("--rating", help="Only ratings from … to ….", metavar="FROM TO")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Find what the community said, by meaning and by words, and why each was found."""
    from assistant import precedents
    from knowledge.ports import Filters
    from knowledge.search import search as find

    lowest, highest = rating or (None, None)
    last = until if until is None or until.time() > time.min else datetime.combine(until, time.max)
    if (lowest is not None and highest is not None and not lowest <= highest) or (since and last and last < since):
        raise typer.BadParameter("--rating and --since … --until go from the lower to the higher.")
    with _house(home) as house:
        desk = house.desk(_caught_up(house, community), "phrasebook")
        known = desk.messages.channels(desk.profile.id)
        if channel is not None and channel not in known:
            raise typer.BadParameter(f"There is no channel “{channel}”. Known: {', '.join(sorted(known))}.")
        filters = Filters(
            since=desk.profile.at_place(since.date(), since.time()) if since else None,
            until=desk.profile.at_place(last.date(), last.time()) if last else None,
            channel=channel,
            author=precedents.find_member(desk, author).id if author is not None else None,
            language=language.lower() if language is not None else None,
            kind=_kind(kind),
            min_rating=lowest,
            max_rating=highest,
        )
        embedder = desk.understanding.embedder
        passages = find(desk.messages, desk.index, embedder, desk.profile.id, question, count=count, filters=filters)
        if as_json:
            _print_json([{**passage.model_dump(mode="json"), "why": passage.why} for passage in passages])
            return
        for passage in passages:
            _say(_heading(passage.post))
            _say(f"      {_line(passage.post.message.text)}")
            _say(f"      {passage.why}")
        if not passages:
            _say("Nothing was found. Ask in other words, or with fewer filters.")


@app.command()
def thread(
    post: Annotated[str, typer.Argument(help="A post's id, as `search` shows it.")],
    community: Community = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show the thread around a post, and whether the same has happened before."""
    from assistant import precedents

    with _house(home) as house:
        desk = house.desk(_caught_up(house, community), "phrasebook")
        chosen = precedents.find_post(desk, post)
        around, before = precedents.thread_around(desk, chosen), precedents.precedents(desk, chosen)
        if as_json:
            cases = [
                {**case._asdict(), "post": _post_json(case.post), "answers": list(map(_post_json, case.answers))}
                for case in before.cases
            ]
            _print_json({"thread": list(map(_post_json, around)), "summary": before.summary, "cases": cases})
            return
        for each in around:
            _say(f"{'>' if each == chosen else ' '} {_heading(each)}")
            _say(f"    {_line(each.message.text)}")
        _say("")
        _say(before.summary)
        for case in before.cases[:10]:
            _say(f"  {case.outcome}: {_heading(case.post)}")
            _say(f"      {_line(case.post.message.text)}")


@app.command()
def member(
    who: Annotated[str, typer.Argument(help="A member's id or name.")],
    community: Community = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Newest posts to show.")] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show a member's own history, the newest first."""
    from assistant import precedents

    with _house(home) as house:
        desk = house.desk(_caught_up(house, community), "phrasebook")
        history = precedents.member_history(desk, who)
        if as_json:
            posts = list(map(_post_json, history.posts[:count]))
            _print_json({"member": history.member.model_dump(mode="json"), "intents": history.intents, "posts": posts})
            return
        intents = ", ".join(f"{number} {intent}" for intent, number in history.intents.items())
        _say(f"{history.member.name} ({history.member.id}): {len(history.posts)} posts: {intents or 'none'}.")
        for each in history.posts[:count]:
            _say(f"  {_heading(each)}  {each.signals.intent}")
            _say(f"      {_line(each.message.text)}")


@app.command()
def documents(
    remove: Annotated[str | None, typer.Option("--remove", help="Take this one out, by its name.")] = None,
    community: Community = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the documents that speak for you, or take one out that is no longer true."""
    from assistant import documents as own

    with _house(home) as house:
        id_ = _caught_up(house, community)
        if remove is not None:
            with _progress("Indexing") as progress:
                own.take_out(house, id_, remove, progress)
        known = own.documents(house, id_)
        if as_json:
            _print_json([{**each._asdict(), "at": each.at.isoformat()} for each in known])
            return
        if remove is not None:
            _say(f"“{remove}” was taken out.")
        for each in known:
            _say(f"{each.at:%Y-%m-%d}  {each.name}  ({each.pieces} {'piece' if each.pieces == 1 else 'pieces'})")
        if not known:
            _say("There are no documents. Bring some in with `hearthside import PATH`.")


@app.command()
def notice(community: Community = None, as_of: AsOf = None, home: Home = None, as_json: Json = False) -> None:
    """Look for what deserves an answer or an idea. Each shows why."""
    from assistant import usecases
    from ui.desk.render import clock

    with _house(home, as_of) as house:
        desk = house.desk(_caught_up(house, community), "phrasebook")
        found = usecases.notice_now(desk)
        if as_json:
            _print_json([opportunity.model_dump(mode="json") for opportunity in found])
            return
        for opportunity in found:
            _say(f"{clock(opportunity.due, desk.now):>14}  {opportunity.kind:<9} [{opportunity.language}]  "
                 f"{_line(opportunity.title)}")  # fmt: skip
            _say(f"                {opportunity.why}  ({opportunity.id})")
        if not found:
            _say("Nothing: every post is answered, no theme stands out, no decision is open.")


@app.command()
def draft(
    what: Annotated[
        str | None, typer.Argument(help="An id from `notice`, or what you want: “a poll about grinders in Polish”.")
    ] = None,
    community: Community = None,
    post: Annotated[str | None, typer.Option("--post", help="Answer this post (its id).")] = None,
    situation: Annotated[
        str | None,
        typer.Option("--situation", help="What that post calls for: criticism, praise, question, wish or grief."),
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="Write in this language.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Draft everything noticed and not taken up yet.")] = False,
    writer: WriterName = "auto",
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a draft into the queue: for something noticed, for a post, or for what you ask for."""
    from assistant import usecases
    from assistant.domain import Brief
    from assistant.requests import read_request

    with _house(home, as_of) as house:
        desk = house.desk(_caught_up(house, community), writer)
        if everything:
            usecases.notice_now(desk)
            with _progress("Drafting") as progress:
                drafts = usecases.draft_noticed(desk, progress=progress)
        elif post is not None:
            found = desk.messages.get(desk.profile.id, [post]).get(post)
            tongue = language or (found.signals.language if found else desk.profile.default_language)
            drafts = [usecases.draft_brief(desk, Brief(kind="reply", language=tongue, post=post, situation=situation))]
        elif what is None:
            raise typer.BadParameter("Say what to draft: an id from `notice`, a request in words, --post ID, or --all.")
        else:
            noticed = {o.id: o for o in desk.store.opportunities(desk.profile.id)}
            if what in noticed:
                drafts = [usecases.draft_opportunity(desk, noticed[what], language=language)]
            else:
                drafts = [usecases.draft_brief(desk, read_request(what, desk.profile, language=language))]
        if as_json:
            _print_json([_draft_json(each) for each in drafts])
        elif everything:
            _say(f"{len(drafts)} drafts are waiting in the queue.")
        else:
            for each in drafts:
                _show(each)


@app.command()
def review(
    id_: Annotated[str | None, typer.Argument(metavar="[DRAFT]", help="A draft's id; without one, the queue.")] = None,
    community: Community = None,
    by: Annotated[str | None, typer.Option("--by", help="Your name: every decision carries one.")] = None,
    edit: Annotated[
        tuple[str, str] | None, typer.Option("--edit", help="Replace a sentence.", metavar="MOVE TEXT")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve the draft.")] = False,
    read: Annotated[bool, typer.Option("--read", help="You have read it and mean it (apologies, grief).")] = False,
    reject: Annotated[str | None, typer.Option("--reject", help="Reject it, and say why.")] = None,
    rewrite: Annotated[bool, typer.Option("--rewrite", help="Have it written again.")] = False,
    offer: Annotated[str | None, typer.Option("--offer", help="With --rewrite: the remedy to offer (its id).")] = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Take a decision back.")] = False,
    confirm_sheet: Annotated[
        str | None, typer.Option("--confirm-sheet", help="Confirm an incident's fact sheet.")
    ] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="In the queue: proposed, approved or rejected.")
    ] = None,
    writer: WriterName = "auto",
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """See the queue or a draft, and decide: edit, approve, reject, write again, reopen."""
    from assistant import usecases

    if id_ is None and (edit or approve or reject is not None or rewrite or reopen):
        raise typer.BadParameter("Say which draft: its id stands at the start of its line in the queue.")
    if offer is not None and not rewrite:
        raise typer.BadParameter("--offer goes with --rewrite.")
    with _house(home, as_of) as house:
        # A decision needs no writer; a model is loaded for a rewrite alone.
        desk = house.desk(house.choose(community), writer if rewrite else "phrasebook")
        name = by or ""
        if confirm_sheet is not None:
            sheet = usecases.confirm_sheet(desk, confirm_sheet, name)
            if not as_json:
                _say(f"The fact sheet of {sheet.incident} is confirmed by {sheet.confirmed_by}.")
            elif id_ is None:
                _print_json(sheet.model_dump(mode="json"))
        if id_ is None:
            if confirm_sheet is None:
                _queue(desk.store.drafts(desk.profile.id, _filter(status), 200), desk.now, as_json)
            return
        changed = usecases.find_draft(desk, id_)
        if edit is not None:
            changed = usecases.edit(desk, id_, edit[0], edit[1], name)
        if rewrite:
            changed = usecases.rewrite(desk, id_, name, remedy=offer)
        if approve:
            changed = usecases.approve(desk, id_, name, read_by=name if read else None)
        if reject is not None:
            changed = usecases.reject(desk, id_, name, reject)
        if reopen:
            changed = usecases.reopen(desk, id_, name)
        if as_json:
            decisions = [decision.model_dump(mode="json") for decision in desk.store.decisions(id_)]
            _print_json({**_draft_json(changed), "decisions": decisions})
        else:
            _show(changed)


@app.command()
def batch(
    plan: Annotated[Path, typer.Argument(help="plan.yaml: how many of which kind, which weeks, languages.")],
    community: Community = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the JSONL and CSV; default: beside the plan.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=32, help="Drafts written at the same time.")] = 4,
    writer: WriterName = "auto",
    as_of: AsOf = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write many drafts into the queue and into a file. Stopped, the same command goes on."""
    from assistant import batches, usecases
    from assistant.ports import QueueFilter

    wanted = batches.read_plan(plan)
    with _house(home, as_of) as house:
        desk = house.desk(_caught_up(house, community), writer)
        if not desk.store.opportunities(desk.profile.id):
            usecases.notice_now(desk)
        with _progress("Writing") as progress:
            state = batches.run_batch(desk, wanted, workers=workers, progress=progress)
        drafts = desk.store.drafts(desk.profile.id, QueueFilter(batch=state.id), batches.MAX_DRAFTS)
        files = batches.write_files(drafts, out or plan.parent, plan.stem)
        if as_json:
            _print_json({**state._asdict(), "files": [str(file) for file in files]})
            return
        _say(f"{state.name}: {state.drafted} of {state.total} drafts, in the queue, {files[0]} and {files[1].name}.")
        for slot, reason in state.failures:
            _say(f"  none for {slot}: {reason}")


@app.command()
def forget(
    member: Annotated[str, typer.Argument(help="The member's id, or their name where nobody else has it.")],
    community: Community = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Erase what a member wrote and all that was made of it, for good. Prints a receipt."""
    from assistant import forgetting, intake
    from assistant.errors import NotFound

    with _house(home) as house:
        id_ = house.choose(community)
        stores = house.forgetting(id_)
        # Whoever was forgotten is not found: then there is nothing to ask, only a receipt to show.
        with suppress(NotFound):
            trace = forgetting.find(stores, member)
            counts = {eraser.name: eraser.find(trace) for eraser in stores.erasers}
            for told in (f"To be forgotten: {', '.join(sorted(trace.ids | trace.names))}.", *_counted(counts)):
                typer.echo(told, err=True)
            if not yes:
                typer.confirm("This cannot be undone. Go on?", abort=True, err=True)
        receipt = forgetting.forget(stores, member, house.present())
        with _progress("Indexing") as progress:
            intake.index_all(house, id_, progress)
        if as_json:
            _print_json(receipt.model_dump(mode="json"))
            return
        _say(f"Forgotten at {receipt.at:%Y-%m-%d %H:%M} UTC in {id_}. Receipt {receipt.member}.")
        for line in (*_counted(receipt.counts), "Not erased:", *(f"  {left}" for left in receipt.remains)):
            _say(line)


def _counted(counts: Mapping[str, int]) -> Iterator[str]:
    yield from (f"  {count:>6}  {name}" for name, count in counts.items())


@app.command("eval")
def eval_(
    suite: Annotated[str, typer.Option("--suite", help="Name of a suite, or a JSONL file.")] = "core",
    writers: Annotated[
        list[str] | None,
        typer.Option("--writer", help="phrasebook, model, or model@VERSION of the prompt. Repeatable."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", exists=True, help="Compare with this file instead of the stored one.")
    ] = None,
    save_baseline: Annotated[
        bool, typer.Option("--save-baseline", help="Store the results as the new baseline.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for results.json and report.html.")] = Path("out/eval"),
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many cases.")] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Keep each finished case here; run again, go on from there.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Run a suite over writers and prompt versions, score the drafts, and compare with the baseline."""
    from evals import compare, report, run

    with _house(home) as house, _progress("Evaluating") as progress:
        results = run.run_suite(
            house, suite, writers or ["phrasebook"], limit=limit, journal=journal, progress=progress
        )
    stored = compare.baseline_path(suite)
    regressions = compare.compare(results, baseline or stored)
    files = report.write(results, regressions, out)
    if save_baseline:
        compare.save_baseline(results, stored)
    if as_json:
        _print_json({**results.model_dump(mode="json"), "regressions": [str(r) for r in regressions]})
    else:
        typer.echo(report.table(results))
        for regression in regressions:
            _say(f"worse: {regression}")
        _say(f"Report: {files[1]}")
    if regressions and not save_baseline:
        raise typer.Exit(1)


@app.command()
def ui(
    host: Annotated[
        str | None, typer.Option("--host", help="Address; any but loopback needs HEARTHSIDE_LOGIN.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Port; in use: the next free one.")
    ] = None,
    writer: WriterName = "auto",
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Open the desk in a browser, with the sample community if there is none yet."""
    from ui.desk.serve import serve

    with _house(home, as_of, host=host, port=port) as house:
        serve(house, writer, say=_say, progress=_progress)


@app.command()
def doctor(
    community: Community = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend the search index where it differs.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say what is there (models, keys, store, languages) and what to do about each lack."""
    from assistant.health import examine
    from assistant.intake import repair_all

    with _house(home) as house:
        for id_ in ([community] if community else list(house.messages.communities())) if repair else []:
            with _progress(f"Repairing {id_}") as progress:
                found, indexed = repair_all(house, id_, progress)
            typer.echo(
                f"{id_}: {len(found.missing)} messages were missing from the index, {len(found.unknown)} vectors "
                f"belonged to no message. {indexed} messages were indexed, {len(found.unknown)} vectors removed.",
                err=True,
            )
        findings = examine(house, community)
        if as_json:
            _print_json([finding._asdict() for finding in findings])
        else:
            for finding in findings:
                _say(f"{'ok ' if finding.ok else '-- '} {finding.what}: {finding.state}")
                if finding.advice:
                    _say(f"      {finding.advice}")
    if not all(finding.ok or finding.optional for finding in findings):
        raise typer.Exit(1)


@contextmanager
def _house(home: Path | None, as_of: datetime | None = None, **flags: Any) -> "Iterator[House]":
    from assistant.bootstrap import House
    from assistant.settings import read_settings

    with House(read_settings(home=home, **flags), _utc(as_of)) as house:
        yield house


def _caught_up(house: "House", community: str | None) -> str:
    """The community asked for, or the only one, with everything indexed that an import or a crash left pending."""
    from assistant.intake import index_all
    from knowledge.errors import EmbeddingFailed

    id_ = house.choose(community)
    with _progress("Indexing") as progress:
        try:
            index_all(house, id_, progress)
        except EmbeddingFailed as error:  # what another embedder has indexed can still be searched
            typer.echo(f"{error} Not all is indexed.", err=True)
    return id_


@contextmanager
def _progress(label: str) -> "Iterator[Callable[[int, int | None], None]]":
    """A bar with rate and time left on the terminal; nothing where the output is not one, or nothing is to do."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None, rate="")

        def update(done: int, total: int | None) -> None:
            speed = bar.tasks[task].finished_speed or bar.tasks[task].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:.0f}/s" if speed else "")

        yield update


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment is not None else None


def _kind(name: str | None) -> "Kind | None":
    from knowledge.messages import Kind

    if name is not None and name not in get_args(Kind):
        raise typer.BadParameter(f"--kind is one of {', '.join(get_args(Kind))}.")
    return cast("Kind | None", name)


def _heading(post: "Post") -> str:
    message = post.message
    rated = f", rated {message.rating:g}" if message.rating is not None else ""
    where = f"{post.author_name} in {post.channel_name}{rated}"
    return f"{message.at:%Y-%m-%d}  {where}  [{post.signals.language}]  {message.id}"


def _post_json(post: "Post") -> dict[str, Any]:
    return post.model_dump(mode="json")


def _columns(given: Sequence[str]) -> dict[str, str]:
    from knowledge.importers.tabular import read_columns

    try:
        return {field: column for text in given for field, column in read_columns(text).items()}
    except ValueError as error:
        raise typer.BadParameter(f"--map: {error}") from error


def _filter(status: str | None) -> "QueueFilter":
    from assistant.ports import QueueFilter

    if status not in (None, "proposed", "approved", "rejected"):
        raise typer.BadParameter("--status is proposed, approved or rejected.")
    return QueueFilter(status=cast("Status | None", status))


def _queue(drafts: "Sequence[Draft]", now: datetime, as_json: bool) -> None:
    from ui.desk.render import clock

    if as_json:
        _print_json([_draft_json(each) for each in drafts])
        return
    for each in drafts:
        blocked = "  needs work" if each.blocking else ""
        _say(f"{each.id}  {each.status:<9} {each.plan.kind:<9} [{each.plan.language}] {clock(each.due, now):>14}"
             f"  {_line(each.plan.title)}{blocked}")  # fmt: skip
    if not drafts:
        _say("The queue is empty. Fill it with `hearthside draft --all`.")


def _show(each: "Draft") -> None:
    _say(f"{each.id}  {each.status}, {each.plan.kind} [{each.plan.language}], revision {each.revision}, "
         f"by {each.provenance.model or each.provenance.writer}")  # fmt: skip
    _say(each.plan.title)
    _say("")
    for segment in each.segments:
        _say(f"  {segment.move:>4} {segment.author:<10} {segment.text}")
    _say("")
    for note in each.plan.notes:
        _say(f"  note: {note}")
    for finding in each.findings:
        _say(f"  {finding.severity}: {finding.move or 'whole'}: {finding.message}")


def _draft_json(each: "Draft") -> dict[str, Any]:
    return {**each.model_dump(mode="json"), "text": each.text}


def _line(text: str) -> str:
    from knowledge.words import shorten

    return shorten(text, 110)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def _say(text: str) -> None:
    typer.echo(text)


if __name__ == "__main__":
    main()
