"""What all tabs share: errors as messages, jobs as HTML, the folder between desk and browser."""

import stat
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from assistant.bootstrap import House
from assistant.errors import HearthsideError, NotAllowed
from assistant.settings import read_settings
from knowledge.errors import KnowledgeError, StoreBusy
from prompts.errors import BadFile
from ui.desk.jobs import Job, Jobs
from ui.desk.session import Session, attempt, handed_over, watched


@pytest.fixture
def session() -> Iterator[Session]:
    with House(read_settings()) as house, gr.Blocks():
        yield Session(house, "phrasebook", Jobs(), gr.Dropdown([]), gr.Textbox())


def job(session: Session, *, result: str | None = None, failure: str | None = None) -> Job:
    """A job called “import” in the session, as it stands without running anything."""
    made = Job("Reading:")
    made.result, made.failure = result, failure
    session.jobs._jobs["import"] = made
    return made


def test_what_an_action_returns_comes_back_without_a_message() -> None:
    assert attempt(lambda: 42) == (42, "")


@pytest.mark.parametrize(
    "error", [HearthsideError("No."), NotAllowed("No."), KnowledgeError("No."), StoreBusy("No."), BadFile("No.")]
)
def test_an_error_for_people_comes_back_as_a_message(error: Exception) -> None:
    def fail() -> None:
        raise error

    result, message = attempt(fail)
    assert result is None
    assert "hs-bad" in message
    assert "No." in message


def test_what_an_error_says_is_escaped() -> None:
    def fail() -> None:
        raise NotAllowed("<script>alert(1)</script>")

    assert "<script>" not in attempt(fail)[1]


def test_an_error_that_is_not_for_people_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        attempt(lambda: 1 / 0)


def test_a_job_that_never_ran_shows_nothing(session: Session) -> None:
    assert watched(session, "import") == ("", False)


def test_a_running_job_shows_its_progress(session: Session) -> None:
    job(session).progress(30, 120)
    html, running = watched(session, "import")
    assert running
    assert "Reading: 30 of 120" in html
    assert "width: 25%" in html


@pytest.mark.parametrize(
    ("result", "failure", "tone", "told"),
    [("12 new messages", None, "hs-good", "12 new messages"), (None, "It is <b>broken</b>", "hs-bad", "&lt;b&gt;")],
)
def test_a_job_that_is_over_shows_how_it_ended(
    session: Session, result: str | None, failure: str | None, tone: str, told: str
) -> None:
    job(session, result=result, failure=failure)
    html, running = watched(session, "import")
    assert not running
    assert tone in html
    assert told in html


def test_a_job_that_ended_without_a_word_shows_no_failure(session: Session) -> None:
    job(session, result="")
    html, running = watched(session, "import")
    assert not running
    assert "hs-bad" not in html


def test_what_the_browser_hands_over_lies_in_the_home_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = handed_over(tmp_path / "home")
    assert folder.parent == tmp_path / "home"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert handed_over(tmp_path / "home") == folder
