"""Discourse: post JSON as its API gives it: one post or a list a file, or a topic with its stream; files or folders.

Format: https://docs.discourse.org (GET /posts.json, /posts/{id}.json, /t/{id}.json). Lists of topics and categories
beside them (/latest.json, /categories.json) say what posts leave out: titles, names, which categories are private.
Posts that are deleted, or hidden by flags, keep their places.
"""

import html
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import regex

from knowledge.importers.markup import html_text
from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_text,
    clean,
    deleted_or_skip,
    files_in,
    first_bytes,
    has_file,
    message_or_skip,
    open_export,
    parse_time,
    read_json,
    readable_links,
    record_or_skip,
    skipped,
    told_once,
)
from knowledge.messages import Channel, Member, Record

_QUOTE = regex.compile(r"\[quote[^\]\n]*\]|\[/quote\]", regex.IGNORECASE)
_POLL = regex.compile(r"\[poll[^\]\n]*\][^\[]*+(?:\[(?!/?poll)[^\[]*+)*+\[/poll\]")
_UPLOAD = regex.compile(r"!?\[([^\[\]|\n]{0,300})(?:\|[^\[\]\n]{0,100})?\]\(upload://[^()\s]{1,300}\)")
_ONEBOX = regex.compile(r"""<aside class="onebox[^<>]{0,300}? data-onebox-src="([^"<>]{1,2000})\"""")
_NOT_OWN = ("aside.quote", "blockquote", "aside.onebox", ".lightbox > .meta")
"""Quotes, what a page says that is linked to, and the size of a picture."""
_REGULAR_POST, _WHISPER = 1, 4


def recognises(path: Path) -> bool:
    return has_file(path, _has_post, _files)


def _has_post(file: Node) -> bool:
    begun = first_bytes(file, 2**20)
    if b'"post_number"' not in begun or b'"username"' not in begun:
        return False
    try:
        return any(map(_is_post, _posts(read_json(file))))
    except ValueError:
        return False


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each post with its member and category, in the order of the file names."""
    yield from told_once(_records(path, options), anew=False)


def _records(path: Path, options: Options) -> Iterator[Record]:
    root = open_export(path)
    lists = _Lists(_files(root))
    file = None
    for file in _files(root):
        try:
            data = read_json(file)
        except ValueError as error:
            yield skipped(file.name, f"broken file: {error}")
            continue
        if _is_list(data):
            continue
        for number, item in enumerate(_posts(data), start=1):
            yield from read_post(f"{file.name}, post {number}", lists.complete(item), options)
    if file is None:
        yield skipped(path.name, "no file that ends in .json")


def _files(node: Node) -> Iterator[Node]:
    return (file for file in files_in(node) if file.name.endswith(".json"))


def _is_list(data: Any) -> bool:
    return isinstance(data, dict) and ("topic_list" in data or "category_list" in data)


class _Lists:
    """What lists of topics and categories say of them."""

    def __init__(self, files: Iterator[Node]) -> None:
        self._topics: dict[str, Mapping[str, Any]] = {}
        self._categories: dict[str, Mapping[str, Any]] = {}
        for file in files:
            begun = first_bytes(file)
            if b'"topic_list"' not in begun and b'"category_list"' not in begun:
                continue
            try:
                data = as_mapping(read_json(file))
            except ValueError:
                continue  # whoever reads the posts says so
            self._topics |= _by_id(as_mapping(data.get("topic_list")).get("topics"))
            self._categories |= _by_id(as_mapping(data.get("category_list")).get("categories"))

    def complete(self, post: Any) -> Any:
        """The post with what the lists know and it does not say."""
        if not isinstance(post, dict):
            return post
        topic = self._topics.get(as_text(post.get("topic_id")), {})
        known = {
            "topic_title": topic.get("title"),
            "category_id": topic.get("category_id"),
            "topic_archetype": topic.get("archetype"),
        }
        said = {name: value for name, value in post.items() if value is not None}
        category = self._categories.get(as_text({**known, **said}.get("category_id")), {})
        known |= {"category_name": category.get("name"), "read_restricted": category.get("read_restricted")}
        return {**post, **known, **said}


def _by_id(items: Any) -> dict[str, Mapping[str, Any]]:
    """Objects by their id, and the categories inside a category."""
    found: dict[str, Mapping[str, Any]] = {}
    for item in map(as_mapping, as_list(items)):
        for each in (item, *map(as_mapping, as_list(item.get("subcategory_list")))):
            found[as_text(each.get("id"))] = each
    return found


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
            solved = as_mapping(data.get("accepted_answer")).get("post_number")
            return [
                {**topic, "accepted_answer": solved is not None and post.get("post_number") == solved, **post}
                if isinstance(post, dict)
                else post
                for post in stream["posts"]
            ]
        if isinstance(data.get("latest_posts"), list):
            return list(data["latest_posts"])
    return [data]


def _is_post(item: Any) -> bool:
    return isinstance(item, dict) and {"topic_id", "post_number", "username"} <= item.keys()


def read_post(place: str, item: Any, options: Options) -> Iterator[Record]:
    """Yield a post with its category and its author; or why it is left out."""
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
    whisper = item.get("post_type") == _WHISPER
    # A whisper is for staff only: it goes to a channel of its own that nobody outside can read.
    channel_id = f"{category}-whispers" if whisper else category
    yield record_or_skip(
        place,
        Channel,
        id=channel_id,
        name=(as_text(item.get("category_name") or item.get("category_slug")) or f"category {category}")
        + (" (whispers)" if whisper else ""),
        visibility="private" if whisper or item.get("read_restricted") not in (None, False) else "public",
    )
    yield record_or_skip(
        place,
        Member,
        id=author,
        name=clean(as_text(item.get("name"))) or author,
        is_bot=item.get("user_id", 0) in (-1, -2),
        is_staff=any(item.get(flag) is True for flag in ("staff", "admin", "moderator")),
        roles=_roles(item),
    )
    answered = as_text(item.get("reply_to_post_number")) or "1"
    fields: dict[str, Any] = {
        "id": f"{topic}/{number}",
        "channel": channel_id,
        "author": author,
        "at": at,
        "thread": f"{topic}/1",
        "reply_to": f"{topic}/{answered}" if number not in ("1", answered) else None,
        "edited": edited if edited > at else None,
    }
    if item.get("deleted_at") or item.get("user_deleted") or item.get("hidden"):
        yield deleted_or_skip(place, **fields)
        return
    options_of_polls = _polls(item)
    yield message_or_skip(
        place,
        **fields,
        text="\n".join([_text(item, without_polls=bool(options_of_polls)), *options_of_polls]),
        kind="poll" if options_of_polls else "post",
        title=clean(as_text(item.get("topic_title"))) or None,
        reactions=_reactions(item),
        url=item.get("post_url") if isinstance(item.get("post_url"), str) else None,
        accepted=item.get("accepted_answer") is True,
    )


def _roles(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What Discourse calls an author: https://meta.discourse.org/t/understanding-discourse-trust-levels/90752."""
    roles = [flag for flag in ("admin", "moderator") if item.get(flag) is True]
    level, group = item.get("trust_level"), clean(as_text(item.get("primary_group_name")))
    if isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 4:
        roles.append(f"trust level {level}")
    return (*roles, group) if group else tuple(roles)


def _polls(item: Mapping[str, Any]) -> list[str]:
    """The question of each poll of a post, if it has one, and its options, a line each; nothing of what has none."""
    lines = list[str]()
    for poll in map(as_mapping, as_list(item.get("polls"))):
        texts = [html_text(as_text(as_mapping(option).get("html"))) for option in as_list(poll.get("options"))]
        if any(texts):
            lines += [html_text(as_text(poll.get("title"))), *(f"– {text}" for text in texts if text)]
    return [line for line in lines if line]


def _left_out(item: dict[str, Any]) -> str | None:
    if item.get("topic_archetype") == "private_message":
        return "private message"
    if item.get("post_type", _REGULAR_POST) not in (_REGULAR_POST, _WHISPER):
        return "written by Discourse itself"
    return None


def _times(item: dict[str, Any], options: Options) -> tuple[datetime, datetime]:
    at = parse_time(item["created_at"], options)
    return at, parse_time(item.get("updated_at") or item["created_at"], options)


def _text(item: dict[str, Any], *, without_polls: bool) -> str:
    """The words as they are shown, without quotes of others; the Markdown source where nothing is rendered."""
    shown = _ONEBOX.sub(r"<p>\1</p>\g<0>", as_text(item.get("cooked")))
    # A picture says what stands below it; its address is one of the forum's own.
    shown = shown.replace('<a class="lightbox" href=', '<a class="lightbox" name=')
    if text := html_text(shown, without=[*_NOT_OWN, *([".poll"] if without_polls else [])]):
        return text
    raw = item.get("raw")
    own = _own_words(raw) if isinstance(raw, str) else ""
    own = _POLL.sub("", own) if without_polls else own
    return html.unescape(readable_links(_UPLOAD.sub(r"\1", own)))


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
    if listed := as_list(item.get("reactions")):
        return {
            clean(str(r["id"])): r["count"]
            for r in listed
            if isinstance(r, dict) and "id" in r and isinstance(r.get("count"), int)
        }
    actions = map(as_mapping, as_list(item.get("actions_summary")))
    likes = [action.get("count", 0) for action in actions if action.get("id") == 2]
    return {"heart": likes[0]} if likes and likes[0] else {}
