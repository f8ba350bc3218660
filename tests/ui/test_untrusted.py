"""What members wrote is data in the browser too: shown as it stands, in its own direction, and never run."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import POSTS, DeskPage, Visit

HOSTILE = (
    '<script>window.stolen = 2</script><img src=x onerror="window.stolen = 3"> '
    "${window.stolen = 4} ${7*7} {{7*7}} {% raw %} </textarea></button><b>bold</b> &lt;i&gt;"
)
"""Text that would run, or become an element, wherever it were taken for more than text."""
CODE = ("with-script", "with-template", "with-picture")
SHOWN = (
    *("#community", "#listing", "#about", "#draft", "#history", "#note", "#compose-note", "#compose-result"),
    *("#found", "#around", "#search-note"),
)
"""Where texts of members and reviewers are shown."""


def nothing_ran(desk: DeskPage) -> None:
    """No element was made of a text, and no script of it ran. That no dialog and no error came, each visit asserts."""
    made = ", ".join(
        f"{place} :is(script, img, b b, q *, ins *, blockquote *, .hs-text *, .hs-excerpt :not(mark))"
        for place in SHOWN
    )
    expect(desk.page.locator(made)).to_have_count(0)
    assert desk.page.evaluate("typeof window.stolen") == "undefined"
    expect(desk.page.locator(".hs-title, .hs-preview, .hs-text, .hs-excerpt", has_text="49")).to_have_count(0)


def evidence(desk: DeskPage) -> Any:
    return desk.draft.locator(".hs-sources blockquote")


# what is written the other way round


def test_arabic_reads_from_the_right_and_the_desk_around_it_from_the_left(desk: DeskPage) -> None:
    desk.pick("in-arabic")
    desk.pick_sentence("Restate ·")
    expect(desk.page.locator("#editor textarea")).to_have_css("direction", "rtl")
    expect(evidence(desk)).to_have_css("direction", "rtl")
    assert desk.direction("#about blockquote") == "rtl"
    for sentence in desk.draft.locator(".hs-sentence .hs-text").all():
        expect(sentence).to_have_css("direction", "rtl")
    for part in (".hs-title", ".hs-preview"):
        expect(desk.entry("in-arabic").locator(part)).to_have_css("direction", "rtl")
    around = ["html", "#tabs", "#listing .hs-queue", "#about .hs-label", "#draft .hs-head", "#draft .hs-move"]
    around += ["#draft .hs-sources", "#draft .hs-finding", "#approve", "#reason textarea, #reason input"]
    assert {selector: desk.direction(selector) for selector in around} == dict.fromkeys(around, "ltr")


def test_the_editor_and_the_approved_text_turn_with_the_language(desk: DeskPage) -> None:
    desk.pick("in-arabic")
    desk.pick_sentence("Next step ·")
    desk.editor.fill("نحن هنا لمساعدتكم.")
    desk.click("save")
    expect(desk.note).to_have_text("Saved. The checks ran again.")
    desk.click("approve")
    expect(desk.page.locator("#approved textarea")).to_have_css("direction", "rtl")
    desk.pick("to-keep")
    desk.pick_sentence("Thanks ·")
    expect(desk.editor).to_have_css("direction", "ltr")


# what looks like code


@pytest.mark.parametrize("post", CODE)
def test_a_post_is_shown_as_it_was_written(desk: DeskPage, post: str) -> None:
    author, text, _ = POSTS[post]
    desk.pick(post)
    expect(desk.entry("with-template").locator(".hs-title")).to_contain_text("The price says ${7*7} and {{7*7}} on my")
    expect(desk.page.locator("#about blockquote")).to_have_text(text)
    expect(desk.page.locator("#about figcaption b")).to_have_text(author)
    expect(desk.entry(post).locator(".hs-title")).to_contain_text(f"{author}: ")
    expect(desk.entry(post).locator(".hs-preview")).to_contain_text(author)
    expect(desk.sentence("Greeting ·").locator(".hs-text")).to_contain_text(author)
    desk.pick_sentence("Restate ·")
    expect(evidence(desk)).to_have_text(text)
    nothing_ran(desk)


@pytest.mark.parametrize("post", CODE)
def test_an_edited_sentence_is_text_before_and_after_approval(desk: DeskPage, post: str) -> None:
    desk.pick(post)
    desk.pick_sentence("Restate ·")
    desk.editor.fill(HOSTILE)
    desk.click("save")
    expect(desk.note).to_have_text("Saved. The checks ran again.")
    expect(desk.sentence("Restate ·").locator(".hs-text")).to_have_text(HOSTILE)
    expect(desk.page.locator("#history ins")).to_have_text(HOSTILE)
    expect(desk.editor).to_have_value(HOSTILE)
    nothing_ran(desk)
    desk.click("approve")
    expect(desk.note).to_contain_text("Approved by Maja.")
    expect(desk.page.locator("#approved textarea")).to_have_value(re.compile(re.escape(HOSTILE)))
    desk.reload()
    desk.find(post)
    expect(desk.sentence("Restate ·").locator(".hs-text")).to_have_text(HOSTILE)
    nothing_ran(desk)


def test_a_name_a_reason_and_a_request_are_text(visit: Visit) -> None:
    desk = visit.open(name=HOSTILE)
    desk.pick("to-reject")
    desk.page.locator("#reason input, #reason textarea").fill(HOSTILE)
    desk.click("reject")
    expect(desk.page.locator("#history b")).to_have_text(HOSTILE)
    expect(desk.page.locator("#history q")).to_have_text(HOSTILE)
    desk.tab("Compose")
    desk.page.locator("#request input, #request textarea").fill(HOSTILE)
    desk.click("compose-go")
    expect(desk.page.locator("#compose-note")).to_contain_text(f"“{HOSTILE}” does not say what to write")
    nothing_ran(desk)


def test_hostile_posts_are_found_and_shown_as_they_were_written(desk: DeskPage) -> None:
    desk.search("app broken script; price ${7*7} on my screen; img onerror in my order mail")
    for post in CODE:
        expect(desk.page.locator("#found .hs-excerpt", has_text=POSTS[post][1][:40])).to_have_text(POSTS[post][1])
        desk.page.locator(f'#found [data-post="{post}"]').click()
        expect(desk.page.locator("#around .hs-chosen blockquote")).to_have_text(POSTS[post][1])
        expect(desk.page.locator("#around .hs-chosen b")).to_have_text(POSTS[post][0])
    nothing_ran(desk)
    desk.search(HOSTILE)
    nothing_ran(desk)
