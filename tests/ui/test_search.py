"""Search in a real browser: ask, filter, see what stands around a post, and have it answered."""

from threading import Event
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import POSTS, DeskPage
from ui.desk import search


def choose_found(desk: DeskPage, post: str) -> None:
    desk.page.locator(f'#found [data-post="{post}"]').click()
    expect(desk.page.locator("#around .hs-chosen blockquote")).to_have_text(POSTS[post][1])


def test_a_post_is_found_seen_in_its_surroundings_and_answered(desk: DeskPage) -> None:
    desk.search("a bag leaks at its seam")
    found = desk.page.locator("#found .hs-entry").first
    expect(found.locator("mark")).to_have_text(["seam", "bag", "leaks"])
    expect(found.locator(".hs-move")).to_contain_text("says “bag”, “leaks”, “seam”")
    expect(desk.page.locator("#search-draft")).not_to_be_visible()
    choose_found(desk, "to-approve")
    expect(found).to_have_attribute("aria-selected", "true")
    around = desk.page.locator("#around")
    expect(around).to_contain_text("Has this happened before")
    expect(around).to_contain_text("What Anna has written")
    before = desk.counted("Anna: The seam").count()
    desk.click("search-draft")
    expect(desk.page.locator("#search-note")).to_have_text("A reply to Anna is in the Queue, ready for your decision.")
    desk.tab("Queue")
    expect(desk.counted("Anna: The seam")).to_have_count(before + 1)


def test_filters_narrow_the_search_and_what_they_cannot_mean_is_said(desk: DeskPage) -> None:
    found = desk.page.locator("#found")
    desk.search("the order")
    desk.page.locator("#search-author :is(input, textarea)").fill("gita")
    desk.page.keyboard.press("Enter")
    expect(found.locator(".hs-entry")).to_have_count(1)
    expect(found.locator(".hs-entry")).to_contain_text(POSTS["to-dispute"][1])
    desk.choose("search-channel", "#wins")
    expect(found).to_have_text("Nothing was found. Ask in other words, or with fewer filters.")
    desk.page.locator("#search-author :is(input, textarea)").fill("Nobody")
    desk.page.keyboard.press("Enter")
    expect(found).to_have_text("Nobody called “Nobody” has written in The Club.")
    desk.page.locator("#search-author :is(input, textarea)").fill("")
    desk.page.locator("#search-since :is(input, textarea)").fill("soon")
    desk.page.keyboard.press("Enter")
    expect(found).to_have_text("“soon” is no date; write it like 2026-12-05.")
    desk.page.locator("#question :is(input, textarea)").fill(" ")
    desk.page.keyboard.press("Enter")
    expect(found).to_contain_text("Ask for anything that was said")


def test_arabic_is_found_marked_and_read_from_the_right(desk: DeskPage) -> None:
    desk.search("القهوه والكيس المفتوح")
    found = desk.page.locator('#found [data-post="in-arabic"]')
    expect(found.locator("mark").first).to_be_visible()
    expect(found.locator(".hs-excerpt")).to_have_css("direction", "rtl")
    assert desk.direction("#found .hs-move") == "ltr"
    choose_found(desk, "in-arabic")
    assert desk.direction("#around .hs-chosen blockquote") == "rtl"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """Holds what stands around a post, and what is found: set when it was asked for, to be set to let it go."""
    asked, let_go = Event(), Event()

    def hold(name: str) -> None:
        real = getattr(search, name)

        def held(*args: Any, **options: Any) -> Any:
            asked.set()
            return let_go.wait(20) and real(*args, **options)

        monkeypatch.setattr(search, name, held)

    hold("search")
    hold("find_post")
    return asked, let_go


def test_of_quick_choices_the_last_is_shown_and_answered(desk: DeskPage, slow: tuple[Event, Event]) -> None:
    asked, let_go = slow
    let_go.set()
    desk.search("the order")
    asked.clear()
    let_go.clear()
    found = desk.page.locator("#found .hs-entry")
    found.nth(0).click()
    assert asked.wait(20)
    found.nth(1).click()
    expect(found.nth(1)).to_have_attribute("aria-selected", "true")
    let_go.set()
    text = found.nth(1).locator(".hs-excerpt").inner_text()
    expect(desk.page.locator("#around .hs-chosen blockquote")).to_have_text(text)


def test_of_quick_questions_the_last_is_answered(desk: DeskPage, slow: tuple[Event, Event]) -> None:
    asked, let_go = slow
    question = desk.page.locator("#question :is(input, textarea)")
    desk.tab("Search")
    expect(desk.page.locator("#found")).to_contain_text(search.ASK)
    question.fill("the grinder")
    desk.page.keyboard.press("Enter")
    assert asked.wait(20)
    question.fill("the newsletter")
    desk.page.keyboard.press("Enter")
    let_go.set()
    expect(desk.page.locator("#found mark").first).to_have_text("newsletter")
