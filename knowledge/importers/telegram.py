"""Telegram Desktop: result.json of one chat or of a whole account, alone or in its folder or zip.

Format: https://core.telegram.org/import-export. Chats between persons, with a bot or with oneself are never read; a
private group or channel is private. A reply belongs to the thread of what it answers, in a forum to its topic too.
A forwarded message is somebody else's words and is left out, unless its author forwards the own ones, as a channel
does into the group where it is discussed. Of a poll, the question and the options are kept. Times without their
unixtime have no zone and are taken as UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ijson.common import ObjectBuilder

from knowledge.importers.source import (
    Node,
    Options,
    as_list,
    as_mapping,
    as_moment,
    as_text,
    clean,
    first_bytes,
    json_events,
    message_or_skip,
    open_export,
    record_or_skip,
    skipped,
    told_once,
    top_files,
)
from knowledge.messages import Channel, Member, Record, Visibility

_CHATS = ("", "chats.list.item", "left_chats.list.item")
"""Where chats stand in a file, as ijson writes paths."""
_SAID = {f"{chat}.{name}".lstrip("."): name for chat in _CHATS for name in ("id", "name", "type")}
_MESSAGES = frozenset(f"{chat}.messages".lstrip(".") for chat in _CHATS)
_BEGINS = object()

_PUBLIC = ("public_channel", "public_supergroup")
_LINKED = (*_PUBLIC, "private_channel", "private_supergroup")
_NOT_READ = ("personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes")


def recognises(path: Path) -> bool:
    file = _file(open_export(path))
    return file is not None and _begins(first_bytes(file))


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each chat with its members and messages in the order of the file."""
    file = _file(open_export(path))
    if file is None:
        yield skipped(path.name, "no result.json")
        return
    yield from told_once(_records(file))


def _file(root: Node) -> Node | None:
    """The file itself, result.json in its folder, or in the single folder that an archiver put around it."""
    return root if root.is_file() else next(top_files(root, "result.json", alone=True), None)


def _begins(beginning: bytes) -> bool:
    """A chat with a message, or an account, whose long profile stands before its chats."""
    if not beginning.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return False
    is_chat = all(key in beginning for key in (b'"name"', b'"type"', b'"messages"')) and (
        b'"from_id"' in beginning or b'"actor_id"' in beginning
    )
    return is_chat or (b'"about"' in beginning and (b'"personal_information"' in beginning or b'"chats"' in beginning))


def _records(file: Node) -> Iterator[Record]:
    chat: _Chat | None = None
    chats = number = 0
    try:
        for said, message in _parts(file):
            if message is _BEGINS:
                chats += 1
                chat = _Chat.of(said)
                yield (
                    chat.record(file.name)
                    if chat is not None
                    else skipped(f"{file.name}, chat {chats}", "private message")
                )
            elif chat is not None:
                number += 1
                yield from chat.message(f"{file.name}, message {number}", as_mapping(message))
        if not chats:
            yield skipped(file.name, "no chat")
    except ValueError as error:
        yield skipped(file.name, f"broken file: {error}")


def _parts(file: Node) -> Iterator[tuple[Mapping[str, Any], object]]:
    """What each chat says of itself, with `_BEGINS` where its messages begin and then with each of them."""
    said: dict[str, Any] = {}
    message: ObjectBuilder | None = None
    inside = ""
    for path, event, value in json_events(file):
        if message is not None:
            message.event(event, value)
            if path == inside and event in ("end_map", "end_array"):
                yield said, message.value
                message = None
        elif path in _SAID:
            said[_SAID[path]] = value
        elif path in _MESSAGES and event == "start_array":
            inside = f"{path}.item"
            yield said, _BEGINS
        elif path in _CHATS and event == "start_map":
            said = {}
        elif path == inside and event in ("start_map", "start_array") and said.get("type") not in _NOT_READ:
            message = ObjectBuilder()
            message.event(event, value)
        elif path == inside and path and event not in ("end_map", "end_array"):
            yield said, value


class _Chat:
    """A chat that is read, and how its messages are."""

    def __init__(self, id_: str, name: str, kind: str) -> None:
        self._id, self._name, self._kind = id_, name, kind
        self._threads: dict[str, str] = {}
        self._topics: dict[str, str] = {}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "_Chat | None":
        """The chat, unless it is between persons; one that does not say what it is may be."""
        id_, name, kind = (clean(as_text(said.get(field))) for field in ("id", "name", "type"))
        return cls(id_, name or id_, kind) if id_ and kind and kind not in _NOT_READ else None

    def record(self, place: str) -> Record:
        visibility: Visibility = "public" if self._kind in _PUBLIC else "private"
        return record_or_skip(place, Channel, id=self._id, name=self._name, visibility=visibility)

    def message(self, place: str, item: Mapping[str, Any]) -> Iterator[Record]:
        id_, author = clean(as_text(item.get("id"))), clean(as_text(item.get("from_id")))
        if item.get("action") == "topic_created" and id_:
            self._topics[id_] = clean(as_text(item.get("title")))
        reason = _left_out(item)
        at = _moment(item, "date")
        if reason is None and not (id_ and author):
            reason = "no id or author"
        if reason is not None or at is None:
            yield skipped(place, reason or "no valid time (date)")
            return
        answered = clean(as_text(item.get("reply_to_message_id")))
        answered = answered if answered != id_ and not item.get("reply_to_peer_id") else ""
        if answered:
            self._threads[id_] = self._threads.get(answered, answered)
        poll = _poll(item.get("poll"))
        name = clean(as_text(item.get("from"))) or author
        # Who speaks as the channel or group itself runs it.
        yield record_or_skip(place, Member, id=author, name=name, is_staff=author == f"channel{self._id}")
        yield message_or_skip(
            place,
            id=f"{self._id}/{id_}",
            channel=self._id,
            author=author,
            text=poll or _plain(item.get("text") or item.get("text_entities")),
            kind="poll" if poll else "post",
            at=at,
            thread=f"{self._id}/{self._threads.get(id_, id_)}",
            reply_to=f"{self._id}/{answered}" if answered and answered not in self._topics else None,
            title=self._topics.get(answered) or None,
            reactions=_reactions(item.get("reactions")),
            edited=_moment(item, "edited"),
            url=f"https://t.me/c/{self._id}/{id_}" if self._kind in _LINKED else None,
        )


def _left_out(item: Mapping[str, Any]) -> str | None:
    if item.get("type") == "service":
        return "written by Telegram itself"
    if item.get("type") != "message":
        return "not a message"
    if "forwarded_from" in item and item["forwarded_from"] != item.get("from"):
        return "forwarded message"
    return None


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return as_moment(item.get(f"{name}_unixtime")) or as_moment(item.get(name))


def _plain(value: Any) -> str:
    """The words of a text, which is a string or a list of strings and of pieces with a meaning."""
    return "".join(map(_piece, value)) if isinstance(value, list) else as_text(value)


def _piece(piece: Any) -> str:
    text, address = as_text(as_mapping(piece).get("text")), as_text(as_mapping(piece).get("href"))
    if isinstance(piece, str):
        return piece
    return f"{text} ({address})" if address and address != text else text


def _poll(value: Any) -> str:
    """The question of a poll, then a line for each option."""
    question, answers = _plain(as_mapping(value).get("question")), as_list(as_mapping(value).get("answers"))
    options = [_plain(as_mapping(answer).get("text")) for answer in answers]
    return "\n".join([question, *(f"– {option}" for option in options if clean(option))]) if clean(question) else ""


def _reactions(value: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in map(as_mapping, as_list(value)):
        # A custom emoji has no name in the export.
        name = clean(as_text(item.get("emoji"))) or clean(as_text(item.get("type")))
        count = item.get("count")
        if name and isinstance(count, int) and 0 < count < 10**9:
            counts[name] = counts.get(name, 0) + int(count)
    return counts
