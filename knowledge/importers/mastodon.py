"""Mastodon, and what else speaks ActivityPub: the outbox of an account (outbox.json), alone or in its archive.

Format: https://www.w3.org/TR/activitystreams-core/#collections and
https://docs.joinmastodon.org/user/moving/#export. An archive is a folder or zip with outbox.json and actor.json. Only
public and unlisted posts are read: what goes to followers or to single people is private. Answers to others keep the
address of what they answer, and a thread that somebody else began is named by the first post of it that is known.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from knowledge.importers.markup import html_text
from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_moment,
    as_text,
    beside,
    clean,
    deleted_or_skip,
    first_bytes,
    first_messages,
    message_or_skip,
    open_export,
    read_json,
    record_or_skip,
    skipped,
    stream_json,
    top_files,
)
from knowledge.messages import Channel, Kind, Member, Record

_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_WRITTEN = frozenset({"Note", "Article", "Page", "Question"})
_BOTS = frozenset({"Service", "Application"})
_SIGNS = (b'"OrderedCollection', b'"orderedItems"', b"#Public")
"""In the beginning of every outbox; the lists of likes and bookmarks beside it have no #Public."""


def recognises(path: Path) -> bool:
    return _outbox(open_export(path)) is not None


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each account with a channel of its own, then its posts, in the order of the outbox."""
    outbox = _outbox(open_export(path))
    if outbox is None:
        yield skipped(path.name, "no outbox.json")
        return
    actors = _Actors(beside(outbox, "actor.json"))
    threads = first_messages(dict(_answers(outbox)))
    number = 0
    try:
        for number, activity in enumerate(stream_json(outbox, "orderedItems.item"), start=1):
            yield from _activity(f"{outbox.name}, activity {number}", as_mapping(activity), actors, threads)
    except ValueError as error:
        yield skipped(f"{outbox.name}, after activity {number}", f"broken file: {error}")


def _outbox(node: Node) -> Node | None:
    """The file itself, or the first outbox.json at the top of an archive or in the folders there."""
    if node.is_file():
        begun = first_bytes(node)
        return node if all(sign in begun for sign in _SIGNS) else None
    return next((file for file in top_files(node, "outbox.json") if _SIGNS[0] in first_bytes(file)), None)


class _Actors:
    """The accounts of an outbox as members and channels; actor.json says more about one of them."""

    def __init__(self, described: Node) -> None:
        self._known: set[str] = set()
        try:
            self._described = as_mapping(read_json(described)) if described.is_file() else {}
        except ValueError:
            self._described = {}

    def introduce(self, place: str, id_: str) -> Iterator[Record]:
        """The member and the channel of an account, when it is met for the first time."""
        if id_ in self._known:
            return
        self._known.add(id_)
        actor = self._described if clean(as_text(self._described.get("id"))) == id_ else {}
        try:
            host = urlsplit(id_).hostname or ""
        except ValueError:
            host = ""
        user = clean(as_text(actor.get("preferredUsername"))) or id_.rstrip("/").rsplit("/", 1)[-1].lstrip("@")
        yield record_or_skip(place, Channel, id=id_, name=f"@{user}@{host}" if host else user)
        yield record_or_skip(
            place,
            Member,
            id=id_,
            name=clean(as_text(actor.get("name"))) or user,
            joined=as_moment(actor.get("published")),
            is_bot=as_text(actor.get("type")) in _BOTS,
        )


def _answers(outbox: Node) -> Iterator[tuple[str, str]]:
    """Each post that answers one, with that one: a first look, for an outbox may begin with the newest."""
    try:
        for activity in stream_json(outbox, "orderedItems.item"):
            post = as_mapping(as_mapping(activity).get("object"))
            id_, answered = _address(post.get("id")), _address(post.get("inReplyTo"))
            if id_ and answered:
                yield id_, answered
    except ValueError:
        return  # whoever reads the posts says so


def _address(value: object) -> str:
    """The id of an object, or of what is given in its place: ActivityPub allows both."""
    return clean(as_text(as_mapping(value).get("id") if isinstance(value, dict) else value))


def _activity(place: str, activity: Mapping[str, Any], actors: _Actors, threads: Mapping[str, str]) -> Iterator[Record]:
    if activity.get("type") == "Announce":
        yield skipped(place, "a boost of what somebody else wrote")
        return
    post = as_mapping(activity.get("object"))
    deleted = post.get("type") == "Tombstone"
    if not deleted and as_text(post.get("type")) not in _WRITTEN:
        yield skipped(place, "not a post")
        return
    if not deleted and not _is_public(post if "to" in post or "cc" in post else activity):
        yield skipped(place, "private post")
        return
    id_, author = _address(post.get("id")), _address(post.get("attributedTo") or activity.get("actor"))
    at = as_moment(post.get("published") or activity.get("published") or post.get("deleted"))
    if not id_ or not author:
        yield skipped(place, "no id or author")
        return
    if at is None:
        yield skipped(place, "no valid time (published)")
        return
    yield from actors.introduce(place, author)
    answered = _address(post.get("inReplyTo")) or None
    fields = {
        "id": id_,
        "channel": author,
        "author": author,
        "at": at,
        "thread": threads.get(id_, answered or id_),
        "reply_to": answered if answered != id_ else None,
    }
    if deleted:
        yield deleted_or_skip(place, **fields)
    else:
        yield message_or_skip(place, **fields, **_said(post, at))


def _is_public(item: Mapping[str, Any]) -> bool:
    audience = [item.get("to"), item.get("cc")]
    named = [name for value in audience for name in (value if isinstance(value, list) else [value])]
    return any(isinstance(name, str) and name in _PUBLIC for name in named)


def _said(post: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What a post says: its content warning as title, its words, the options of a poll, what its pictures show."""
    choices = as_list(post.get("oneOf")) + as_list(post.get("anyOf"))
    options = [_plain(as_mapping(choice).get("name")) for choice in choices]
    pictures = [_plain(as_mapping(attached).get("name")) for attached in as_list(post.get("attachment"))]
    lines = [html_text(as_text(post.get("content"))), *(f"– {option}" for option in options if option), *pictures]
    kind: Kind = "poll" if post.get("type") == "Question" else "post"
    edited = as_moment(post.get("updated"))
    url = as_text(post.get("url"))
    return {
        "text": "\n".join(filter(None, lines)),
        "kind": kind,
        "title": _plain(post.get("summary") or post.get("name")) or None,
        "reactions": _counts(favourites=post.get("likes"), boosts=post.get("shares")),
        "edited": edited if edited and edited > at else None,
        "url": url if url.startswith(("https://", "http://")) else None,
    }


def _counts(**collections: object) -> dict[str, int]:
    totals = {name: as_mapping(collection).get("totalItems") for name, collection in collections.items()}
    return {name: total for name, total in totals.items() if isinstance(total, int) and total > 0}


def _plain(value: object) -> str:
    return " ".join(clean(as_text(value)).split())
