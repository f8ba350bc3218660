"""What the tests of exports of many platforms share: reading one, importing it twice, damaging it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from knowledge.adapters.memory import MemoryMessageStore
from knowledge.history import import_records
from knowledge.importers import recognise
from knowledge.importers.source import Options
from knowledge.messages import Record
from knowledge.ports import Saved


def read_export(path: Path, name: str | None = None, options: Options = Options()) -> list[Record]:  # noqa: B008  immutable
    """The records of an export in the format that it is recognised to have, or that is named."""
    return list(recognise(path, name).read(path, options))


def imported(store: MemoryMessageStore, *exports: Iterable[Record]) -> list[Saved]:
    """What each of these exports adds, changes and leaves as it is, one imported after the other."""
    return [import_records(records, store, "club").saved for records in exports]


def assert_only_news_are_added(make: Callable[[int], Path], first: int, more: int) -> None:
    """Importing an export of `first` messages again adds nothing, and one of `more` adds only those that are new."""
    store = MemoryMessageStore()
    once, again, newer = imported(store, *(read_export(make(count)) for count in (first, first, more)))
    assert once.added == first
    assert (again.added, again.changed) == (0, 0)
    assert (newer.added, newer.changed) == (more - first, 0)
    assert store.count("club") == more


def damaged(data: bytes, at: int, noise: bytes) -> bytes:
    """The same bytes with others written over them at some place."""
    at %= len(data) + 1
    return data[:at] + noise + data[at + len(noise) :]
