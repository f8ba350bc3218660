"""What the use cases of this package need from the outside, as protocols. Adapters and fakes implement them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from knowledge.embedding import Vectors
from knowledge.messages import Channel, Member, Message, Post, Signals


class Saved(NamedTuple):
    """What became of messages given to the store."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: object) -> "Saved":
        if not isinstance(other, Saved):
            return NotImplemented
        return Saved(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


class Filters(NamedTuple):
    """Which posts are asked for. None means any."""

    since: datetime | None = None
    until: datetime | None = None
    channel: str | None = None
    author: str | None = None
    thread: str | None = None
    language: str | None = None
    public_only: bool = False

    def admit(self, post: Post) -> bool:
        """Whether `post` is one of those asked for."""
        message = post.message
        return (
            (self.since is None or message.at >= self.since)
            and (self.until is None or message.at <= self.until)
            and self.channel in (None, message.channel)
            and self.author in (None, message.author)
            and self.thread in (None, message.thread)
            and self.language in (None, post.signals.language)
            and not (self.public_only and post.visibility == "private")
        )


class MessageStore(Protocol):
    """The messages of all communities: the truth."""

    def communities(self) -> dict[str, str]:
        """Community id -> name."""
        ...

    def save_community(self, community: str, name: str) -> None: ...

    def save(
        self,
        community: str,
        *,
        messages: Sequence[Message] = (),
        members: Sequence[Member] = (),
        channels: Sequence[Channel] = (),
    ) -> Saved:
        """Add or update, in one transaction. An older version of a message never replaces a newer one."""
        ...

    def pending(self, community: str, limit: int) -> list[Message]:
        """Messages that are not indexed in their present state, oldest first."""
        ...

    def count_pending(self, community: str) -> int: ...

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        """The detected language of those messages that have one."""
        ...

    def mark_indexed(self, community: str, indexed: Sequence[tuple[Message, Signals]]) -> None:
        """Store signals, and that these messages are in the vector index, in one transaction."""
        ...

    def forget_index(self, community: str) -> None:
        """Mark every message as not indexed, for a rebuild."""
        ...

    def posts(self, community: str, filters: Filters = Filters()) -> list[Post]:
        """Indexed posts, oldest first."""
        ...

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        """Indexed posts by id; unknown ids are left out."""
        ...

    def staff(self, community: str) -> list[Member]:
        """The members who run the place, as far as the export says so, by name."""
        ...

    def count(self, community: str) -> int: ...

    def newest(self, community: str) -> datetime | None:
        """When the newest message was written."""
        ...


class VectorIndex(Protocol):
    """Nearest neighbours among the vectors of a community's messages. Derived from the store, rebuildable."""

    def add(self, community: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace."""
        ...

    def nearest(self, community: str, vector: Vectors, count: int) -> list[tuple[str, float]]:
        """The ids nearest to a vector of shape (dimensions,), best first, each with its cosine."""
        ...

    def vectors(self, community: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those ids that the index has."""
        ...

    def count(self, community: str) -> int: ...

    def drop(self, community: str) -> None:
        """Remove a community's vectors."""
        ...
