"""Work in the background: watched while it runs, told when it is over, one of a name at a time."""

from collections.abc import Iterator
from threading import Event

import pytest

from assistant.errors import Refused
from knowledge.errors import StoreBusy
from knowledge.history import Progress
from prompts.errors import BadFile
from ui.desk import jobs
from ui.desk.jobs import Job, Jobs

PATIENCE = 10.0
"""Seconds after which a test gives up; none of them should need any."""


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Work:
    """Work that goes on when the test says so, and tells when it has begun and ended."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.begun, self.may_end, self.ended = Event(), Event(), Event()
        self._error = error

    def __call__(self, job: Job, progress: Progress) -> str:
        self.begun.set()
        try:
            assert self.may_end.wait(PATIENCE)
            if self._error is not None:
                raise self._error
            return "All done."
        finally:
            self.ended.set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs, "monotonic", clock)
    return clock


@pytest.fixture
def running() -> Iterator[tuple[Jobs, Work]]:
    """A job that runs until the test ends."""
    made, work = Jobs(), Work()
    made.start("import", "Reading:", work)
    assert work.begun.wait(PATIENCE)
    yield made, work
    work.may_end.set()
    assert work.ended.wait(PATIENCE)


def finished(error: BaseException | None = None) -> Job:
    """A job whose work is over."""
    job, work = Job("Reading:"), Work(error)
    work.may_end.set()
    Jobs._run(job, work)
    return job


def test_a_started_job_runs_and_can_be_watched_by_its_name(running: tuple[Jobs, Work]) -> None:
    made, _ = running
    job = made.get("import")
    assert job is not None
    assert job.running
    assert job.label == "Reading:"


def test_a_name_that_never_ran_has_no_job() -> None:
    assert Jobs().get("import") is None


def test_a_job_runs_once_at_a_time(running: tuple[Jobs, Work]) -> None:
    made, _ = running
    first, second = made.get("import"), Work()
    assert not made.start("import", "Reading again:", second)
    assert made.get("import") is first
    assert not second.begun.is_set()


def test_jobs_of_two_names_run_side_by_side(running: tuple[Jobs, Work]) -> None:
    made, _ = running
    other = Work()
    other.may_end.set()
    assert made.start("batch", "Writing:", other)
    assert other.ended.wait(PATIENCE)


def test_a_job_that_is_over_can_be_started_again() -> None:
    made = Jobs()
    made._jobs["import"] = finished()
    again = Work()
    assert made.start("import", "Reading:", again)
    again.may_end.set()
    assert again.ended.wait(PATIENCE)


def test_what_came_of_it_stays_to_be_told() -> None:
    job = finished()
    assert (job.running, job.result, job.failure) == (False, "All done.", None)


@pytest.mark.parametrize("error", [Refused("Nothing to ground it on."), StoreBusy("Held."), BadFile("sv.yaml: bad")])
def test_a_failure_that_is_meant_to_be_read_is_told_in_its_own_words(error: Exception) -> None:
    job = finished(error)
    assert (job.running, job.result, job.failure) == (False, None, str(error))


def test_a_failure_that_nobody_foresaw_is_told_with_its_name() -> None:
    job = finished(ZeroDivisionError("division by zero"))
    assert job.failure == "Something went wrong that should not have: ZeroDivisionError: division by zero"


def test_progress_is_kept() -> None:
    job = Job("Reading:")
    job.progress(30, 120)
    assert (job.done, job.total) == (30, 120)


def test_the_rate_and_the_time_left_follow_the_clock(clock: Clock) -> None:
    job = Job("Reading:")
    clock.seconds += 10
    job.progress(30, 120)
    assert job.rate == pytest.approx(3.0)
    assert job.left == pytest.approx(30.0)


def test_in_the_first_second_there_is_nothing_to_tell(clock: Clock) -> None:
    job = Job("Reading:")
    clock.seconds += 0.5
    job.progress(30, 120)
    assert (job.rate, job.left) == (None, None)


def test_without_a_total_there_is_a_rate_but_no_time_left(clock: Clock) -> None:
    job = Job("Reading:")
    clock.seconds += 10
    job.progress(30, None)
    assert job.rate == pytest.approx(3.0)
    assert job.left is None


def test_nothing_done_has_no_rate(clock: Clock) -> None:
    job = Job("Reading:")
    clock.seconds += 10
    job.progress(0, 120)
    assert (job.rate, job.left) == (None, None)


def test_the_next_stretch_of_work_counts_from_its_own_beginning(clock: Clock) -> None:
    job = Job("Reading:")
    clock.seconds += 100
    job.progress(1000, 1000)
    job.go_on("Indexing:")
    assert (job.label, job.done, job.total, job.rate) == ("Indexing:", 0, None, None)
    clock.seconds += 2
    job.progress(10, 30)
    assert job.rate == pytest.approx(5.0)
    assert job.left == pytest.approx(4.0)
