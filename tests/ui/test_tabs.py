"""The other tabs in a real browser: ask for a draft, bring a community in, plan a month, compare writers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import expect

from assistant import batches, intake, usecases
from assistant.documents import documents
from assistant.domain import Brief
from tests import making
from tests.integration import exports
from tests.ui.conftest import UNANSWERED, Club, DeskPage, Visit
from ui.desk import render, search

LONG = 90_000
"""Milliseconds that work in the background may take on a busy machine."""
SUBJECT = "Vilken storlek ska vi sälja?"


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any, str], Event]]:
    """Holds a function of a module until the test lets it go, so that one can look at what is shown meanwhile."""
    let_go = Event()

    def hold(module: Any, name: str) -> Event:
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **opts: let_go.wait(LONG / 1000) and real(*args, **opts))
        return let_go

    yield hold
    let_go.set()


def fill(desk: DeskPage, **texts: object) -> None:
    """Fill text boxes and numbers by their ids."""
    for id_, text in texts.items():
        box = f"#{id_.replace('_', '-')}"
        desk.page.locator(f"{box} input:visible, {box} textarea").first.fill(str(text))


def ask(desk: DeskPage, request: str) -> None:
    desk.tab("Compose")
    fill(desk, request=request)
    desk.click("compose-go")


def bring_in(desk: DeskPage, path: Path, name: str) -> None:
    desk.tab("Import")
    desk.page.locator("#upload input[type=file]").set_input_files(path)
    expect(desk.page.locator("#upload")).to_contain_text(path.suffix)
    fill(desk, import_name=name)
    desk.click("import-go")


def download(desk: DeskPage, selector: str) -> str:
    with desk.page.expect_download() as started:
        desk.page.locator(selector).click()
    return Path(started.value.path()).read_text(encoding="utf-8")


# Compose


@pytest.mark.parametrize("request_", ["a poll about size in Swedish", "en omröstning om storlek"])
def test_a_request_in_words_becomes_a_draft_in_the_queue(desk: DeskPage, request_: str) -> None:
    before = desk.counted(SUBJECT).count()
    ask(desk, request_)
    expect(desk.page.locator("#compose-note")).to_have_text("It is in the queue, ready for your decision.")
    expect(desk.page.locator("#compose-result .hs-head")).to_contain_text("sv")
    expect(desk.page.locator("#compose-result .hs-text", has_text=SUBJECT)).to_be_visible()
    desk.tab("Queue")
    expect(desk.counted(SUBJECT)).to_have_count(before + 1)


def test_a_request_with_no_ground_is_refused_with_what_to_add(desk: DeskPage) -> None:
    ask(desk, "a poll about submarines")
    expect(desk.page.locator("#compose-note")).to_contain_text("found 0. Add a decision with options to community.yaml")
    expect(desk.page.locator("#compose-result")).not_to_be_visible()


def test_a_request_without_a_kind_says_which_there_are_and_one_can_be_chosen(desk: DeskPage) -> None:
    ask(desk, "something about size")
    expect(desk.page.locator("#compose-note")).to_contain_text("Name one of reply, apology, poll, challenge")
    desk.choose("request-kind", "Poll")
    desk.choose("request-language", "Swedish (sv)")
    desk.click("compose-go")
    expect(desk.page.locator("#compose-result .hs-text", has_text=SUBJECT)).to_be_visible()


def test_compose_lists_what_was_noticed_and_not_taken_up(club: Club, desk: DeskPage) -> None:
    usecases.notice_now(club.house.desk("club", "phrasebook"))
    desk.tab("Compose")
    expect(desk.page.locator("#noticed .hs-title", has_text=UNANSWERED[:30])).to_be_visible()
    expect(desk.page.locator("#noticed .hs-title", has_text="My parcel came two weeks late")).to_have_count(0)


# Import


def test_a_document_is_brought_in_and_taken_out_again(club: Club, desk: DeskPage, tmp_path: Path) -> None:
    policy = tmp_path / "returns.md"
    policy.write_text("# Returns\n\nWe take bags back within 14 days.\n", encoding="utf-8")
    desk.tab("Import")
    expect(desk.page.locator("#document")).not_to_be_visible()
    bring_in(desk, policy, "club")
    expect(desk.page.locator("#import-state")).to_contain_text("1 new messages", timeout=LONG)
    desk.click("document-remove")
    expect(desk.page.locator("#import-note")).to_contain_text("Choose a document first.")
    desk.page.locator("#document input").click()
    desk.page.locator("#document").get_by_role("option").filter(has_text="returns.md").click()
    desk.click("document-remove")
    expect(desk.page.locator("#import-note")).to_contain_text("“returns.md” was taken out")
    expect(desk.page.locator("#document")).not_to_be_visible()
    assert documents(club.house, "club") == []


def table(folder: Path) -> Path:
    return exports.table(folder / "reviews.csv", exports.CLUB[:4])


def slack(folder: Path) -> Path:
    unanswered = {
        "type": "message",
        "user": "U1",
        "text": "The bag leaks again! It was late.",
        "ts": "1795946400.000100",
    }
    return exports.slack(folder / "export.zip", **{"general/2026-11-29.json": [unanswered]})


@pytest.mark.parametrize(("name", "make"), [("Tea House", table), ("Slack Club", slack)])
def test_an_export_becomes_a_community_that_can_be_chosen(
    desk: DeskPage, tmp_path: Path, name: str, make: Callable[[Path], Path]
) -> None:
    state = desk.page.locator("#import-state")
    export = make(tmp_path)
    bring_in(desk, export, name)
    expect(state).to_contain_text("4 new messages, 0 changed, 0 unchanged; 4 indexed", timeout=LONG)
    expect(state.locator(".hs-good")).to_contain_text("who speaks for you (team:)")
    bring_in(desk, export, name)  # what was uploaded did not outlive its import
    expect(state).to_contain_text("0 new messages, 0 changed, 4 unchanged; 0 indexed", timeout=LONG)
    desk.choose("community", name)
    desk.tab("Queue")
    expect(desk.counted("The bag leaks").first).to_be_visible()


def test_what_cannot_be_read_is_counted_and_named(desk: DeskPage, tmp_path: Path) -> None:
    rows = [dict(row) for row in exports.CLUB[:4]]
    rows[1]["at"] = "soon"
    bring_in(desk, exports.table(tmp_path / "half.csv", rows), "Half")
    state = desk.page.locator("#import-state")
    expect(state).to_contain_text("3 new messages", timeout=LONG)
    expect(state).to_contain_text("Skipped 1:")
    expect(state).to_contain_text("First seen in half.csv, line 3.")


def test_a_broken_file_makes_no_community_and_says_where_it_breaks(desk: DeskPage, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("colour,weight\ngreen,12\n", encoding="utf-8")
    bring_in(desk, broken, "Broken")
    problem = desk.page.locator("#import-state .hs-bad")
    expect(problem).to_contain_text("Nothing came in from broken.csv.", timeout=LONG)
    expect(problem).to_contain_text("no column for text and at among colour, weight")
    expect(problem).to_contain_text("broken.csv, line 2")
    desk.page.locator("#community input").click()
    expect(desk.page.locator("#community").get_by_role("option", name="The Club")).to_be_visible()
    expect(desk.page.locator("#community").get_by_role("option", name="Broken")).to_have_count(0)


def test_a_file_that_is_no_export_is_refused_with_the_formats_we_read(desk: DeskPage, tmp_path: Path) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(b"not a zip at all")
    bring_in(desk, path, "Holiday")
    problem = desk.page.locator("#import-state .hs-bad")
    expect(problem).to_contain_text("holiday.zip is none of the formats we read (slack, ")


def test_an_import_is_watched_from_anywhere_and_runs_on(
    visit: Visit, tmp_path: Path, hold: Callable[[Any, str], Event]
) -> None:
    let_go = hold(intake, "index_all")
    mine = visit.open()
    bring_in(mine, exports.table(tmp_path / "slow.csv", exports.CLUB[:2]), "Slow")
    expect(mine.page.locator("#import-state .hs-job")).to_contain_text("Indexing:")
    mine.page.close()
    other = visit.open()
    other.tab("Import")
    expect(other.page.locator("#import-state .hs-job")).to_contain_text("Indexing:")
    let_go.set()
    expect(other.page.locator("#import-state")).to_contain_text("slow: 2 new messages", timeout=LONG)


def test_a_second_import_is_refused_and_the_refusal_stays(
    desk: DeskPage, tmp_path: Path, hold: Callable[[Any, str], Event]
) -> None:
    let_go = hold(intake, "index_all")
    bring_in(desk, exports.table(tmp_path / "busy.csv", exports.CLUB[:2]), "Busy")
    expect(desk.page.locator("#import-state .hs-job")).to_contain_text("Indexing:")
    desk.click("import-go")
    refusal = desk.page.locator("#import-note .hs-bad")
    expect(refusal).to_contain_text("Another import was running already")
    let_go.set()
    expect(desk.page.locator("#import-state")).to_contain_text("busy: 2 new messages", timeout=LONG)
    expect(refusal).to_be_visible()


# Batch


def plan(desk: DeskPage, name: str, languages: tuple[str, ...], **counts: int) -> None:
    desk.tab("Batch")
    boxes = desk.page.locator("#batch-languages label")
    expect(boxes.locator("input:checked")).to_have_count(8)
    for box in boxes.all():
        box.locator("input").set_checked(any(language in box.inner_text() for language in languages))
    wanted = {"reply": 0, "apology": 0, "poll": 0, "challenge": 0, **counts}
    fill(desk, batch_name=name, batch_weeks=2, **{f"batch_{kind}": count for kind, count in wanted.items()})
    desk.click("batch-go")


def test_a_batch_is_watched_drafted_into_the_queue_and_downloaded(
    desk: DeskPage, hold: Callable[[Any, str], Event]
) -> None:
    before = desk.counted(SUBJECT).count()
    state, table = desk.page.locator("#batch-state"), desk.page.locator("#batch-table tbody tr")
    let_go = hold(batches, "run_batch")
    plan(desk, "Two weeks", ("English", "Swedish"), poll=2, challenge=1)
    expect(state.locator(".hs-job")).to_contain_text("Writing:")
    let_go.set()
    expect(state).to_have_text("Two weeks: 2 of 3 drafts are in the queue.", timeout=LONG)
    expect(table).to_contain_text("2 of 3")
    table.locator("summary").click()
    expect(table.locator("li")).to_contain_text("challenge en: Nothing more was found to write about.")
    lines = [json.loads(line) for line in download(desk, '#batch-files a[download$=".jsonl"]').splitlines()]
    assert {line["language"] for line in lines} == {"en", "sv"}
    assert sorted(line["planned_for"][:8] for line in lines) == ["2026-12-", "2026-12-"]
    assert "Which size should we sell?" in download(desk, '#batch-files a[download$=".csv"]')
    desk.tab("Queue")
    expect(desk.counted(SUBJECT)).to_have_count(before + 1)


def test_a_batch_of_nothing_is_refused(desk: DeskPage) -> None:
    plan(desk, "Nothing", ("English",))
    expect(desk.page.locator("#batch-state .hs-bad")).to_have_text("Ask for at least one draft.")


# Evals


def test_an_eval_runs_shows_its_scores_and_keeps_them(desk: DeskPage) -> None:
    desk.tab("Evals")
    expect(desk.page.locator("#eval-scores")).to_have_text("Nothing has been run yet.")
    expect(desk.page.locator("#eval-writers label")).to_have_text(["phrasebook"])
    fill(desk, eval_limit=2)
    desk.click("eval-go")
    expect(desk.page.locator("#eval-state")).to_have_text("Scores that are worse than the baseline: 0.", timeout=LONG)
    row = desk.page.locator("#eval-scores tbody tr")
    expect(row).to_contain_text("phrasebook")
    expect(desk.page.locator("#eval-scores svg")).to_be_visible()
    assert "phrasebook" in download(desk, "#eval-report")
    desk.reload()
    desk.tab("Evals")
    expect(row).to_contain_text("phrasebook")


def test_results_that_are_torn_are_left_aside(club: Club, visit: Visit) -> None:
    torn = club.home / "evals" / "results.json"
    torn.parent.mkdir(exist_ok=True)
    torn.write_text('{"suite": "co', encoding="utf-8")
    desk = visit.open()
    desk.tab("Evals")
    expect(desk.page.locator("#eval-scores")).to_contain_text("cannot be read; run the suite again")


def test_an_eval_of_nobody_is_refused(desk: DeskPage) -> None:
    desk.tab("Evals")
    desk.page.locator("#eval-writers input").uncheck()
    desk.click("eval-go")
    expect(desk.page.locator("#eval-state")).to_have_text("Choose at least one writer.")


# the community above all tabs


def test_each_community_has_its_own_queue(club: Club, visit: Visit) -> None:
    making.furnish(club.house, id="bakery", name="The Bakery", languages=["sv"], default_language="sv")
    usecases.draft_brief(club.house.desk("bakery", "phrasebook"), Brief(kind="poll", language="sv", decision="size"))
    desk = visit.open()
    desk.choose("community", "The Bakery")
    expect(desk.page.locator("#listing")).to_contain_text("1 to review")
    expect(desk.page.locator(".hs-entry")).to_have_count(1)
    expect(desk.draft).to_contain_text(SUBJECT)
    desk.tab("Batch")
    expect(desk.page.locator("#batch-languages input:checked")).to_have_count(1)
    desk.tab("Queue")
    desk.choose("community", "The Club")
    expect(desk.entry("to-keep")).to_be_visible()


@pytest.fixture
def bakery(club: Club) -> None:
    """A second community, with a poll and with no apology in its queue."""
    making.furnish(club.house, id="bakery", name="The Bakery", languages=["sv"], default_language="sv")
    desk = club.house.desk("bakery", "phrasebook")
    if not desk.store.count_drafts("bakery"):
        usecases.draft_brief(desk, Brief(kind="poll", language="sv", decision="size"))


@pytest.mark.usefixtures("bakery")
def test_another_community_is_shown_as_the_filters_say(desk: DeskPage) -> None:
    desk.choose("kind", "Apology")
    expect(desk.entry("poll")).to_have_count(0)
    desk.choose("community", "The Bakery")
    expect(desk.page.locator("#listing")).to_contain_text("1 to review")
    expect(desk.page.locator("#kind input")).to_have_value("All")
    expect(desk.counted(SUBJECT)).to_have_count(1)


@pytest.mark.usefixtures("bakery")
def test_what_was_still_being_looked_for_is_not_shown_in_another_community(
    desk: DeskPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, let_go, answered = Event(), Event(), []
    passages, offers = render.passages, search._Search._offers

    def slow(*args: Any) -> str:
        asked.set()
        let_go.wait(LONG / 1000)
        answered.append("found")
        return passages(*args)

    def opened(*args: Any, **options: Any) -> Any:
        answered.append("opened")
        return offers(*args, **options)

    desk.search("a bag leaks at its seam")
    monkeypatch.setattr(render, "passages", slow)
    monkeypatch.setattr(search._Search, "_offers", opened)
    desk.click("search-go")
    assert asked.wait(LONG / 1000)
    with desk.page.expect_response("**/queue/join*"):
        desk.choose("community", "The Bakery")
    let_go.set()
    expect(desk.page.locator("#found")).to_contain_text(search.ASK)
    assert answered == ["found", "opened"]
