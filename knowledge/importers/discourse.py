"""Discourse: post JSON as its API gives it: one post or a list a file, or a topic with its stream; files or folders.

Format: https://docs.discourse.org (GET /posts.json, /posts/{id}.json, /t/{id}.json).
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import regex
from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup

from knowledge.importers.source import (
    MAX_TEXT,
    Node,
    Options,
    as_text,
    clean,
    message_or_skip,
    open_export,
    parse_time,
    read_json,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Record

_QUOTE = regex.compile(r"\[quote[^\]\n]*\]|\[/quote\]", regex.IGNORECASE)
_BLOCKS = ("p", "li", "div", "blockquote", "pre", "tr", "h1", "h2", "h3", "h4", "h5", "h6")
_TASTE = 20
"""Files that are looked into for a post: the first ones may be broken."""
_REGULAR_POST, _WHISPER = 1, 4


def recognises(path: Path) -> bool:
    try:
        return any(map(_has_post, islice(_files(open_export(path)), _TASTE)))
    except Exception:  # noqa: BLE001  what cannot be read is not this format
        return False


def _has_post(file: Node) -> bool:
    try:
        return any(map(_is_post, _posts(read_json(file))))
    except ValueError:
        return False


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each post with its member and category, in the order of the file names."""
    root = open_export(path)
    known: set[str] = set()
    file = None
    for file in _files(root):
        try:
            data = read_json(file)
        except ValueError as error:
            yield skipped(file.name, f"broken file: {error}")
            continue
        for number, item in enumerate(_posts(data), start=1):
            for record in _post(f"{file.name}, post {number}", item, options):
                key = f"{type(record).__name__} {getattr(record, 'id', '')}"
                if isinstance(record, Channel | Member):
                    if key in known:
                        continue
                    known.add(key)
                yield record
    if file is None:
        yield skipped(path.name, "no file that ends in .json")


def _files(node: Node) -> Iterator[Node]:
    if node.is_file():
        if node.name.endswith(".json"):
            yield node
        return
    children: list[Node] = list(node.iterdir()) if node.is_dir() else []
    for child in sorted(children, key=lambda c: c.name):
        # A link may lead out of the export, or around in it.
        if not child.name.startswith((".", "__")) and not (isinstance(child, Path) and child.is_symlink()):
            yield from _files(child)


def _posts(data: Any) -> list[Any]:
    """The posts in a file: a list, a topic, a page of latest posts, or a single one."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        stream = data.get("post_stream")
        if isinstance(stream, dict) and isinstance(stream.get("posts"), list):
            topic = {
                "topic_title": data.get("title"),
                "topic_id": data.get("id"),
                "category_id": data.get("category_id"),
                "topic_archetype": data.get("archetype"),
            }
            return [{**topic, **post} if isinstance(post, dict) else post for post in stream["posts"]]
        if isinstance(data.get("latest_posts"), list):
            return list(data["latest_posts"])
    return [data]


def _is_post(item: Any) -> bool:
    return isinstance(item, dict) and {"topic_id", "post_number", "username"} <= item.keys()


def _post(place: str, item: Any, options: Options) -> Iterator[Record]:
    if not _is_post(item):
        yield skipped(place, "not a post")
        return
    reason = _left_out(item)
    if reason is not None:
        yield skipped(place, reason)
        return
    try:
        at, edited = _times(item, options)
    except (KeyError, ValueError):
        yield skipped(place, "no valid time (created_at)")
        return
    topic, number, author = (clean(as_text(item[key])) for key in ("topic_id", "post_number", "username"))
    if not (topic and number and author):
        yield skipped(place, "no topic_id, post_number or username")
        return
    category = as_text(item.get("category_id")) or "0"
    private = item.get("post_type") == _WHISPER
    # A whisper is for staff only: it goes to a channel of its own that nobody outside can read.
    channel_id = f"{category}-whispers" if private else category
    yield record_or_skip(
        place,
        Channel,
        id=channel_id,
        name=(as_text(item.get("category_name")) or f"category {category}") + (" (whispers)" if private else ""),
        visibility="private" if private else "public",
    )
    yield record_or_skip(
        place,
        Member,
        id=author,
        name=clean(as_text(item.get("name"))) or author,
        is_bot=item.get("user_id", 0) in (-1, -2),
        is_staff=any(item.get(flag) is True for flag in ("staff", "admin", "moderator")),
    )
    answered = as_text(item.get("reply_to_post_number")) or "1"
    yield message_or_skip(
        place,
        id=f"{topic}/{number}",
        channel=channel_id,
        author=author,
        text=_text(item),
        at=at,
        thread=f"{topic}/1",
        reply_to=f"{topic}/{answered}" if number not in ("1", answered) else None,
        title=clean(as_text(item.get("topic_title"))) or None,
        reactions=_reactions(item),
        edited=edited if edited > at else None,
        url=item.get("post_url") if isinstance(item.get("post_url"), str) else None,
    )


def _left_out(item: dict[str, Any]) -> str | None:
    if item.get("topic_archetype") == "private_message":
        return "private message"
    if item.get("deleted_at") or item.get("user_deleted"):
        return "deleted post"
    if item.get("hidden"):
        return "hidden post"
    if item.get("post_type", _REGULAR_POST) not in (_REGULAR_POST, _WHISPER):
        return "written by Discourse itself"
    return None


def _times(item: dict[str, Any], options: Options) -> tuple[datetime, datetime]:
    at = parse_time(item["created_at"], options)
    return at, parse_time(item.get("updated_at") or item["created_at"], options)


def _text(item: dict[str, Any]) -> str:
    """The Markdown source without quotes of others, or the rendered text where the source is not in the export."""
    if isinstance(item.get("raw"), str):
        return _own_words(item["raw"])
    cooked = as_text(item.get("cooked"))
    if len(cooked) > 10 * MAX_TEXT:
        return cooked
    try:
        soup = BeautifulSoup(cooked, "html.parser")
    except ParserRejectedMarkup:
        return ""
    for quote in soup.select("aside.quote"):
        quote.decompose()
    for tag in soup.find_all([*_BLOCKS, "br"]):
        tag.insert(0, "\n")
        tag.append("\n")
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return "\n".join(filter(None, lines))


def _own_words(raw: str) -> str:
    """Without quotes, nested or not: what somebody else said is that post's text, not this one's."""
    kept, start, depth = [], 0, 0
    for tag in _QUOTE.finditer(raw):
        if not tag.group().startswith("[/"):
            if depth == 0:
                kept.append(raw[start : tag.start()])
                start = tag.start()
            depth += 1
        elif depth > 0:
            depth -= 1
            if depth == 0:
                start = tag.end()
    return "".join([*kept, raw[start:]])


def _reactions(item: dict[str, Any]) -> dict[str, int]:
    listed = item.get("reactions")
    if isinstance(listed, list) and listed:
        return {
            clean(str(r["id"])): r["count"]
            for r in listed
            if isinstance(r, dict) and "id" in r and isinstance(r.get("count"), int)
        }
    actions = item.get("actions_summary")
    likes = (
        [a.get("count", 0) for a in actions if isinstance(a, dict) and a.get("id") == 2]
        if isinstance(actions, list)
        else []
    )
    return {"heart": likes[0]} if likes and likes[0] else {}
