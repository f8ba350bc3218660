"""Long work in the background: started by a click, watched by anyone, finished even if the browser is closed."""

from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic

from assistant.errors import HearthsideError
from knowledge.errors import KnowledgeError
from knowledge.history import Progress
from prompts.errors import BadFile


class Job:
    """One piece of work: how far it is, and what came of it."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.done = 0
        self.total: int | None = None
        self.result: str | None = None
        self.failure: str | None = None
        self._started = monotonic()

    @property
    def running(self) -> bool:
        return self.result is None and self.failure is None

    def progress(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total

    def go_on(self, label: str) -> None:
        """Begin the next stretch of the work: its progress and its rate count from here."""
        self.label, self.done, self.total = label, 0, None
        self._started = monotonic()

    @property
    def rate(self) -> float | None:
        """How many a second, once there is something to tell."""
        elapsed = monotonic() - self._started
        return self.done / elapsed if self.done and elapsed > 1 else None

    @property
    def left(self) -> float | None:
        """Seconds that are left at this rate."""
        return (self.total - self.done) / self.rate if self.total and self.rate else None


class Jobs:
    """The latest job of each name. A name runs once at a time: two imports into one store would only wait."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def get(self, name: str) -> Job | None:
        return self._jobs.get(name)

    def start(self, name: str, label: str, work: Callable[[Job, Progress], str]) -> bool:
        """Run `work` in the background; it returns what to tell the person. False if that job is running already."""
        with self._lock:
            current = self._jobs.get(name)
            if current is not None and current.running:
                return False
            job = self._jobs[name] = Job(label)
        Thread(target=self._run, args=(job, work), name=f"job {name}", daemon=True).start()
        return True

    @staticmethod
    def _run(job: Job, work: Callable[[Job, Progress], str]) -> None:
        try:
            job.result = work(job, job.progress)
        except (HearthsideError, KnowledgeError, BadFile) as error:
            job.failure = str(error)
        except Exception as error:  # noqa: BLE001  an entry point: the person must hear of it, the server must go on
            job.failure = f"Something went wrong that should not have: {type(error).__name__}: {error}"
