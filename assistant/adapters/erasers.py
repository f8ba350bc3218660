"""The places that may hold traces of a member, each with its way to erase them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assistant.adapters.kept_files import CannotRead, Part, parts, take_out
from assistant.forgotten import Search, Trace
from assistant.ports import DeskStore
from knowledge.adapters.embedding_cache import VectorCache
from knowledge.messages import Kind
from knowledge.ports import MessageStore, VectorIndex, shelf_of

_SHELVES: tuple[Kind | None, ...] = (None, "document")


class Messages:
    """What the member wrote, what is known of them, and their name where others wrote it. Goes last: the rest is found
    by it.
    """

    name = "messages"

    def __init__(self, store: MessageStore, community: str, database: str = "sqlite") -> None:
        self._store = store
        self._community = community
        self._database = database

    def find(self, trace: Trace) -> int:
        return len(trace.written) + len(trace.named_in)

    def erase(self, trace: Trace) -> None:
        self._store.erase(self._community, trace.ids, trace.marks.redact)

    def leaves(self, trace: Trace) -> Sequence[str]:
        search = Search(trace)
        others = (m for m in self._store.everything(self._community) if m.author not in trace.ids)
        count = sum(search.quotes(message.text) for message in others)
        told = ["Their name where others wrote it in another form: with an ending, shortened or misspelt."]
        if count:
            told.append(f"Posts by others that repeat words of theirs, without the name now: {count}.")
        if self._database == "postgresql":
            told.append("PostgreSQL's write-ahead log and replicas keep deleted rows until they are written over.")
        return told


class Drafts:
    """Opportunities, drafts with their decisions, slots of batches: what rests on the posts, names or quotes them."""

    name = "drafts"

    def __init__(self, store: DeskStore, community: str) -> None:
        self._store = store
        self._community = community

    def find(self, trace: Trace) -> int:
        return self._store.erase(self._community, Search(trace).concerns, dry_run=True)

    def erase(self, trace: Trace) -> None:
        self._store.erase(self._community, Search(trace).concerns)

    def leaves(self, trace: Trace) -> Sequence[str]:
        search = Search(trace)
        sheets = self._store.sheets(self._community)
        found = sum(search.finds(sheet.sheet.model_dump(mode="json")) for sheet in sheets)
        return (
            [f"Fact sheets that name or quote them: {found}. They are yours to change, on the desk."] if found else []
        )


class Vectors:
    """The vectors of what they wrote, and of posts that name them, in every index."""

    name = "vectors"

    def __init__(self, index: Callable[[], VectorIndex], community: str, on_server: bool = False) -> None:
        self._index = index
        self._community = community
        self._on_server = on_server

    def find(self, trace: Trace) -> int:
        ids = [*trace.written, *trace.named_in]
        return sum(len(self._index().vectors(shelf_of(self._community, kind), ids)) for kind in _SHELVES)

    def erase(self, trace: Trace) -> None:
        for kind in _SHELVES:
            self._index().forget(shelf_of(self._community, kind), {*trace.written, *trace.named_in})

    def leaves(self, trace: Trace) -> Sequence[str]:
        told = (
            "The Chroma server's files may keep ids and vectors of what was removed until `chroma vacuum` is run there."
        )
        return [told] if self._on_server else []


class EmbeddingCache:
    """Vectors by the hash of their text, of texts that have changed since as well: all of them go, and are made again
    when they are needed.
    """

    name = "embedding cache"

    def __init__(self, cache: VectorCache) -> None:
        self._cache = cache

    def find(self, trace: Trace) -> int:
        return self._cache.count()

    def erase(self, trace: Trace) -> None:
        self._cache.empty()

    def leaves(self, trace: Trace) -> Sequence[str]:
        return ()


class Files:
    """What lies in the home folder beside the stores: kept exports, batches, reports, eval cases, uploads.

    Of JSON lines and tables, the lines and rows with a trace go; any other file goes whole, and so does one that is
    packed and cannot be unpacked. What the browser was handed goes altogether: those are copies, a day old at most.
    """

    name = "files"

    def __init__(self, home: Path, profile: Path) -> None:
        self._home = home
        self._profile = profile

    def find(self, trace: Trace) -> int:
        search = Search(trace)
        return sum(_is_passing(path, self._home) or _traced(path, search) for path in self._files())

    def erase(self, trace: Trace) -> None:
        search = Search(trace)
        for path in list(self._files()):
            if _is_passing(path, self._home):
                path.unlink(missing_ok=True)
            elif _traced(path, search):
                _erase(path, search)

    def leaves(self, trace: Trace) -> Sequence[str]:
        search = Search(trace)
        lines = self._profile.read_text(encoding="utf-8").splitlines() if self._profile.is_file() else []
        theirs = [str(number) for number, line in enumerate(lines, start=1) if search.finds_line(line)]
        files = (path for path in self._files() if not _is_passing(path, self._home))
        dark = sorted(path.name for path in files if _leaves_unsearched(path, search))
        more = f" and {len(dark) - _NAMED} more" if len(dark) > _NAMED else ""
        told = (
            f"Files in {self._home} that cannot be searched for certain (pictures, PDF, mail, other archives than zip "
            f"and tar.gz, letters that are not Unicode), if no trace was seen: {', '.join(dark[:_NAMED])}{more}."
        )
        return [
            *([told] if dark else []),
            *([f"{self._profile}, which is yours to change: line {', '.join(theirs)}."] if theirs else []),
            f"Export files that lie outside {self._home}, and backups of this folder and of the database.",
            "What was published, and what was sent to a model's endpoint.",
        ]

    def _files(self) -> Iterator[Path]:
        for path in sorted(self._home.iterdir()) if self._home.is_dir() else ():
            if path.name not in _OURS and not path.name.startswith(_STORES):
                below = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
                yield from (
                    each for each in below if each.is_file() and not each.is_symlink() and each != self._profile
                )


_OURS = ("cache", "models", "settings.toml", "communities", "forgotten.key")
"""What holds no words of members, or is the manager's own."""
_STORES = ("hearthside.db", "chroma")
"""They have erasers of their own."""
_NAMED = 10
"""Files that the receipt names."""


def _is_passing(path: Path, home: Path) -> bool:
    return path.is_relative_to(home / "browser")


def _is_trace(part: Part, search: Search) -> bool:
    return search.finds_within(part.says) if isinstance(part.says, str) else search.finds(part.says)


def _traced(path: Path, search: Search) -> bool:
    """Whether there is a trace in a file. What cannot be read cannot be cleared either: it goes."""
    try:
        return search.finds_text(path.stem) or any(_is_trace(part, search) for part in parts(path))
    except CannotRead:
        return True


def _erase(path: Path, search: Search) -> None:
    if search.finds_text(path.stem):
        path.unlink()
    else:
        take_out(path, lambda part: _is_trace(part, search))


def _leaves_unsearched(path: Path, search: Search) -> bool:
    """Whether something stays of a file in which a trace may be hidden."""
    found = False
    try:
        for part in parts(path):
            is_trace = _is_trace(part, search)
            if is_trace and not part.raw:
                return False
            found |= not (is_trace or part.is_all)
    except CannotRead:
        return False
    return found and not search.finds_text(path.stem)
