"""Forgetting a member, and leaving out those who opted out: over every store that registers an eraser."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from pydantic import AwareDatetime

from assistant.community import Profile
from assistant.errors import Misconfigured, NotAllowed, NotFound
from assistant.forgotten import Marks, Trace, telling_words
from assistant.ports import Eraser
from assistant.writing.model import ordinary_words
from knowledge.messages import Frozen
from knowledge.ports import MessageStore
from prompts.files import languages

_NAMELESS = "anonymous"
"""The author of what an export gives no author for."""


class Receipt(Frozen):
    """What was done, without saying whom for: `member` is the keyed digest of an id.

    `counts` are the things that were there to erase, by store. `remains` says what was not erased, and where it is.
    """

    community: str
    member: str
    at: AwareDatetime
    counts: dict[str, int]
    remains: tuple[str, ...]
    complete: bool = False


class Noted(Frozen):
    """What is kept of who was forgotten: the receipt, and by what they are recognised. `key` tells which key it was."""

    receipt: Receipt
    key: str
    marks: tuple[str, ...]


class Stores(NamedTuple):
    """A community's profile, its messages, all erasers with that of the messages last, and the key of the digests."""

    profile: Profile
    messages: MessageStore
    erasers: Sequence[Eraser]
    key: bytes


def forget(stores: Stores, who: str, now: datetime) -> Receipt:
    """Erase what is kept of a member (their id or name), for good, and see to it that no import brings it back.

    Interrupted, the same call ends it; called again, it returns the receipt. Raises NotFound for an unknown member,
    NotAllowed for a name that several have and for who has none.
    """
    store, community = stores.messages, stores.profile.id
    try:
        trace = find(stores, who)
    except NotFound:
        return _ended(stores, who)
    known, member = noted(store, community), trace.marks.of("member", min(trace.ids))
    before = known[member].receipt.counts if member in known else {}
    counts = {each.name: max(each.find(trace), before.get(each.name, 0)) for each in stores.erasers}
    remains = tuple(chain.from_iterable(each.leaves(trace) for each in stores.erasers))
    receipt = Receipt(community=community, member=member, at=now, counts=counts, remains=remains)
    earlier = known[member].marks if member in known else ()
    note = Noted(receipt=receipt, key=_name_of(trace.marks), marks=tuple(sorted({*earlier, *trace.marks.digests})))
    # From here on no import brings anything back, whatever becomes of this process.
    _note(store, note)
    for eraser in stores.erasers:
        eraser.erase(trace)
    return _note(store, note.model_copy(update={"receipt": receipt.model_copy(update={"complete": True})}))


def find(stores: Stores, who: str) -> Trace:
    """All that identifies a member. Raises NotFound or NotAllowed, as `forget` does."""
    profile, store, community = stores.profile, stores.messages, stores.profile.id
    id_ = _member(profile, store, who)
    ids = frozenset({id_, *(alias for alias, of in profile.aliases.items() if of == id_)})
    everything = store.everything
    written = {message.id: message for message in everything(community, ids)}
    names = store.names(community, {message.author for message in everything(community)} | ids)
    own = {names[each] for each in ids if each in names} | {each for each in ids if not each.isdigit()}
    others = [name for each, name in names.items() if each not in ids]
    others += [name for person in profile.team if person.id not in ids for name in (person.name, person.id)]
    marks = _marks(Marks(stores.key), ids, own, others, written)
    others_posts = ((message, marks.redact(message)) for message in everything(community) if message.author not in ids)
    named_in = {old.id: old for old, new in others_posts if (new.id, new.digest) != (old.id, old.digest)}
    return Trace(ids, frozenset(own), written, named_in, marks)


def _member(profile: Profile, store: MessageStore, who: str) -> str:
    """The id of the one member who is meant."""
    named = who.strip()
    if named == _NAMELESS:
        raise NotAllowed(f"“{_NAMELESS}” stands for all who wrote without a name, so that nobody is meant.")
    found = {profile.aliases.get(member.id, member.id): member for member in store.members(profile.id, named)}
    if named in profile.aliases or any(store.everything(profile.id, {named})):
        return profile.aliases.get(named, named)
    if named in found:
        return named
    if len(found) > 1:
        listed = ", ".join(f"{member.id} ({member.name})" for member in found.values())
        raise NotAllowed(f"Several members are called that: {listed}. Say which by the id.")
    if not found:
        raise NotFound(f"{profile.name} has no member with this id or name. `hearthside search` shows who writes.")
    return next(iter(found))


def _marks(plain: Marks, ids: frozenset[str], names: set[str], others: list[str], written: Iterable[str]) -> Marks:
    """What recognises them. An id of several words, such as an address, is known as a whole alone."""
    usual = {word for language in languages("phrasebooks") for word in ordinary_words(language)}
    telling = telling_words(names, others, usual)
    digests = {plain.of("member", id_) for id_ in ids} | {plain.of("message", id_) for id_ in written}
    for name in names:
        digests |= plain.of_name(name, telling if name not in ids or name.isalnum() else ())
    return Marks(plain.key, digests)


def noted(store: MessageStore, community: str) -> dict[str, Noted]:
    """Who was forgotten, by the digest of their id."""
    return {member: Noted.model_validate(body) for member, body in store.forgotten(community).items()}


def recognise(store: MessageStore, community: str, key: bytes) -> Marks:
    """What recognises all who were forgotten. Raises Misconfigured where `key` is not the one they were noted with."""
    known = noted(store, community).values()
    marks = Marks(key, chain.from_iterable(note.marks for note in known))
    if any(note.key != _name_of(marks) for note in known):
        raise Misconfigured(
            "Members were forgotten, and the key by which they are recognised is not here: an import could bring them "
            "back. Put forgotten.key, from the home folder where they were forgotten, into this one."
        )
    return marks


def left_out(profile: Profile, messages: MessageStore) -> set[str]:
    """The ids of all who opted out. Where several members have the name, it is all of them."""
    found = [messages.members(profile.id, who) for who in profile.opted_out]
    ids = {profile.aliases.get(id_, id_) for id_ in (*profile.opted_out, *(m.id for each in found for m in each))}
    return ids | {alias for alias, id_ in profile.aliases.items() if id_ in ids}


def withdraw(profile: Profile, messages: MessageStore, ids: Collection[str], erasers: Sequence[Eraser]) -> None:
    """Take back what is stored of the posts of those who opted out, and all that the erasers find to rest on it."""
    written = {m.id: m for m in messages.everything(profile.id, ids) if not m.deleted} if ids else {}
    if written:
        trace = Trace(frozenset(), frozenset(), written, {}, Marks())
        for eraser in erasers:
            eraser.erase(trace)
        messages.withdraw(profile.id, ids)


def _ended(stores: Stores, who: str) -> Receipt:
    """The receipt of somebody who is not there any more. Where the end was cut off, it is done now."""
    store, community = stores.messages, stores.profile.id
    known = noted(store, community)
    marks = recognise(store, community, stores.key) if known else Marks()
    named = " ".join(who.split())
    for note in known.values():
        own = Marks(stores.key, note.marks)
        if own.has("member", who.strip()) or own.names(f"@{named}"):
            if note.receipt.complete:
                return note.receipt
            # Only the last eraser can have been cut off: it takes away what the others look for.
            stores.erasers[-1].erase(Trace(frozenset(), frozenset(), {}, {}, marks))
            return _note(store, note.model_copy(update={"receipt": note.receipt.model_copy(update={"complete": True})}))
    find(stores, who)  # says why there is nobody
    raise NotFound(f"{stores.profile.name} has no such member.")


def _note(store: MessageStore, note: Noted) -> Receipt:
    receipt = note.receipt
    store.save_forgotten(receipt.community, receipt.member, receipt.at, note.model_dump(mode="json"))
    return receipt


def _name_of(marks: Marks) -> str:
    """Tells one key from another, and nothing of it."""
    return marks.of("key", "")
