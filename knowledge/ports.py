"""What the use cases of this package need from the outside, as protocols. Adapters and fakes implement them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol, TypeVar

from knowledge.embedding import Vectors
from knowledge.messages import Channel, Contents, Kind, Member, Message, Post, Signals

Redacted = TypeVar("Redacted", Message, Channel)


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
    """Which posts are asked for. None means any; of kinds, any that somebody in the community wrote."""

    since: datetime | None = None
    until: datetime | None = None
    channel: str | None = None
    author: str | None = None
    thread: str | None = None
    language: str | None = None
    kind: Kind | None = None
    min_rating: float | None = None
    max_rating: float | None = None
    public_only: bool = False

    def admit(self, post: Post) -> bool:
        """Whether `post` is one of those asked for."""
        message, rating = post.message, post.message.rating
        return (
            (self.since is None or message.at >= self.since)
            and (self.until is None or message.at <= self.until)
            and self.channel in (None, message.channel)
            and self.author in (None, message.author)
            and self.thread in (None, message.thread)
            and self.language in (None, post.signals.language)
            and (message.kind == self.kind if self.kind else message.kind != "document")
            and (self.min_rating is None or (rating is not None and rating >= self.min_rating))
            and (self.max_rating is None or (rating is not None and rating <= self.max_rating))
            and not (self.public_only and post.visibility == "private")
        )


class Understood(NamedTuple):
    """A message with what is stored of its understanding: signals, and its terms for the search by words."""

    message: Message
    signals: Signals
    terms: Sequence[str]


class Redaction(Protocol):
    """Takes out of a record what names somebody; the same record where nothing does."""

    def __call__(self, record: Redacted, /) -> Redacted: ...


class MessageStore(Protocol):
    """The messages of all communities: the truth. Deleted messages are kept, and never given out as posts.

    `embedder` names the vector index that a method speaks of: an index of another embedder is another index.
    """

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
        contents: Sequence[Contents] = (),
        forgotten: Collection[str] | None = None,
    ) -> Saved:
        """Add or update, in one transaction. An older version of a message never replaces a newer one.

        What a thread does not hold any more (`contents`) is marked as deleted, after the messages are saved.
        `forgotten` are those for whom all this was looked through, if it was. Raises ForgottenMeanwhile where others
        are noted as well.
        """
        ...

    def bylines(self, community: str, ids: Iterable[str]) -> dict[str, tuple[str, datetime, str]]:
        """Who wrote these posts, when and what, of those that are there with their words."""
        ...

    def pending(self, community: str, embedder: str, limit: int, after: Message | None = None) -> list[Message]:
        """Messages that are not indexed in their present state, oldest first; those `after` one of them, if given."""
        ...

    def count_pending(self, community: str, embedder: str) -> int: ...

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        """The detected language of those messages that have one."""
        ...

    def mark_indexed(self, community: str, embedder: str, indexed: Sequence[Understood]) -> set[str]:
        """Store signals and terms, and that these messages are in the vector index, in one transaction.

        Returns the ids of those that are not there any more, because somebody was forgotten meanwhile.
        """
        ...

    def gone(self, community: str, limit: int) -> dict[str, Kind]:
        """Deleted messages that a vector index may still have."""
        ...

    def mark_gone(self, community: str, ids: Iterable[str]) -> None:
        """Drop the signals and terms of deleted messages: they are out of the vector index."""
        ...

    def forget_index(self, community: str, ids: Iterable[str] | None = None) -> None:
        """Mark these messages, or all, as not indexed, to have them indexed anew."""
        ...

    def indexed_ids(self, community: str, embedder: str) -> dict[str, Kind]:
        """What must stand in the vector index."""
        ...

    def serving(self, community: str) -> str | None:
        """The embedder whose index is searched: the one before, while a new one is being filled."""
        ...

    def serve(self, community: str, embedder: str) -> None: ...

    def posts(self, community: str, filters: Filters = Filters(), *, newest: int | None = None) -> list[Post]:
        """Indexed posts, oldest first; only so many of the newest, if that is asked for."""
        ...

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        """Indexed posts by id, documents too; unknown ids are left out."""
        ...

    def matching(
        self,
        community: str,
        asked: Sequence[Sequence[Sequence[str]]],
        count: int,
        filters: Filters = Filters(),
        among: Collection[str] | None = None,
    ) -> list[list[tuple[str, float]]]:
        """For each list of words, each given as the terms that it may be stored under: the posts that use one of them,
        best first. Each by its id, with the share (0 to 1) that it uses of all that was asked for.

        Rare words weigh more than common ones, and those that most posts use nothing. `among`: the ids that the filters
        admit, if they are known.
        """
        ...

    def admitted(self, community: str, filters: Filters, limit: int) -> list[str] | None:
        """The ids of all posts that the filters admit; None where they are more than `limit`.

        Messages that are not indexed yet may be among them.
        """
        ...

    def admissible(self, community: str, filters: Filters, ids: Sequence[str]) -> set[str]:
        """Those of the ids whose posts the filters admit."""
        ...

    def terms(self, community: str, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Under which terms these posts are found by words."""
        ...

    def staff(self, community: str) -> list[Member]:
        """The members who run the place, as far as the export says so, by name."""
        ...

    def members(self, community: str, name: str) -> list[Member]:
        """The members with this id or name, in upper or lower case."""
        ...

    def names(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        """Member id -> name, of those of these members who are known."""
        ...

    def all_names(self, community: str) -> set[str]:
        """The names of all members who are known."""
        ...

    def channels(self, community: str) -> dict[str, Channel]:
        """Channel id -> channel."""
        ...

    def threads(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        """Message id -> the thread it stands in, of those of these messages that are stored, indexed or not."""
        ...

    def merge_members(self, community: str, aliases: Mapping[str, str]) -> None:
        """Have what these members wrote (id -> id) stand under the other id; so do their names where that has none."""
        ...

    def count(self, community: str) -> int:
        """Messages that are not deleted."""
        ...

    def newest(self, community: str) -> datetime | None:
        """When the newest message of the community was written."""
        ...

    def everything(self, community: str, authors: Collection[str] | None = None) -> Iterator[Message]:
        """All messages, or what these members wrote: indexed or not, the deleted ones too."""
        ...

    def withdraw(self, community: str, authors: Collection[str]) -> None:
        """Mark what these members wrote as deleted, without its words. A later import can bring it back."""
        ...

    def erase(self, community: str, authors: Collection[str], redact: Redaction) -> int:
        """Delete these members, what they wrote and all that was made of it; have what others wrote, and the channels,
        redacted, their ids too. What has changed has to be indexed anew. Returns how many messages went or changed.

        In one transaction; done again, it changes nothing more. Afterwards the database file holds nothing of it.
        Raises StoreBusy where another process keeps the file from being cleaned.
        """
        ...

    def forgotten(self, community: str) -> dict[str, Mapping[str, object]]:
        """Those who asked to be forgotten: the digest of a member's id -> what was noted about it."""
        ...

    def save_forgotten(self, community: str, member: str, at: datetime, receipt: Mapping[str, object]) -> None:
        """Note that this member (the digest of an id) asked to be forgotten; noted again, the later note counts."""
        ...


class Near(NamedTuple):
    """What stands in a vector index near to a vector: with its cosine (-1 to 1), and its own vector."""

    id: str
    cosine: float
    vector: Vectors


class VectorIndex(Protocol):
    """Nearest neighbours among vectors, on shelves: one for a community's messages, one for its documents.

    Derived from the store, rebuildable. Vectors of different embedders never share an index.
    """

    @property
    def embedder(self) -> str:
        """The name of the embedder whose vectors these are."""
        ...

    def add(self, shelf: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace."""
        ...

    def remove(self, shelf: str, ids: Sequence[str]) -> None:
        """Ids that are not there are no error."""
        ...

    def nearest(self, shelf: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> list[Near]:
        """What is nearest to a vector of shape (dimensions,), best first; `among` given ids."""
        ...

    def vectors(self, shelf: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of those ids that the index has."""
        ...

    def ids(self, shelf: str) -> set[str]: ...

    def count(self, shelf: str) -> int: ...

    def drop_others(self, shelf: str) -> None:
        """Remove what the indexes of other embedders have on this shelf."""
        ...

    def forget(self, shelf: str, ids: Collection[str]) -> None:
        """Remove these from the shelf, of every embedder, so that no file of this process holds them any more."""
        ...


def key_of(embedder: str) -> str:
    """A short key for an embedder's name."""
    return sha256(embedder.encode()).hexdigest()[:8]


def shelf_of(community: str, kind: Kind | None = None) -> str:
    """Where in the vector index messages of a kind stand. Documents must not crowd out what members say."""
    return f"{community}.documents" if kind == "document" else community
