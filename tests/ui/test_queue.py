"""The queue in a real browser: read, edit, decide, and find everything again."""

import re
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import expect

from assistant import usecases
from assistant.desk import Desk
from assistant.domain import Draft
from assistant.precedents import precedents_of
from tests.ui.conftest import Club, DeskPage, Visit
from ui.desk import queue

FACTS = {
    "sheet-since": "2026-11-20",
    "sheet-what_happened": "Bags of last week leak at the seam.",
    "sheet-cause": "The sealing bar was too cool.",
    "sheet-affected": "Everyone with a green label.",
    "sheet-remedy": "We send a new bag at our cost.",
    "sheet-prevention": "Each bag is now tested.",
}


def fill_sheet(desk: DeskPage, **changes: str) -> None:
    boxes = {
        desk.page.locator(f"#{id_} input, #{id_} textarea"): text
        for id_, text in {**FACTS, **{f"sheet-{name}": text for name, text in changes.items()}}.items()
    }
    # On a busy machine the browser may still be putting the stored facts into the boxes.
    while any(box.input_value() != text for box, text in boxes.items()):
        for box, text in boxes.items():
            box.fill(text)


def listed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """Status, kind and language of every list that the desk will have read."""
    asked = []
    drafts = queue._drafts

    def read(desk: Desk, status: str, kind: str, language: str) -> list[Draft]:
        asked.append((status, kind, language))
        return drafts(desk, status, kind, language)

    monkeypatch.setattr(queue, "_drafts", read)
    return asked


# deciding


def test_a_draft_is_approved_copied_and_downloaded(desk: DeskPage) -> None:
    desk.pick("to-approve")
    desk.click("approve")
    expect(desk.note).to_have_text("Approved by Maja. The text can be copied and downloaded.")
    text = desk.page.locator("#approved textarea").input_value()
    assert "Anna" in text
    with desk.page.expect_download() as download:
        desk.click("download")
    assert Path(download.value.path()).read_text(encoding="utf-8").strip() == text
    assert re.fullmatch(r"reply-en-\w{8}\.txt", download.value.suggested_filename)
    expect(desk.page.locator("#history")).to_contain_text("Maja approved it")
    expect(desk.entry("to-approve")).to_have_count(0)


def test_without_a_name_nothing_is_decided(visit: Visit) -> None:
    desk = visit.open(name="")
    desk.pick("to-keep")
    desk.click("approve")
    expect(desk.note).to_contain_text("Enter your name first")
    expect(desk.page.locator("#approved")).not_to_be_visible()
    expect(desk.entry("to-keep")).to_be_visible()


def test_a_gap_is_filled_and_its_finding_goes(desk: DeskPage) -> None:
    desk.pick("to-edit")
    expect(desk.entry("to-edit")).to_contain_text("needs you")
    desk.click("approve")
    expect(desk.note).to_contain_text("Not yet: [NEEDS answer]")
    gap = desk.sentence("Explain ·")
    expect(gap).to_contain_text("fill this in, or take the sentence out")
    desk.pick_sentence("Explain ·")
    assert "[NEEDS answer]" in desk.editor.input_value()
    desk.editor.fill("A dry brush and a little rice do it.")
    desk.click("save")
    expect(desk.note).to_have_text("Saved. The checks ran again.")
    expect(gap).to_contain_text("A dry brush and a little rice do it.")
    expect(gap).to_contain_text("person")
    expect(gap).not_to_contain_text("fill this in")
    expect(desk.entry("to-edit")).not_to_contain_text("needs you")


def test_a_sentence_is_taken_out_unless_the_kind_needs_it(desk: DeskPage) -> None:
    desk.pick("to-shorten")
    desk.pick_sentence("Explain ·")
    desk.click("remove")
    expect(desk.sentence("Explain ·")).to_contain_text("taken out")
    desk.pick_sentence("Acknowledge ·")
    desk.click("remove")
    expect(desk.note).to_contain_text("cannot do without that sentence")
    expect(desk.sentence("Acknowledge ·")).not_to_contain_text("taken out")


def test_a_sentence_shows_what_it_rests_on(desk: DeskPage) -> None:
    desk.pick("to-keep")
    expect(desk.draft).to_contain_text("Choose a sentence to see what it rests on")
    desk.pick_sentence("Restate ·")
    expect(desk.draft.locator(".hs-sources blockquote")).to_contain_text("The order page loses my address")
    desk.pick_sentence("Next step ·")
    expect(desk.draft.locator(".hs-sources")).to_contain_text("community.yaml · contacts.mail")


def test_a_draft_is_rejected_with_a_reason(desk: DeskPage) -> None:
    desk.pick("to-reject")
    desk.click("reject")
    expect(desk.note).to_contain_text("Say in a few words why")
    desk.page.locator("#reason input, #reason textarea").fill("Too cold for this")
    desk.click("reject")
    expect(desk.note).to_contain_text("Rejected.")
    expect(desk.page.locator("#history")).to_contain_text("Too cold for this")
    expect(desk.page.locator("#approve")).not_to_be_visible()


def test_a_draft_is_written_again_with_the_remedy_that_is_offered(desk: DeskPage) -> None:
    desk.pick("to-offer")
    expect(desk.draft).not_to_contain_text("Shipping is free on the next order.")
    desk.choose("offer", "Offer shipping")
    desk.click("rewrite")
    expect(desk.note).to_have_text("Written again.")
    expect(desk.sentence("Offer ·")).to_contain_text("Shipping is free on the next order.")
    expect(desk.page.locator("#history")).to_contain_text("had it written again")


def test_a_decision_is_taken_back(desk: DeskPage) -> None:
    desk.pick("to-reopen")
    desk.click("approve")
    expect(desk.note).to_contain_text("Approved by Maja.")
    desk.click("reopen")
    expect(desk.note).to_have_text("Reopened.")
    expect(desk.page.locator("#approve")).to_be_visible()
    expect(desk.page.locator("#approved")).not_to_be_visible()
    expect(desk.entry("to-reopen")).to_contain_text("proposed")


def test_an_answer_to_grief_is_never_approved_unread(desk: DeskPage) -> None:
    desk.pick("in-grief")
    desk.click("approve")
    expect(desk.note).to_contain_text("never approved unread")
    desk.page.locator("#read input").check()
    desk.click("approve")
    expect(desk.note).to_contain_text("Approved by Maja.")


def test_an_apology_takes_its_facts_from_a_sheet_that_a_person_confirms(desk: DeskPage) -> None:
    desk.pick("apology")
    expect(desk.page.locator("#sheet-state")).to_contain_text("Not confirmed yet")
    expect(desk.draft).to_contain_text("[NEEDS what happened]")
    fill_sheet(desk)
    desk.click("save-sheet")
    expect(desk.note).to_contain_text("written again from them")
    expect(desk.draft).to_contain_text("Bags of last week leak at the seam.")
    expect(desk.draft).not_to_contain_text("[NEEDS")
    desk.page.locator("#read input").check()
    desk.click("approve")
    expect(desk.note).to_contain_text("needs its fact sheet confirmed")
    desk.click("confirm-sheet")
    expect(desk.note).to_contain_text("The facts are confirmed by Maja.")
    expect(desk.page.locator("#sheet-state")).to_contain_text("Confirmed by Maja on 2026-12-01")
    desk.click("approve")
    expect(desk.note).to_contain_text("never approved unread")
    desk.page.locator("#read input").check()
    desk.click("approve")
    expect(desk.note).to_contain_text("Approved by Maja.")


def test_facts_that_are_not_saved_cannot_be_confirmed(club: Club, desk: DeskPage) -> None:
    desk.pick("apology-unsaved")
    fill_sheet(desk)
    desk.click("save-sheet")
    expect(desk.note).to_contain_text("The facts are saved")
    fill_sheet(desk, cause="Nobody knows.")
    desk.click("confirm-sheet")
    expect(desk.note).to_contain_text("not the facts that are stored")
    expect(desk.page.locator("#sheet-cause textarea")).to_have_value("Nobody knows.")
    assert club.house.desk("club", "phrasebook").sheet("apology-unsaved").confirmed_by is None


def test_a_day_that_is_none_is_refused_and_what_was_typed_stays(desk: DeskPage) -> None:
    desk.pick("apology-undated")
    fill_sheet(desk, since="last week")
    desk.click("save-sheet")
    expect(desk.note).to_contain_text("“last week” is no date")
    expect(desk.page.locator("#sheet-cause textarea")).to_have_value(FACTS["sheet-cause"])


# two people, reloads, restarts


def test_what_somebody_else_changed_is_not_overwritten(visit: Visit) -> None:
    mine, theirs = visit.open("Maja"), visit.open("Bo")
    for desk in (mine, theirs):
        desk.pick("to-dispute")
        desk.pick_sentence("Thanks ·")
    theirs.editor.fill("Thank you for your patience with us.")
    theirs.click("save")
    expect(theirs.note).to_have_text("Saved. The checks ran again.")
    mine.editor.fill("Thanks a lot.")
    mine.click("save")
    expect(mine.note).to_contain_text("Somebody else changed this draft in the meantime")
    expect(mine.editor).to_have_value("Thanks a lot.")
    mine.pick("to-dispute")
    expect(mine.sentence("Thanks ·")).to_contain_text("Thank you for your patience with us.")


def test_a_reload_and_a_restart_keep_everything(club: Club, visit: Visit) -> None:
    desk = visit.open()
    desk.pick("to-survive")
    desk.pick_sentence("Explain ·")
    desk.editor.fill("It lies under the scale.")
    desk.click("save")
    expect(desk.note).to_contain_text("Saved.")
    desk.click("approve")
    expect(desk.note).to_contain_text("Approved by Maja.")

    desk.reload()
    desk.find("to-survive")
    expect(desk.page.locator("#approved textarea")).to_have_value(re.compile("It lies under the scale."))

    desk.page.close()
    club.stop()
    club.start()
    desk = visit.open()
    desk.find("to-survive")
    expect(desk.page.locator("#approved textarea")).to_have_value(re.compile("It lies under the scale."))
    expect(desk.page.locator("#history li")).to_have_count(2)


def test_the_reviewers_name_is_asked_once(visit: Visit) -> None:
    desk = visit.open("Maja Lind")
    desk.page.wait_for_function("() => Object.keys(localStorage).includes('hearthside-reviewer')")
    desk.reload()
    expect(desk.page.locator("#reviewer input")).to_have_value("Maja Lind")


# finding


def test_filters_show_what_they_say(desk: DeskPage) -> None:
    tags = desk.page.locator("#listing .hs-entry .hs-row")
    desk.choose("language", "Arabic (ar)")
    expect(tags).to_have_count(1)
    expect(tags).to_contain_text("ar")
    expect(desk.entry("in-arabic")).to_have_attribute("aria-selected", "true")
    desk.choose("language", "Swedish (sv)")
    expect(desk.entry("poll")).to_be_visible()
    expect(tags).to_have_count(1)
    desk.choose("kind", "Apology")
    expect(desk.page.locator("#listing")).to_contain_text("Nothing here. Choose another filter")
    expect(desk.page.locator("#approve")).not_to_be_visible()
    desk.choose("language", "All")
    expect(desk.entry("apology-long")).to_be_visible()
    expect(tags.filter(has_not_text="Apology")).to_have_count(0)


def test_the_last_click_decides_what_is_shown(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A click while the answer to the one before is still on its way is answered after it, never before."""
    desk = visit.open()
    asked, let_go, answered = Event(), Event(), []

    def slow(reader: Desk, status: str, kind: str, language: str) -> list[Draft]:
        first = not asked.is_set()
        asked.set()
        if first:
            let_go.wait(20)
        answered.append("filter" if first else "pick")
        return drafts(reader, status, kind, language)

    drafts = queue._drafts
    monkeypatch.setattr(queue, "_drafts", slow)
    desk.choose("kind", "Reply")
    assert asked.wait(20)
    with desk.page.expect_response("**/queue/join*"):
        desk.entry("to-offer").click()
    let_go.set()
    expect(desk.entry("poll")).to_have_count(0)
    expect(desk.entry("to-offer")).to_have_attribute("aria-selected", "true")
    assert answered == ["filter", "pick"]


def test_of_quick_clicks_on_one_list_the_last_decides(desk: DeskPage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, let_go = Event(), Event()

    def slow(reader: Desk, draft: Draft) -> Any:
        asked.set()
        return let_go.wait(20) and precedents_of(reader, draft)

    monkeypatch.setattr("ui.desk.queue.precedents_of", slow)
    desk.entry("to-offer").click()
    assert asked.wait(20)
    desk.entry("to-keep").click()
    desk.entry("with-template").click()
    let_go.set()
    expect(desk.entry("with-template")).to_have_attribute("aria-selected", "true")
    expect(desk.page.locator("#about")).to_contain_text("The price says")


def test_nothing_is_decided_of_a_draft_that_is_not_shown_yet(
    club: Club, desk: DeskPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, let_go = Event(), Event()

    def slow(reader: Desk, draft: Draft) -> Any:
        asked.set()
        return let_go.wait(20) and precedents_of(reader, draft)

    desk.pick("to-keep")
    desk.page.locator("#reason input, #reason textarea").fill("Too cold")
    monkeypatch.setattr("ui.desk.queue.precedents_of", slow)
    desk.entry("apology-long").click()
    assert asked.wait(20)
    with desk.page.expect_response("**/queue/join*"):
        desk.click("reject")
    let_go.set()
    expect(desk.note).to_contain_text("Nothing was done")
    expect(desk.entry("apology-long")).to_have_attribute("aria-selected", "true")
    assert usecases.find_draft(club.house.desk("club", "phrasebook"), club.drafts["apology-long"]).status == "proposed"


@pytest.mark.parametrize("chosen", [None, queue.Chosen("d1", 2, "m1")])
def test_what_is_not_what_is_seen_counts_as_nothing_chosen(chosen: queue.Chosen | None) -> None:
    act = queue._on_what_is_seen(lambda community, seen, *rest: (community, seen, rest))
    assert act("d0 1 None", "club", chosen, "Maja") == ("club", queue.Chosen(), ("Maja",))
    assert act("d1 2 m1", "club", chosen, "Maja") == ("club", chosen or queue.Chosen(), ("Maja",))


def test_a_rewrite_of_what_is_not_seen_is_refused_in_words(desk: DeskPage, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.pick("to-keep")
    monkeypatch.setattr(queue.Chosen, "sign", "never what is seen")
    desk.click("rewrite")
    expect(desk.note).to_contain_text("Nothing was done")


def test_what_was_written_again_does_not_take_the_place_of_the_draft_that_is_read(
    desk: DeskPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, let_go = Event(), Event()
    rewrite = usecases.rewrite

    def slow(*args: Any, **options: Any) -> Draft:
        asked.set()
        let_go.wait(20)
        return rewrite(*args, **options)

    monkeypatch.setattr(usecases, "rewrite", slow)
    desk.pick("to-edit")
    desk.click("rewrite")
    assert asked.wait(20)
    desk.pick("to-keep")
    desk.pick_sentence("Acknowledge ·")
    desk.editor.fill("Half a thought")
    with desk.page.expect_response("**/queue/join*"):
        let_go.set()
    desk.click("reject")  # answered after it
    expect(desk.note).to_contain_text("Say in a few words why")
    expect(desk.page.locator("#about")).to_contain_text("The order page loses my address")
    expect(desk.editor).to_have_value("Half a thought")


def test_a_page_opens_without_a_complaint_in_the_log(visit: Visit, capfd: pytest.CaptureFixture[str]) -> None:
    desk = visit.open()
    desk.pick("to-keep")
    assert "Traceback" not in capfd.readouterr().err


def test_a_filter_is_asked_once(desk: DeskPage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = listed(monkeypatch)
    desk.choose("language", "Swedish (sv)")
    expect(desk.entry("to-keep")).to_have_count(0)
    desk.choose("language", "Arabic (ar)")
    expect(desk.entry("poll")).to_have_count(0)
    assert asked == [("proposed", "", "sv"), ("proposed", "", "ar")]


def test_opening_the_desk_asks_for_the_queue_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = listed(monkeypatch)
    desk = visit.open()
    desk.choose("language", "Arabic (ar)")
    expect(desk.entry("to-keep")).to_have_count(0)
    assert asked == [("proposed", "", ""), ("proposed", "", "ar")]


def test_the_status_filter_finds_what_was_decided(club: Club, visit: Visit) -> None:
    usecases.reject(club.house.desk("club", "phrasebook"), club.drafts["to-list"], "Bo", "Too cold")
    desk = visit.open()
    expect(desk.entry("to-list")).to_have_count(0)
    desk.choose("status", "Rejected")
    desk.pick("to-list")
    expect(desk.page.locator(".hs-entry .hs-row").filter(has_not_text="rejected")).to_have_count(0)
    expect(desk.page.locator("#reopen")).to_be_visible()
    expect(desk.page.locator("#rewrite")).to_be_visible()


def test_the_desk_looks_for_something_new(desk: DeskPage) -> None:
    new = desk.page.locator(".hs-entry", has_text="My new kettle broke after two days")
    expect(new).to_have_count(0)
    desk.click("look")
    expect(desk.page.locator("#looking")).to_contain_text("things noticed")
    expect(new).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_decision_is_in_sight_without_scrolling(visit: Visit, width: int) -> None:
    desk = visit.open()
    desk.page.set_viewport_size({"width": width, "height": 768})
    desk.pick("apology-long")
    for id_ in ("approve", "rewrite", "reject", "read"):
        expect(desk.page.locator(f"#{id_}")).to_be_in_viewport(ratio=1)
    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert desk.page.evaluate(overflow) == 0


def test_what_a_person_types_survives_a_look_at_another_tab(desk: DeskPage) -> None:
    desk.pick("to-keep")
    desk.pick_sentence("Thanks ·")
    desk.editor.fill("Half a sentence")
    desk.tab("Evals")
    desk.tab("Queue")
    expect(desk.entry("to-keep")).to_have_attribute("aria-selected", "true")
    expect(desk.editor).to_have_value("Half a sentence")


def test_a_reason_half_typed_stays_when_the_same_draft_is_chosen_again(desk: DeskPage) -> None:
    desk.pick("to-keep")
    desk.pick_sentence("Thanks ·")
    desk.page.locator("#reason input, #reason textarea").fill("Too cold for")
    desk.pick("to-keep")
    expect(desk.editor).not_to_be_visible()
    expect(desk.page.locator("#reason input, #reason textarea")).to_have_value("Too cold for")
    desk.pick("to-offer")
    expect(desk.page.locator("#reason input, #reason textarea")).to_have_value("")


def test_what_is_typed_beside_a_sentence_stays_until_it_is_saved_itself(desk: DeskPage) -> None:
    desk.pick("apology-long")
    fill_sheet(desk)
    desk.page.locator("#reason input, #reason textarea").fill("Too cold for this")
    desk.pick_sentence("Regret ·")
    desk.editor.fill("Half a sentence")
    desk.click("look")
    expect(desk.page.locator("#looking")).to_contain_text("things noticed")
    expect(desk.editor).to_have_value("Half a sentence")
    desk.pick_sentence("Contact ·")
    desk.editor.fill("Write to us, we read it.")
    desk.click("save")
    expect(desk.note).to_have_text("Saved. The checks ran again.")
    for id_, text in {**FACTS, "reason": "Too cold for this"}.items():
        expect(desk.page.locator(f"#{id_} input, #{id_} textarea")).to_have_value(text)
