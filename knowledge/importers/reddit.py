"""Reddit: submissions and comments as JSON Lines with the fields of its API, as Pushshift and Arctic Shift give them.

Format: https://www.reddit.com/dev/api and https://arxiv.org/abs/2001.08435 (tables 1 and 2). A file, or a folder or zip
of such files (.jsonl, .ndjson or without an ending); what is compressed with zstd has to be unpacked first. A
submission is the first message of a thread and its comments are the answers, under Reddit's own full names (t3_…,
t1_…). Who has deleted the account is called [deleted] by Reddit, everybody alike.
"""

import html
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_moment,
    as_text,
    clean,
    deleted_or_skip,
    files_in,
    first_bytes,
    has_file,
    message_or_skip,
    open_export,
    read_lines,
    readable_links,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Record, Visibility

_TASTE = 20
"""Lines of a file that are looked into to recognise it."""
_ENDINGS = ("", ".json", ".jsonl", ".ndjson")
_OPEN = ("", "public", "restricted", "archived", "user")
"""Types of subreddits that everybody can read."""
_GONE = frozenset({"[deleted]", "[removed]", "[deleted by user]", "[removed by reddit]"})
_STAFF = ("moderator", "admin")
"""As whom Reddit lets people speak (`distinguished`)."""

Item = Mapping[str, Any]


def recognises(path: Path) -> bool:
    return has_file(path, _is_reddit)


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield the messages line by line, each subreddit before its first message, and at the end those who wrote."""
    people, seen = _People(), dict[str, Visibility]()
    file = None
    for file in filter(_is_reddit, files_in(open_export(path))):
        line = 0
        try:
            for line, text in read_lines(file):
                yield from _line(f"{file.name}, line {line}", text, people, seen)
        except ValueError as error:
            yield skipped(f"{file.name}, after line {line}", f"broken file: {error}")
    if file is None:
        yield skipped(path.name, "no submissions or comments of Reddit")
    yield from people.records(path.name)


def _is_reddit(file: Node) -> bool:
    """Whether one of the first lines is a submission or a comment."""
    if Path(file.name).suffix.lower() not in _ENDINGS:
        return False
    return any(_kind(item) for item in map(_parsed, first_bytes(file).splitlines()[:_TASTE]))


def _parsed(line: str | bytes) -> Item:
    try:
        return as_mapping(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _kind(item: Item) -> str:
    """Reddit's prefix for submissions (t3) or comments (t1); nothing for what is neither."""
    if not {"id", "author", "subreddit", "created_utc"} <= item.keys():
        return ""
    if {"body", "link_id"} <= item.keys():
        return "t1"
    return "t3" if "title" in item else ""


class _People:
    """Who wrote, remembered briefly: a dump may have millions of them."""

    def __init__(self) -> None:
        self._roles: dict[str, tuple[str, ...]] = {}
        self._bots: set[str] = set()

    def met(self, name: str, item: Item) -> None:
        role = as_text(item.get("distinguished"))
        roles = self._roles.setdefault(name, ())
        if role in _STAFF and role not in roles:
            self._roles[name] = (*roles, role)
        if name == "AutoModerator" or as_text(item.get("author_flair_text")).strip(" :").lower().endswith("bot"):
            self._bots.add(name)

    def records(self, place: str) -> Iterator[Record]:
        for name, roles in self._roles.items():
            is_bot = name in self._bots
            yield record_or_skip(place, Member, id=name, name=name, roles=roles, is_staff=bool(roles), is_bot=is_bot)


def _line(place: str, line: str | None, people: _People, seen: dict[str, Visibility]) -> Iterator[Record]:
    if line is None:
        yield skipped(place, "not UTF-8, or too long")
        return
    if not line.strip():
        return
    item = _parsed(line)
    kind, at = _kind(item), as_moment(item.get("created_utc"))
    if not kind:
        yield skipped(place, "not a submission or comment")
        return
    if at is None:
        yield skipped(place, "no valid time (created_utc)")
        return
    id_, author, subreddit = (clean(as_text(item[key])) for key in ("id", "author", "subreddit"))
    if not (id_ and author and subreddit):
        yield skipped(place, "no id, author or subreddit")
        return
    seen_as = _visibility(item)
    if seen.get(subreddit) not in (seen_as, "private"):
        seen[subreddit] = seen_as
        yield record_or_skip(place, Channel, id=subreddit, name=f"r/{subreddit}", visibility=seen_as)
    people.met(author, item)
    edited = as_moment(item.get("edited"))
    fields: dict[str, Any] = {
        "id": _full_name(id_, kind),
        "channel": subreddit,
        "author": author,
        "at": at,
        "edited": edited if edited and edited > at else None,
    }
    yield _comment(place, item, fields) if kind == "t1" else _submission(place, item, fields)


def _visibility(item: Item) -> Visibility:
    hidden = item.get("quarantine") is True or item.get("quarantined") is True
    return "private" if hidden or as_text(item.get("subreddit_type")) not in _OPEN else "public"


def _comment(place: str, item: Item, fields: dict[str, Any]) -> Record:
    thread = _full_name(clean(as_text(item["link_id"])), "t3")
    parent = clean(as_text(item.get("parent_id")))
    fields |= {"thread": thread, "reply_to": parent if parent.startswith(("t1_", "t3_")) else thread}
    body = as_text(item["body"])
    if body.strip().lower() in _GONE:
        return deleted_or_skip(place, **fields)
    return message_or_skip(place, **fields, text=_without_quotes(_plain(body)), **_details(item))


def _submission(place: str, item: Item, fields: dict[str, Any]) -> Record:
    fields["thread"] = fields["id"]
    title, body = _plain(as_text(item["title"])), as_text(item.get("selftext"))
    if body.strip().lower() in _GONE or title.lower() in _GONE:
        return deleted_or_skip(place, **fields)
    options = as_list(as_mapping(item.get("poll_data")).get("options"))
    choices = [_plain(as_text(as_mapping(option).get("text"))) for option in options]
    details = _details(item) | {"kind": "poll" if any(choices) else "post"}
    lines = [_plain(body), *(f"– {choice}" for choice in choices if choice)]
    if any(lines):
        return message_or_skip(place, **fields, title=title or None, text="\n".join(filter(None, lines)), **details)
    # A link, a picture: the title is all that its author wrote.
    link = as_text(item.get("url"))
    shown = link.startswith(("http://", "https://")) and item.get("is_self") is not True
    return message_or_skip(place, **fields, text=f"{title} ({link})" if title and shown else title, **details)


def _details(item: Item) -> dict[str, Any]:
    score, link = item.get("score"), as_text(item.get("permalink"))
    return {
        "reactions": {"score": score} if isinstance(score, int) and score > 0 else {},
        "url": f"https://www.reddit.com{link}" if link.startswith("/") else None,
    }


def _full_name(id_: str, kind: str) -> str:
    return id_ if id_.startswith(f"{kind}_") else f"{kind}_{id_}"


def _plain(markdown: str) -> str:
    return readable_links(html.unescape(clean(markdown)))


def _without_quotes(text: str) -> str:
    """Without the lines that repeat what is answered; >! begins a spoiler. Who only quotes, says the quote."""
    own = [line for line in text.split("\n") if not line.lstrip().startswith(">") or line.lstrip().startswith(">!")]
    return "\n".join(own).strip() or text
