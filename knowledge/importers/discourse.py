"""Discourse: post JSON as its API gives it: one post or a list a file, or a topic with its stream; files or folders.

Format: https://docs.discourse.org (GET /posts.json, /posts/{id}.json, /t/{id}.json).
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import regex
from bs4 import BeautifulSoup

from knowledge.importers.source import Node, Options, clean, message_or_skip, open_export, parse_time, read_json
from knowledge.messages import Channel, Member, Record, Skipped

# What somebody else said is that post's text, not this one's.
_QUOTE = regex.compile(r"\[quote[^\]\n]*\].*?\[/quote\]", regex.DOTALL | regex.IGNORECASE)
_REGULAR_POST, _WHISPER = 1, 4


def recognises(path: Path) -> bool:
    try:
        first = next(_files(open_export(path)), None)
        return first is not None and any(_is_post(item) for item in _posts(read_json(first)))
    except Exception:  # noqa: BLE001  what cannot be read is not this format
        return False


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each post with its member and category, in the order of the file names."""
    root = open_export(path)
    known: set[str] = set()
    for file in _files(root):
        try:
            data = read_json(file)
        except ValueError as error:
            yield Skipped(place=file.name, reason=f"broken file: {error}")
            continue
        for number, item in enumerate(_posts(data), start=1):
            for record in _post(f"{file.name}, post {number}", item, options):
                key = f"{type(record).__name__} {getattr(record, 'id', '')}"
                if isinstance(record, Channel | Member):
                    if key in known:
                        continue
                    known.add(key)
                yield record


def _files(node: Node) -> Iterator[Node]:
    if node.is_file():
        if node.name.endswith(".json"):
            yield node
        return
    children: list[Node] = list(node.iterdir())
    for child in sorted(children, key=lambda c: c.name):
        if not child.name.startswith((".", "__")):
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
            }
            return [{**topic, **post} if isinstance(post, dict) else post for post in stream["posts"]]
        if isinstance(data.get("latest_posts"), list):
            return list(data["latest_posts"])
    return [data]


def _is_post(item: Any) -> bool:
    return isinstance(item, dict) and {"topic_id", "post_number", "username"} <= item.keys()


def _post(place: str, item: Any, options: Options) -> Iterator[Record]:
    if not _is_post(item):
        yield Skipped(place=place, reason="not a post")
        return
    reason = _left_out(item)
    if reason is not None:
        yield Skipped(place=place, reason=reason)
        return
    try:
        at, edited = _times(item, options)
    except (KeyError, ValueError):
        yield Skipped(place=place, reason="no valid time (created_at)")
        return
    topic, number = item["topic_id"], item["post_number"]
    category = str(item.get("category_id") or "0")
    private = item.get("post_type") == _WHISPER
    # A whisper is for staff only: it goes to a channel of its own that nobody outside can read.
    channel_id = f"{category}-whispers" if private else category
    author = str(item["username"])
    yield Channel(
        id=channel_id,
        name=str(item.get("category_name") or f"category {category}") + (" (whispers)" if private else ""),
        visibility="private" if private else "public",
    )
    yield Member(
        id=author, name=clean(str(item.get("name") or "")) or author, is_bot=item.get("user_id", 0) in (-1, -2)
    )
    answered = item.get("reply_to_post_number") or (1 if number != 1 else None)
    yield message_or_skip(
        place,
        id=f"{topic}/{number}",
        channel=channel_id,
        author=author,
        text=_text(item),
        at=at,
        thread=f"{topic}/1",
        reply_to=f"{topic}/{answered}" if answered else None,
        title=clean(str(item.get("topic_title") or "")) or None,
        reactions=_reactions(item),
        edited=edited if edited > at else None,
        url=item.get("post_url") if isinstance(item.get("post_url"), str) else None,
    )


def _left_out(item: dict[str, Any]) -> str | None:
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
        return _QUOTE.sub("", item["raw"])
    soup = BeautifulSoup(str(item.get("cooked") or ""), "html.parser")
    for quote in soup.select("aside.quote"):
        quote.decompose()
    return soup.get_text("\n", strip=True)


def _reactions(item: dict[str, Any]) -> dict[str, int]:
    listed = item.get("reactions")
    if isinstance(listed, list) and listed:
        return {
            str(r["id"]): r["count"]
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
