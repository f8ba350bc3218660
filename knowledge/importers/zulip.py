"""Zulip: the export of an organization, or messages as its API gives them and as the tool zulip-archive keeps them.

Formats: https://zulip.com/help/export-your-organization (realm.json and messages-000001.json …, in a folder, zip or
tar.gz), https://zulip.com/api/get-messages and https://github.com/zulip/zulip-archive. A topic is a thread: it begins
with the first of its messages that is in the export, and who quotes a message answers it. Direct messages are never
read. A channel by invitation only is private; messages of the API do not say that of their channel.
"""

import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from urllib.parse import unquote

import regex

from knowledge.importers.markup import html_text
from knowledge.importers.source import (
    MAX_STREAM,
    UNREADABLE,
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
    readable_links,
    record_or_skip,
    skipped,
    stream_json,
    top_folders,
)
from knowledge.messages import Channel, Kind, Member, Message, Record

_PAGE = regex.compile(r"messages-\d{1,9}\.json(\.partial)?")
_USERS = ("zerver_userprofile", "zerver_userprofile_crossrealm", "zerver_userprofile_mirrordummy")
_STREAM = 2
"""The type of recipient that is a channel (1 is a person, 3 a group of them)."""
_ROLES: Mapping[int, str] = {100: "owner", 200: "administrator", 300: "moderator", 600: "guest"}
"""https://zulip.com/api/roles-and-permissions; all others are members."""
_STAFF = frozenset({"owner", "administrator", "moderator"})
_HOUSE = frozenset({"notification-bot", "welcome-bot", "Notification Bot", "Welcome Bot"})
"""Accounts by which Zulip tells what happened: a topic was moved, a channel made."""

_MENTION = regex.compile(r"([@#])_?\*{1,2}([^*|\n]{1,100})(?:\|\d{1,20})?\*{1,2}")
_UPLOAD = regex.compile(r"!?\[([^\[\]\n]{0,300})\]\(/user_uploads/[^()\s]{1,500}\)")
_FILE_NAME = regex.compile(r".*\.\w{2,5}")
_QUOTED = regex.compile(r"\]\(\S{0,500}/near/(\d{1,20})\S{0,100}\):$")
_QUOTED_HTML = regex.compile(r'/near/(\d{1,20})[^"<>]{0,100}"[^<>]{0,300}>[^<>]{0,100}</a>:</p>\s{0,9}<blockquote>')
_FENCE = regex.compile(r"(`{3,}|~{3,})\s*(.*)")

Fields = Mapping[str, Any]


def recognises(path: Path) -> bool:
    return _export(path) is not None or has_file(path, _is_page)


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield members, channels and then the messages; of the API's messages, those who wrote come at the end."""
    export = _export(path)
    yield from _API(path).records() if export is None else _Organization(export).records()


class _Export(NamedTuple):
    realm: Node
    pages: Sequence[Node]


def _export(path: Path) -> _Export | None:
    """The parts of an organization's export, at the top or in the folders there."""
    begun = first_bytes(path, 300) if path.is_file() else b""
    is_tar = begun.startswith(b"\x1f\x8b") or begun[257:262] == b"ustar"
    parts = {part.name: part for part in (_tar_parts(path) if is_tar else _parts(open_export(path)))}
    realm = parts.pop("realm.json", None)
    return _Export(realm, [parts[name] for name in sorted(parts)]) if realm is not None and parts else None


def _is_part(name: str) -> bool:
    return name == "realm.json" or _PAGE.fullmatch(name) is not None


def _parts(node: Node) -> Iterator[Node]:
    for folder in top_folders(node):
        yield from (file for file in folder.iterdir() if _is_part(file.name) and file.is_file())


@dataclass(frozen=True)
class _TarPart:
    """A file in a tar archive, with what is asked of a node that is read as a stream."""

    archive: tarfile.TarFile
    info: tarfile.TarInfo

    @property
    def name(self) -> str:
        return Path(self.info.name).name

    @property
    def st_size(self) -> int:
        return self.info.size

    def stat(self) -> "_TarPart":
        return self

    def open(self, mode: str) -> IO[bytes]:
        file = self.archive.extractfile(self.info)
        assert file is not None  # only of what is no file
        return file


class _Frugal:
    """A file that hands out little at once: tarfile reads a header whole, however long it says it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek, self.tell, self.seekable, self._file = file.seek, file.tell, file.seekable, file

    def read(self, count: int) -> bytes:
        if not 0 <= count <= 2**22:
            raise ValueError("a header without end")
        return self._file.read(count)


def _tar_parts(path: Path) -> Iterator[Node]:
    """The parts in a tar archive, up to where it breaks. Nothing is unpacked to disk."""
    begun = first_bytes(path, 2)
    file = cast(IO[bytes], GzipFile(path)) if begun == b"\x1f\x8b" else path.open("rb")
    try:
        archive = tarfile.TarFile(fileobj=cast(IO[bytes], _Frugal(file)))
        passed = -1
        while (info := archive.next()) is not None and passed < info.offset < MAX_STREAM and info.size >= 0:
            passed = info.offset
            archive.members = []  # type: ignore[attr-defined]  # an export has as many files as its members sent
            if info.isreg() and _is_part(Path(info.name).name) and info.name.count("/") <= 2:
                yield cast(Node, _TarPart(archive, info))
    except (tarfile.TarError, OverflowError, ValueError, *UNREADABLE):
        return


class _Organization:
    """The export of an organization."""

    def __init__(self, export: _Export) -> None:
        self._export = export
        self._house: set[str] = set()
        self._members: set[str] = set()
        self._topics = _Topics()

    def records(self) -> Iterator[Record]:
        yield from self._users()
        yield from self._channels()
        channels = {
            _key(row.get("id")): _key(row.get("type_id"))
            for row in self._rows("zerver_recipient")
            if row.get("type") == _STREAM
        }
        reactions: dict[str, Counter[str]] = defaultdict(Counter)
        for row in self._rows("zerver_reaction"):
            reactions[_key(row.get("message"))][clean(as_text(row.get("emoji_name")))] += 1
        for page in self._export.pages:
            number = 0
            try:
                for number, item in enumerate(stream_json(page, "zerver_message.item"), start=1):
                    place = f"{page.name}, message {number}"
                    yield from self._message(place, as_mapping(item), channels, reactions)
            except (ValueError, tarfile.TarError) as error:
                yield skipped(f"{page.name}, after message {number}", f"broken file: {error}")

    def _rows(self, table: str) -> Iterator[Fields]:
        try:
            yield from map(as_mapping, stream_json(self._export.realm, f"{table}.item"))
        except (ValueError, tarfile.TarError):
            return  # told once, where the channels are read

    def _users(self) -> Iterator[Record]:
        for row in (row for table in _USERS for row in self._rows(table)):
            id_, role = _key(row.get("id")), row.get("role")
            if not id_ or id_ in self._members:
                continue
            self._members.add(id_)
            account = _account(row.get("delivery_email") or row.get("email"))
            if account in _HOUSE:
                self._house.add(id_)
            roles = (_ROLES[role],) if isinstance(role, int) and role in _ROLES else ()
            yield record_or_skip(
                self._export.realm.name,
                Member,
                id=id_,
                name=clean(as_text(row.get("full_name"))) or id_,
                joined=as_moment(row.get("date_joined")),
                is_bot=row.get("is_bot") is True or account.endswith("-bot") or row.get("bot_type") is not None,
                is_staff=not _STAFF.isdisjoint(roles),
                roles=roles,
            )

    def _channels(self) -> Iterator[Record]:
        name = self._export.realm.name
        try:
            for item in stream_json(self._export.realm, "zerver_stream.item"):
                row = as_mapping(item)
                id_, called = _key(row.get("id")), clean(as_text(row.get("name")))
                visibility = "public" if row.get("invite_only") in (False, None) else "private"
                if not id_ or not called:
                    yield skipped(name, "channel without id or name")
                else:
                    yield record_or_skip(name, Channel, id=id_, name=f"#{called}", visibility=visibility)
        except (ValueError, tarfile.TarError) as error:
            yield skipped(name, f"broken file: {error}")

    def _message(
        self, place: str, item: Fields, channels: Mapping[str, str], reactions: Mapping[str, Counter[str]]
    ) -> Iterator[Record]:
        id_, author, channel = _key(item.get("id")), _key(item.get("sender")), channels.get(_key(item.get("recipient")))
        if channel is None:
            yield skipped(place, "direct message, or of no listed channel")
            return
        if author in self._house:
            yield skipped(place, "written by Zulip itself")
            return
        if author and author not in self._members:
            self._members.add(author)
            yield record_or_skip(place, Member, id=author, name=author)
        yield self._topics.message(
            place,
            id=id_,
            channel=channel,
            author=author,
            at=item.get("date_sent"),
            edited=item.get("last_edit_time"),
            topic=item.get("subject"),
            said=_markdown(as_text(item.get("content"))),
            reactions=dict(reactions.get(id_, {})),
        )


class _API:
    """Messages of the API: a response, a list, or a folder or zip of such files, one for each topic."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._channels: set[str] = set()
        self._members: dict[str, tuple[str, bool]] = {}
        self._topics = _Topics()

    def records(self) -> Iterator[Record]:
        file = None
        for file in filter(_is_page, files_in(open_export(self._path))):
            is_list = first_bytes(file, 16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
            number = 0
            try:
                for number, item in enumerate(stream_json(file, "item" if is_list else "messages.item"), start=1):
                    yield from self._message(f"{file.name}, message {number}", as_mapping(item), Path(str(file)))
            except ValueError as error:
                yield skipped(f"{file.name}, after message {number}", f"broken file: {error}")
        if file is None:
            yield skipped(self._path.name, "neither realm.json with messages nor messages of the API")
        for id_, (name, is_bot) in self._members.items():
            yield record_or_skip(self._path.name, Member, id=id_, name=name, is_bot=is_bot)

    def _message(self, place: str, item: Fields, file: Path) -> Iterator[Record]:
        kind, recipient = item.get("type"), item.get("display_recipient")
        if (kind not in (None, "stream", "channel")) or isinstance(recipient, list):
            yield skipped(place, "direct message")
            return
        name = clean(as_text(item.get("sender_full_name")))
        author, account = _key(item.get("sender_id")) or name, _account(item.get("sender_email"))
        if account in _HOUSE or (not account and name in _HOUSE):
            yield skipped(place, "written by Zulip itself")
            return
        # zulip-archive keeps channel and topic in the names of folder and file, written as in Zulip's addresses.
        stream, _, called = file.parent.name.partition("-")
        channel = clean(as_text(recipient)) or _unescaped(called or stream)
        channel_id = _key(item.get("stream_id")) or (channel if recipient else stream)
        if channel_id and channel_id not in self._channels:
            self._channels.add(channel_id)
            yield record_or_skip(place, Channel, id=channel_id, name=f"#{channel}")
        if author:
            self._members[author] = (name or author, account.endswith("-bot"))
        content = as_text(item.get("content"))
        is_html = item.get("content_type") == "text/html" or content.lstrip().startswith("<")
        yield self._topics.message(
            place,
            id=_key(item.get("id")),
            channel=channel_id,
            author=author,
            at=item.get("timestamp"),
            edited=item.get("last_edit_timestamp"),
            topic=item["subject"] if "subject" in item else _unescaped(file.stem),
            said=_html(content) if is_html else _markdown(content),
            reactions=_reactions(item.get("reactions")),
        )


def _is_page(file: Node) -> bool:
    begun = first_bytes(file) if file.name.lower().endswith(".json") else b""
    return all(sign in begun for sign in (b'"sender_full_name"', b'"timestamp"', b'"content"'))


class _Said(NamedTuple):
    """The words of a message without what it quotes, and the id of the message that it quotes first."""

    text: str
    quoted: str | None


class _Topics:
    """The first message of each topic; names of topics differ in more than case."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}

    def message(self, place: str, *, topic: Any, said: _Said, at: Any, edited: Any, **fields: Any) -> Record:
        """A message of its topic, or a Skipped that says why not."""
        began, changed, title = as_moment(at), as_moment(edited), clean(as_text(topic))
        if began is None:
            return skipped(place, "no valid time")
        if not (fields["id"] and fields["author"] and fields["channel"]):
            return skipped(place, "no id, author or channel")
        first = self._first.get((fields["channel"], title.lower()), fields["id"])
        answered = said.quoted or first
        fields |= {
            "at": began,
            "thread": first,
            "reply_to": answered if answered != fields["id"] else None,
            "edited": changed if changed and changed > began else None,
        }
        if said.text == "(deleted)":  # what Zulip writes where a member has emptied a message
            record = deleted_or_skip(place, **fields)
        else:
            text, kind = _poll(said.text)
            record = message_or_skip(place, **fields, text=text, kind=kind, title=title or None)
        if isinstance(record, Message):
            self._first.setdefault((record.channel, title.lower()), record.id)
        return record


def _key(value: object) -> str:
    return clean(as_text(value))


def _account(address: object) -> str:
    return as_text(address).partition("@")[0]


def _unescaped(name: str) -> str:
    """Zulip writes % as a dot: https://github.com/zulip/zulip-archive, lib/common.py."""
    return clean(unquote(name.replace(".", "%")))


def _reactions(value: Any) -> dict[str, int]:
    """The API lists a reaction once for each member."""
    named = (clean(as_text(as_mapping(item).get("emoji_name"))) for item in as_list(value))
    return dict(Counter(filter(None, named)))


def _poll(text: str) -> tuple[str, Kind]:
    """A poll is a command with a question and an option a line: https://zulip.com/help/create-a-poll."""
    command, *options = text.split("\n")
    if not command.startswith("/poll "):
        return text, "post"
    return "\n".join(
        [command.removeprefix("/poll ").strip(), *(f"– {o.strip()}" for o in options if o.strip())]
    ), "poll"


def _html(content: str) -> _Said:
    quoted = _QUOTED_HTML.search(content)
    text = html_text(content, without=["p:has(> .user-mention.silent):has(+ blockquote)", "blockquote"])
    return _Said(text, quoted.group(1) if quoted else None)


def _markdown(content: str) -> _Said:
    """Without blocks of quotes, which run to a closing fence or to the end, and the lines that say whose they are."""
    kept: list[str] = []
    quoted, fence = None, ""
    for line in clean(content).split("\n"):
        if fence:
            fence = "" if line.strip() == fence else fence
            continue
        opened = _FENCE.fullmatch(line.strip())
        if opened is None or opened.group(2).strip() != "quote":
            kept.append(line)
            continue
        fence = opened.group(1)
        if kept and (source := _QUOTED.search(kept[-1])):
            quoted = quoted or source.group(1)
            kept.pop()
    text = _UPLOAD.sub(lambda m: "" if _FILE_NAME.fullmatch(m.group(1)) else m.group(1), "\n".join(kept))
    return _Said(readable_links(_MENTION.sub(r"\1\2", text)).strip(), quoted)
