"""A folder that is watched: what is dropped into it is imported, then put into done/, or into failed/ with the reason.

What is left in the folder is what is still to do, so that a watch that was stopped or killed goes on where it was.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from stat import S_ISREG
from threading import Event
from time import monotonic

from watchfiles import watch as wake_ups

from assistant import intake, sample
from assistant.bootstrap import House
from assistant.errors import BadProfile, HearthsideError
from knowledge.errors import EmbeddingFailed, KnowledgeError, StoreBusy, StoreUnreachable
from knowledge.importers.source import Options, clean, own_name
from knowledge.words import shorten

DONE, FAILED = "done", "failed"
QUIET = 2.0
"""Seconds for which nothing may have changed: what is being copied changes all the time."""

_WAKE = 500
"""Milliseconds between two looks, where no change calls for one earlier."""
_PARTIAL = (".part", ".partial", ".crdownload", ".download", ".tmp", "~")
_REASONS = 3
"""Reasons of what was skipped that are named in a line."""

Say = Callable[[str], None]
Stamp = tuple[int, int, int]
"""How many files there are, how large together, and when the last one changed."""


def watch(
    house: House,
    folder: Path,
    *,
    community: str | None = None,
    format_: str | None = None,
    options: Options = Options(),  # noqa: B008  immutable
    say: Say,
    quiet: float = QUIET,
    stop: Event | None = None,
) -> None:
    """Import what lies in a folder and what is dropped there later, until Ctrl-C or `stop`. Says a line for each.

    Raises BadProfile, StoreUnreachable or OSError where no file is to blame: it stays, for the next time.
    """
    if community is not None:
        intake.community_id(house, community)
    for room in (DONE, FAILED):
        (folder / room).mkdir(exist_ok=True)
    settling = Settling(quiet)
    for _ in wake_ups(
        folder, watch_filter=None, stop_event=stop, rust_timeout=_WAKE, yield_on_timeout=True, recursive=False
    ):
        for path in settling.look(folder):
            say(f"{_said(path)}: {_bring_in(house, path, community, format_, options)}")


class Settling:
    """Tells what has been dropped whole: it was the same at two looks, for a while. `clock` gives seconds."""

    def __init__(self, quiet: float, clock: Callable[[], float] = monotonic) -> None:
        self._quiet = quiet
        self._clock = clock
        self._since: dict[Path, tuple[Stamp, float]] = {}

    def look(self, folder: Path) -> list[Path]:
        """What lies in the folder and has settled, by name."""
        now = self._clock()
        stamps = {path: stamp for path in sorted(folder.iterdir()) if _is_ours(path) and (stamp := _stamp(path))}
        before = self._since
        self._since = {
            path: before[path] if path in before and before[path][0] == stamp else (stamp, now)
            for path, stamp in stamps.items()
        }
        return [path for path, (_, since) in self._since.items() if since < now and now - since >= self._quiet]


def _is_ours(path: Path) -> bool:
    """Whether it was dropped to be read: not one of our folders, no link, nothing hidden or half there."""
    return path.name not in (DONE, FAILED) and not path.is_symlink() and not _is_partial(path)


def _is_partial(path: Path) -> bool:
    return path.name.startswith((".", "~")) or path.name.lower().endswith(_PARTIAL)


def _stamp(path: Path) -> Stamp | None:
    """What changes as long as something is written; None where there is no file yet, or one is half there."""
    try:
        inside = list(path.rglob("*")) if path.is_dir() else [path]
        files = [stat for stat in (file.lstat() for file in inside) if S_ISREG(stat.st_mode)]
    except OSError:  # it was moved away in the meantime
        return None
    if not files or any(file.name.lower().endswith(_PARTIAL) for file in inside):
        return None
    return len(files), sum(stat.st_size for stat in files), max(stat.st_mtime_ns for stat in files)


def _bring_in(house: House, path: Path, community: str | None, format_: str | None, options: Options) -> str:
    """Import it, index what came in, put it away. Returns what came of it, in words."""
    before = _stamp(path)
    room, said = _taken(house, path, community, format_, options)
    if before is None or _stamp(path) != before:  # a newer one may have been copied over it
        return "it has changed or gone meanwhile; what lies there is read again."
    target = _put_away(path, room)
    if room == DONE:
        return said
    _reason_of(target).write_text(f"{said}\n", encoding="utf-8")
    return f"nothing came in; {FAILED}/{_said(_reason_of(target))} says why."


def _taken(house: House, path: Path, community: str | None, format_: str | None, options: Options) -> tuple[str, str]:
    """Import it and index what came in. Returns where it belongs now, and what is to be said of it."""
    name = community or _only(house) or own_name(path.stem)
    try:
        intake.community_id(house, name)
    except BadProfile as error:
        return FAILED, str(error)
    try:
        taken = intake.import_export(house, path, community=name, format_=format_, options=options)
    except Exception as error:  # noqa: BLE001  one of many files: the others go on
        return FAILED, _reason(path, error)
    saved, skipped = taken.report.saved, taken.report.skipped
    if not any(saved):
        places = "".join(f"\n{example.place}: {example.reason}" for example in taken.report.examples)
        return FAILED, f"Nothing in it could be read as {taken.format}.{places}"
    indexed = _index(house, taken.community)
    reasons = ", ".join([f"{number} {reason}" for reason, number in skipped.items()][:_REASONS])
    return DONE, (
        f"{taken.community}, read as {taken.format}. {saved.added} new messages, {saved.changed} changed, "
        f"{saved.unchanged} unchanged; {indexed}{f'; skipped {sum(skipped.values())}: {reasons}' if skipped else ''}."
    )


def _reason(path: Path, error: Exception) -> str:
    """Why it could not be imported. Raises the error again where the file is not to blame."""
    elsewhere = isinstance(error, OSError) and error.filename and not Path(error.filename).is_relative_to(path)
    if elsewhere or isinstance(error, HearthsideError | StoreUnreachable):
        raise error
    if isinstance(error, KnowledgeError | OSError):
        return str(error)
    return f"Something went wrong that should not have: {type(error).__name__}: {error}"


def _only(house: House) -> str | None:
    """The only community there is, the sample aside."""
    known = [id_ for id_ in house.messages.communities() if id_ != sample.ID]
    return known[0] if len(known) == 1 else None


def _index(house: House, community: str) -> str:
    """Index what is pending, and let go of the vector store: a desk may want to open in the meantime."""
    try:
        return f"{intake.index_all(house, community)} indexed"
    except StoreBusy:
        return "the process that holds the vector store (the desk) will index it"
    except EmbeddingFailed as error:
        return f"not indexed yet: {error}"
    finally:
        house.index.close()


def _put_away(path: Path, room: str) -> Path:
    """Move it into one of our folders, under a number where its name is taken there."""
    target = next(free for free in _names(path, room) if not free.exists() and not _reason_of(free).exists())
    path.rename(target)
    return target


def _names(path: Path, room: str) -> Iterator[Path]:
    folder = path.parent / room
    yield folder / path.name
    for number in count(2):
        yield folder / (f"{path.name}-{number}" if path.is_dir() else f"{path.stem}-{number}{path.suffix}")


def _said(path: Path) -> str:
    """Its name, so that it stays in its line."""
    return shorten(clean(path.name), 100)


def _reason_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.txt")
