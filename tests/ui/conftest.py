"""A desk that a real browser opens: one server a module, over a small community that is its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, expect, sync_playwright

from assistant import intake, usecases
from assistant.bootstrap import House
from assistant.desk import Desk
from assistant.domain import Brief
from assistant.settings import read_settings
from knowledge.history import Understanding
from knowledge.messages import Member, Message
from tests import making
from tests.making import NOW
from ui.desk.app import build, launch
from ui.desk.serve import free_port

CLUB = "club"
FIRST_PORT = 18000 + 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Each worker has its own, since two that look for a free port at once find the same."""
POSTS: dict[str, tuple[str, str, str]] = {
    # post: author, text, what it calls for
    "to-approve": ("Anna", "The seam of my second bag leaks and the beans have gone stale.", "criticism"),
    "to-keep": ("Albin", "The order page loses my address every single time I come back.", "criticism"),
    "to-edit": ("Cleo", "How do I clean the grinder without taking it apart?", "question"),
    "to-shorten": ("Carla", "Where can I find the opening hours for the holidays?", "question"),
    "to-reject": ("Bo", "My parcel came two weeks late and nobody told me why.", "criticism"),
    "to-offer": ("Edda", "The valve on the new packaging is loose, so the coffee tastes flat.", "criticism"),
    "to-reopen": ("Finn", "The newsletter arrives three times every morning, please look into it.", "criticism"),
    "to-dispute": ("Gita", "The workshop was cancelled at the last minute without a word.", "criticism"),
    "in-arabic": ("هدى", "الكيس مفتوح من الطرف والقهوة فقدت رائحتها تماما.", "criticism"),
    "with-script": (
        "<b>Mallory</b>",
        "The app is broken. <script>alert(1)</script> Nothing works any more.",
        "criticism",
    ),
    "with-template": ("Eve", "The price says ${7*7} and {{7*7}} on my screen since this morning.", "criticism"),
    "with-picture": ("Trudy", 'See <img src=x onerror="window.stolen = 1"> in my order mail, it is odd.', "criticism"),
    "to-survive": ("Ines", "Where is the manual of the small scale kept these days?", "question"),
    "to-list": ("Jan", "The cup that came with my order has a crack in its handle.", "criticism"),
    "in-grief": ("Hanna", "My mother passed away on Friday, and her cup stands unused on the shelf.", "grief"),
}
"""One post for each test that changes what it looks at, so that no test depends on another."""
UNANSWERED = "My new kettle broke after two days and support does not answer my mails at all."
INCIDENTS = ("apology", "apology-unsaved", "apology-undated", "apology-long")


class Club:
    """The server, its house and its drafts by the post that they answer."""

    def __init__(self, home: Path, understanding: Understanding) -> None:
        self.home = home
        self._understanding = understanding
        self.drafts: dict[str, str] = {}
        self.url = ""

    def fill(self) -> None:
        """Bring the community in, and draft what the tests work with."""
        path = self.home / "communities" / CLUB / "community.yaml"
        path.parent.mkdir(parents=True)
        about = ["the bag leaks at the seam"]
        profile = making.profile(incidents=[{"id": id_, "about": about} for id_ in INCIDENTS])
        path.write_text(yaml.safe_dump(profile.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
        with self._open() as house:
            intake.apply_profile(house, profile)
            members = [Member(id=id_, name=author) for id_, (author, _, _) in POSTS.items()]
            unanswered = making.message("unanswered", UNANSWERED)
            house.messages.save(CLUB, messages=[*map(_message, POSTS), unanswered], members=members)
            intake.index_all(house, CLUB)
            desk = house.desk(CLUB, "phrasebook")
            for id_, (_, _, situation) in POSTS.items():
                language = "ar" if id_ == "in-arabic" else "en"
                self.draft(id_, desk, Brief(kind="reply", language=language, post=id_, situation=situation))
            for incident in INCIDENTS:
                self.draft(incident, desk, Brief(kind="apology", language="en", incident=incident))
            self.draft("poll", desk, Brief(kind="poll", language="sv", decision="size"))

    def draft(self, name: str, desk: Desk, brief: Brief) -> None:
        self.drafts[name] = usecases.draft_brief(desk, brief).id

    def start(self) -> None:
        self.house = self._open()
        self._app = build(self.house, "phrasebook")
        port = free_port("127.0.0.1", FIRST_PORT)
        launch(self._app, home=self.home, host="127.0.0.1", port=port, login=None, block=False)
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self._app.close()
        self.house.close()

    def _open(self) -> House:
        house = House(read_settings(home=self.home), NOW)
        house.understanding, house.embedder = self._understanding, cast(Any, self._understanding.embedder)
        return house


def _message(id_: str) -> Message:
    hours = 1 + list(POSTS).index(id_)
    return making.message(id_, POSTS[id_][1], author=id_, at=NOW - timedelta(hours=hours))


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory, understanding: Understanding) -> Iterator[Club]:
    """The club of a module, served until its tests are over."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("HEARTHSIDE_", "OPENAI_"))]:
            patch.delenv(name)
        patch.setenv("GRADIO_TEMP_DIR", "set by the desk")
        # A person's home is not in the folder for temporary files, which Gradio serves from without being asked.
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("elsewhere")))
        made = Club(tmp_path_factory.mktemp("club") / "home", understanding)
        made.fill()
        made.start()
        yield made
        made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium that `tests/browser.sh` found or fetched."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-background-networking"]
        with playwright.chromium.launch(executable_path=found, args=args) as browser:
            yield browser


class Watch:
    """Everything that must not happen while a page is open."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.addresses: list[str] = []

    def over(self, page: Page) -> None:
        page.on("console", lambda message: self._note(self._is_error(message), f"console: {message.text}"))
        page.on("pageerror", lambda error: self._note(True, f"error: {error}"))
        page.on("dialog", self._refuse)
        page.on("request", lambda request: self._asked(request.url))
        page.on("requestfailed", self._failed)

    @staticmethod
    def _is_error(message: ConsoleMessage) -> bool:
        """Gradio says these two of a page that is left while it still waits for an answer: nothing went wrong."""
        return message.type == "error" and not any(
            said in message.text for said in ("AbortError", "Connection errored")
        )

    def _failed(self, request: Request) -> None:
        """A page that is left gives up what it is still loading: a widget's code is fetched when it is first shown."""
        given_up = request.failure == "net::ERR_ABORTED"
        self._note("/assets/" in request.url and not given_up, f"failed: {request.url}: {request.failure}")

    def _refuse(self, dialog: Dialog) -> None:
        self._note(True, f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.events.append(what)

    def _asked(self, url: str) -> None:
        self.addresses.append(url)
        self._note(urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname != "127.0.0.1", f"asked {url}")


class Visit:
    """A person at the desk: a browser of their own, in as many tabs as they like."""

    def __init__(self, context: BrowserContext, club: Club, watch: Watch) -> None:
        self.context = context
        self.club = club
        self.watch = watch

    def open(self, name: str = "Maja") -> "DeskPage":
        page = self.context.new_page()
        self.watch.over(page)
        page.goto(self.club.url)
        desk = DeskPage(page, self.club)
        desk.ready()
        if name:
            desk.sign(name)
        return desk


class DeskPage:
    """One tab of the browser, and what a person does in it."""

    def __init__(self, page: Page, club: Club) -> None:
        self.page = page
        self.club = club
        self.note = page.locator("#note")
        self.draft = page.locator("#draft")
        self.editor = page.locator("#editor textarea")

    def ready(self) -> None:
        expect(self.page.locator(".hs-entry").first).to_be_visible()

    def reload(self) -> None:
        self.page.reload()
        self.ready()

    def sign(self, name: str) -> None:
        self.page.locator("#reviewer input").fill(name)
        self.page.locator("#reviewer input").blur()

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def click(self, id_: str) -> None:
        self.page.locator(f"#{id_}").click()

    def choose(self, id_: str, label: str) -> None:
        """Choose from a dropdown."""
        self.page.locator(f"#{id_} input").click()
        # Its own options: those of the dropdown before may still be fading out.
        self.page.locator(f"#{id_}").get_by_role("option", name=label, exact=True).click()

    def search(self, question: str) -> None:
        """Ask on the tab Search, and wait until something was found."""
        self.tab("Search")
        self.page.locator("#found .hs-message, #found .hs-queue").first.wait_for()
        self.page.locator("#question :is(input, textarea)").fill(question)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#found .hs-queue")).to_be_visible()

    def entry(self, post: str) -> Any:
        return self.page.locator(f'[data-draft="{self.club.drafts[post]}"]')

    def pick(self, post: str) -> None:
        """Choose a draft of the queue, and wait until it is shown."""
        self.entry(post).click()
        expect(self.entry(post)).to_have_attribute("aria-selected", "true")

    def find(self, post: str) -> None:
        """Choose a draft whatever its status is."""
        self.choose("status", "All")
        self.pick(post)

    def sentence(self, label: str) -> Any:
        """The sentence of the draft with this label."""
        return self.draft.locator(".hs-sentence", has=self.page.locator(".hs-move", has_text=label))

    def pick_sentence(self, label: str) -> None:
        self.sentence(label).click()
        expect(self.sentence(label)).to_have_attribute("aria-expanded", "true")
        expect(self.editor).to_be_visible()

    def counted(self, text: str) -> Any:
        """The drafts of the queue that say this."""
        return self.page.locator("#listing .hs-entry", has_text=text)

    def direction(self, selector: str) -> str:
        return str(self.page.locator(selector).first.evaluate("element => getComputedStyle(element).direction"))


@pytest.fixture
def visit(browser: Browser, club: Club) -> Iterator[Visit]:
    """A visit in which nothing goes wrong unseen: no error, no dialog, no request to anybody else."""
    watch = Watch()
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.set_default_timeout(20_000)
        yield Visit(context, club, watch)
    assert watch.events == []


@pytest.fixture
def desk(visit: Visit) -> DeskPage:
    """The desk as Maja opens it."""
    return visit.open()
