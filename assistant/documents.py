"""The brand's own documents: which are known, and how one goes that is no longer true."""

from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from assistant import intake
from assistant.bootstrap import House
from assistant.errors import NotFound
from knowledge.errors import EmbeddingFailed
from knowledge.history import Progress, no_progress
from knowledge.importers.documents import name_of
from knowledge.messages import Contents, Post
from knowledge.ports import Filters


class Document(NamedTuple):
    """A document: its file's name, with its folders; when that was last changed; how many pieces it is kept in."""

    name: str
    at: datetime
    pieces: int


def documents(house: House, community: str) -> list[Document]:
    """Those that are known, by name."""
    return [
        Document(name, max(piece.message.at for piece in pieces), len(pieces))
        for name, pieces in sorted(_by_name(house, community).items())
    ]


def take_out(house: House, community: str, name: str, progress: Progress = no_progress) -> int:
    """Take a document's words out of the store and the index. Imported again, it comes back.

    Returns in how many pieces it was. Raises NotFound.
    """
    known = _by_name(house, community)
    if name not in known:
        names = ", ".join(sorted(known)) or "none"
        raise NotFound(f"There is no document “{name}” in {community}. Known: {names}.")
    house.messages.save(community, contents=[Contents(thread=known[name][0].message.thread, ids=())])
    with suppress(EmbeddingFailed):  # of what else is pending: the document is out by then
        intake.index_all(house, community, progress)
    return len(known[name])


def _by_name(house: House, community: str) -> dict[str, list[Post]]:
    """The pieces of each document."""
    found: dict[str, list[Post]] = {}
    for piece in house.messages.posts(community, Filters(kind="document")):
        found.setdefault(name_of(piece.message), []).append(piece)
    return found
