"""Short ways to make what tests are about. Everything has a sensible default; a test names what it cares for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from assistant.adapters.memory import MemoryDeskStore
from assistant.community import Profile
from assistant.desk import PHRASEBOOK, Desk
from assistant.domain import Draft, Evidence, Move, Plan, Provenance, Segment
from assistant.noticing.view import View
from assistant.ports import Writer
from knowledge.adapters.memory import (
    MemoryIndex,
    MemoryMessageStore,
    ScriptedLanguages,
    WordEmbedder,
    word_heads,
)
from knowledge.embedding import Vectors
from knowledge.history import Understanding, index_pending
from knowledge.languages import Detection
from knowledge.messages import Member, Message, Post, Signals
from knowledge.ports import VectorIndex, shelf_of

if TYPE_CHECKING:
    from assistant.bootstrap import House

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""The time at which all tests play."""

INTENTS = {
    "complaint": "broken leaks late terrible angry",
    "question": "how what where anybody knows",
    "praise": "lovely wonderful delicious superb",
    "wish": "wish could please sell add",
    "help": "try instead because worked",
    "thanks": "thanks thank",
}
"""Words by which the fake heads tell an intent."""
SENTIMENTS = {"negative": "broken leaks late terrible angry", "positive": "lovely wonderful delicious superb"}


def message(id_: str = "m1", text: str = "The bag leaks and it was late.", **changes: Any) -> Message:
    """A message by Anna, an hour before NOW, in the channel general."""
    values: dict[str, Any] = {
        "id": id_,
        "channel": "general",
        "author": "anna",
        "text": text,
        "at": NOW - timedelta(hours=1),
        "thread": changes.get("reply_to") or id_,
    }
    return Message(**{**values, **changes})


def signals(**changes: Any) -> Signals:
    values: dict[str, Any] = {
        "language": "en",
        "language_p": 0.99,
        "sentiment": "negative",
        "sentiment_p": 0.9,
        "intent": "complaint",
        "intent_p": 0.9,
    }
    return Signals(**{**values, **changes})


def post(id_: str = "m1", text: str = "The bag leaks and it was late.", **changes: Any) -> Post:
    """A post: fields of the message, the signals and the post itself, told apart by their names."""
    of_signals = {key: changes.pop(key) for key in list(changes) if key in Signals.model_fields}
    of_post = {key: changes.pop(key) for key in list(changes) if key in Post.model_fields}
    values: dict[str, Any] = {
        "message": message(id_, text, **changes),
        "signals": signals(**of_signals),
        "author_name": "Anna",
        "author_is_bot": False,
        "author_joined": None,
        "channel_name": "#general",
        "visibility": "public",
    }
    return Post(**{**values, **of_post})


def profile(**changes: Any) -> Profile:
    """A small but complete profile."""
    values: dict[str, Any] = {
        "id": "club",
        "name": "The Club",
        "languages": ["en", "sv", "pl", "ar", "fa", "pt", "af", "zu"],
        "live": True,
        "team": [{"id": "maja", "name": "Maja"}],
        "channels": [
            {"id": "general", "name": "#general"},
            {"id": "wins", "name": "#wins"},
            {"id": "staff", "name": "#staff", "visibility": "private"},
        ],
        "contacts": [
            {"id": "mail", "text": {"en": "Write to help@club.example.", "sv": "Skriv till help@club.example."}}
        ],
        "remedies": [
            {
                "id": "new-bag",
                "text": {"en": "A new bag is sent at our cost."},
                "covers": ["the bag leaks", "leaks at the seam"],
            },
            {
                "id": "shipping",
                "text": {"en": "Shipping is free on the next order."},
                "covers": ["the parcel was late", "delivery late"],
            },
        ],
        "decisions": [
            {
                "id": "size",
                "question": {"en": "Which size should we sell?", "sv": "Vilken storlek ska vi sälja?"},
                "options": [{"en": "Small", "sv": "Liten"}, {"en": "Large", "sv": "Stor"}],
                "use": {"en": "The winner is sold from spring.", "sv": "Vinnaren säljs från våren."},
                "decide_by": "2026-12-20",
            }
        ],
        "recognition": {"en": "We show three entries on Friday."},
        "wishes_use": {"en": "The team reads the result and reports back here."},
        "goals": [{"en": "Everyone here learns something new."}],
        "safety": {"en": "Steam burns, so keep your hands away."},
        "challenge_channel": "wins",
        "confidential": ["price list"],
        "incidents": [{"id": "leaks", "about": ["the bag leaks at the seam"], "sheet": SHEET}],
    }
    return Profile(**{**values, **changes})


SHEET: Mapping[str, Any] = {
    "what_happened": {"en": "Bags from last week leak at the seam."},
    "since": "2026-11-20",
    "cause": {"en": "The sealing bar was too cool."},
    "affected": {"en": "Everyone with a green label."},
    "remedy": {"en": "We send a new bag at our cost."},
    "prevention": {"en": "Each bag is now tested."},
}


def evidence(id_: str = "post:m1", text: str = "The bag leaks and it was late.", **changes: Any) -> Evidence:
    return Evidence(id=id_, text=text, **changes)


def move(id_: str = "m1", name: str = "restate", situation: str = "criticism", **changes: Any) -> Move:
    return Move(id=id_, name=name, situation=situation, **changes)


def plan(*moves: Move, **changes: Any) -> Plan:
    """A reply to a complaint in English, made of these moves."""
    values: dict[str, Any] = {
        "community": "club",
        "kind": "reply",
        "situation": "criticism",
        "language": "en",
        "form": "informal",
        "subject": "post:m1",
        "title": "Anna: the bag leaks",
        "moves": moves,
        "evidence": (evidence(),),
    }
    return Plan(**{**values, **changes})


def segment(text: str, move: str = "m1", author: Any = "phrasebook", evidence: Sequence[str] = ()) -> Segment:
    return Segment(move=move, text=text, author=author, evidence=tuple(evidence))


def draft(of: Plan, *segments: Segment, **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "id": "d1",
        "plan": of,
        "segments": segments,
        "findings": (),
        "provenance": Provenance(writer="phrasebook"),
        "created": NOW,
        "updated": NOW,
    }
    return Draft(**{**values, **changes})


def view(
    *posts: Post, profile: Profile | None = None, vectors: Mapping[str, Vectors] | None = None, now: datetime = NOW
) -> View:
    """What detectors look at: these posts in order of time, without vectors unless they are given."""
    ordered = sorted(posts, key=lambda each: each.message.at)
    return View(profile or globals()["profile"](), now, ordered, vectors or {})


def english(_text: str) -> Detection:
    """A detector that takes everything for English."""
    return Detection("en", 1.0)


def understanding() -> Understanding:
    """The fakes of embedding, language and signals: quick, and told by words."""
    return Understanding(WordEmbedder(), ScriptedLanguages(), word_heads(INTENTS, SENTIMENTS))


def desk(
    *messages: Message,
    profile: Profile | None = None,
    members: Sequence[Member] = (),
    writer: Writer = PHRASEBOOK,
    now: datetime = NOW,
    understanding: Understanding | None = None,
) -> Desk:
    """A desk in memory with these messages, indexed."""
    chosen, fakes = profile or globals()["profile"](), understanding or globals()["understanding"]()
    store, index = MemoryMessageStore(), MemoryIndex()
    store.save_community(chosen.id, chosen.name)
    store.save(
        chosen.id,
        messages=messages,
        members=members,
        channels=[*filter(None, (rule.applied_to(None) for rule in chosen.channels))],
    )
    index_pending(store, index, fakes, chosen.id, languages=chosen.languages)
    return Desk(
        profile=chosen,
        messages=store,
        index=index,
        store=MemoryDeskStore(),
        understanding=fakes,
        clock=lambda: now,
        writer=writer,
    )


class HeldIndex(MemoryIndex):
    """Vectors in memory that a house can let go of."""

    held = True

    def close(self) -> None:
        self.held = False


class Ready(WordEmbedder):
    """The built-in embedder, opened: the fast one, or for a reason the other."""

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self.opened = SimpleNamespace(reason=reason)


def house(home: Path, as_of: datetime | None = None, **flags: Any) -> "House":
    """A house with its state in `home`: the database is real, vectors are in memory, what understands is a fake."""
    from assistant.bootstrap import House
    from assistant.settings import read_settings

    made = House(read_settings(home=home, **flags), as_of)
    made.__dict__ |= {"index": HeldIndex(), "understanding": understanding(), "embedder": WordEmbedder()}
    made.__dict__["built_in"] = Ready()
    return made


def lose(index: VectorIndex, community: str) -> None:
    """All vectors of a community are gone."""
    for shelf in (shelf_of(community), shelf_of(community, "document")):
        index.remove(shelf, list(index.ids(shelf)))


def furnish(house: "House", *messages: Message, **changes: Any) -> None:
    """Write the profile into the house and store these messages, not indexed."""
    import yaml

    chosen = profile(**changes)
    path = house.profile_path(chosen.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(chosen.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    house.messages.save_community(chosen.id, chosen.name)
    house.messages.save(chosen.id, messages=messages)
