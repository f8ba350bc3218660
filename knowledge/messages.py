"""The types of this package: what an export holds, what is understood of it, and what a search returns."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Visibility = Literal["public", "private"]
Sentiment = Literal["negative", "neutral", "positive", "unsure"]
Intent = Literal["complaint", "question", "praise", "wish", "help", "achievement", "thanks", "other", "unsure"]


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Channel(Frozen):
    """A place where members write. `visibility` says who can read it."""

    id: str = Field(max_length=300)
    name: str
    visibility: Visibility = "public"


class Member(Frozen):
    """Somebody who writes: when they came, and whether they run the place, if the export says so."""

    id: str = Field(max_length=300)
    name: str
    joined: AwareDatetime | None = None
    is_bot: bool = False
    is_staff: bool = False


class Message(Frozen):
    """One post, as it stood in the export. `id` is unique in its community and stable from export to export.

    `thread` is the id of the thread's first message (its own for a first message). `edited` is the time of the last
    edit. `rating` runs from 1 (worst) to 5, where the export has one. `reactions` counts each reaction by its name.
    """

    id: str = Field(min_length=1, max_length=300)
    channel: str = Field(max_length=300)
    author: str = Field(max_length=300)
    text: str = Field(min_length=1)
    at: AwareDatetime
    thread: str = Field(max_length=300)
    reply_to: str | None = Field(default=None, max_length=300)
    title: str | None = None
    rating: float | None = Field(default=None, ge=1, le=5)
    reactions: Mapping[str, int] = Field(default_factory=dict)
    edited: AwareDatetime | None = None
    url: str | None = None

    @property
    def version(self) -> datetime:
        """When this state of the message came to be."""
        return self.edited or self.at

    @property
    def digest(self) -> str:
        """Changes when anything that is indexed changes."""
        return sha256("\x1f".join((self.title or "", self.text)).encode()).hexdigest()[:32]

    @property
    def full_text(self) -> str:
        """Title and text, as they are embedded."""
        return f"{self.title}\n{self.text}" if self.title and self.reply_to is None else self.text


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


Record = Channel | Member | Message | Skipped
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
    """A search result: a post and how near it is to the question (cosine, -1 to 1)."""

    post: Post
    score: float
