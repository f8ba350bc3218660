"""The types of this package: what an export holds, what is understood of it, and what a search returns."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Visibility = Literal["public", "private"]
Kind = Literal["post", "poll", "review", "ticket", "document"]
"""What a message is. A document is a piece of the brand's own texts: nobody in the community wrote it."""
Sentiment = Literal["negative", "neutral", "positive", "unsure"]
Intent = Literal["complaint", "question", "praise", "wish", "help", "achievement", "thanks", "other", "unsure"]


ANONYMOUS = "anonymous"
"""The author of what an export gives nobody for."""


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Channel(Frozen):
    """A place where members write. `visibility` says who can read it."""

    id: str = Field(max_length=300)
    name: str
    visibility: Visibility = "public"


class Member(Frozen):
    """Somebody who writes: when they came, their roles, and whether they run the place, if the export says so."""

    id: str = Field(max_length=300)
    name: str
    joined: AwareDatetime | None = None
    is_bot: bool = False
    is_staff: bool = False
    roles: tuple[str, ...] = ()


class Message(Frozen):
    """One post, as it stood in the export. `id` is unique in its community and stable from export to export.

    `thread` is the id of the thread's first message (its own for a first message). `edited` is the time of the last
    edit. `rating` runs from 1 (worst) to 5, where the export has one. `reactions` counts each reaction by its name.
    `accepted` marks the answer that who asked took for the right one. A deleted message keeps its place in its thread
    but none of its words.
    """

    id: str = Field(min_length=1, max_length=300)
    channel: str = Field(max_length=300)
    author: str = Field(max_length=300)
    text: str
    kind: Kind = "post"
    at: AwareDatetime
    thread: str = Field(max_length=300)
    reply_to: str | None = Field(default=None, max_length=300)
    title: str | None = None
    rating: float | None = Field(default=None, ge=1, le=5)
    reactions: Mapping[str, int] = Field(default_factory=dict)
    edited: AwareDatetime | None = None
    url: str | None = None
    accepted: bool = False
    deleted: bool = False

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if self.deleted == bool(self.text):
            raise ValueError("a deleted message has no text, any other has one")
        return self

    @property
    def version(self) -> datetime:
        """When this state of the message came to be."""
        return self.edited or self.at

    def replaces(self, stored: "Message") -> bool:
        """Whether this is a later state than the stored one. What was deleted comes back only by a later edit.

        Of a document, what is given last is: the time of a file says when somebody copied it. So it is of a time by
        which nothing else has changed: it has been read in another order or zone.
        """
        differs = self.after(stored) != stored
        if self.kind == "document":
            return differs
        if self.deleted != stored.deleted:
            return self.deleted or self.version > stored.version
        if self.at != stored.at and not self.deleted and self._is_but_for_times(stored):
            return True
        # Some exports do not say when an edit was made: an equal time is that of the message itself.
        return differs and (self.version, self.edited is not None) >= (stored.version, stored.edited is not None)

    def _is_but_for_times(self, stored: "Message") -> bool:
        times = {"at": stored.at, "edited": stored.edited}
        return (self.edited is None) == (stored.edited is None) and self.model_copy(update=times) == stored

    def after(self, stored: "Message | None") -> Self:
        """As it is kept in the place of the stored state: a deletion that says no time is no earlier than that, and
        the address stays that an export of another format does not give.
        """
        if stored is None:
            return self
        if not self.deleted:
            return self if self.url or not stored.url else self.model_copy(update={"url": stored.url})
        if self.version >= stored.version:
            return self
        return self.model_copy(update={"at": stored.at, "edited": stored.version})

    @property
    def digest(self) -> str:
        """Changes when anything that is indexed changes."""
        return sha256("\x1f".join((self.title or "", self.text)).encode()).hexdigest()[:32]

    @property
    def full_text(self) -> str:
        """Title and text, as they are embedded."""
        return f"{self.title}\n{self.text}" if self.title and self.reply_to is None else self.text


EMPTIED: Mapping[str, Any] = {"text": "", "title": None, "reactions": {}, "url": None, "deleted": True}
"""What a deleted message keeps of its words: nothing."""


class Signals(Frozen):
    """What is understood of one message without a model call. The numbers are probabilities from 0 to 1."""

    language: str
    language_p: float
    sentiment: Sentiment
    sentiment_p: float
    intent: Intent
    intent_p: float


class Skipped(Frozen):
    """A part of an export that was left out: where it stands and why."""

    place: str
    reason: str


class Contents(Frozen):
    """That a thread holds these messages and no others: whatever else stood there has been deleted."""

    thread: str
    ids: tuple[str, ...]


Record = Channel | Member | Message | Contents | Skipped
"""What an importer yields, in any order, one at a time."""


class Post(Frozen):
    """A stored message with its signals and the names a person knows it by."""

    message: Message
    signals: Signals
    author_name: str
    author_is_bot: bool
    author_joined: AwareDatetime | None
    channel_name: str
    visibility: Visibility


class Passage(Frozen):
    """A search result: a post, its score (higher is better), and why it matched.

    `cosine` (-1 to 1) is set where its meaning came near, `words` are those of the question that it uses, and `alike`
    counts further posts that say nearly the same.
    """

    post: Post
    score: float
    cosine: float | None = None
    words: tuple[str, ...] = ()
    alike: int = 0

    @property
    def why(self) -> str:
        """Why it matched, for a person."""
        reasons = [f"near in meaning ({self.cosine:.2f})"] if self.cosine is not None else []
        reasons += [f"says {', '.join(f'“{word}”' for word in self.words)}"] if self.words else []
        reasons += [f"{self.alike} more say nearly the same"] if self.alike else []
        return "; ".join(reasons)
