"""WhatsApp: an exported chat, the text file alone or in the folder or zip that a phone makes with its media.

Format: https://faq.whatsapp.com/1180414079177245. Phones write it in their language, order of dates and digits: the
order is told from the whole file, or by `Options.time_format`. Times have no zone and are taken as UTC. A group is
private by its nature, and so is its channel: the profile of the community can open it. A chat with one person, which
is called like that person, is never read.

Messages have no ids: author, time (as it is written) and place among the author's messages of that time make one,
without the text, so that what is edited or deleted later stays the same message. Media without a caption have no text.
Members are known by the names that the exporting phone has for them.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import regex

from knowledge.importers.chats import MadeUpIds
from knowledge.importers.local_time import LocalTime, month_first, plain, read_local_time
from knowledge.importers.source import (
    MAX_TEXT,
    Node,
    Options,
    clean,
    deleted_or_skip,
    files_in,
    first_bytes,
    has_file,
    message_or_skip,
    open_export,
    own_name,
    parse_time,
    read_lines,
    record_or_skip,
    skipped,
    told_once,
)
from knowledge.messages import Channel, Member, Message, Record

_MARK = "\u200e"
"""What iPhones, and for files Android, put before words that are WhatsApp's own."""
_HEAD = regex.compile(r"[\u200e\u200f\ufeff]*(?:\[([^\[\]]{8,45})\]|(\d[^\[\]]{6,45}?) [-–](?= )) ?(.*)", regex.DOTALL)
_SAYS = regex.compile(r"[\u200e\u200f\u202a-\u202e~\s]{0,9}([^:\n]{1,100}):(?: (.*)|$)", regex.DOTALL)
_QUOTES = regex.compile(r"[\"“”„«»]")
_NAME = regex.compile(
    r"[\p{L} ]{0,30}(?:WhatsApp|واتساب|واتساپ)(?:-\p{L}+)?(?: Chat| Gesprek)? (?:\p{L}{1,5}|-) (?=\S)"
)

_OMITTED = regex.compile(r"[<‹][\p{L}\p{M}\s\u200c'’./-]{3,60}[>›]|null|live location shared")
_OMITTED_ARABIC = regex.compile(r"\u200fلم يتم إدراج [\p{L}\p{M} ]{2,40}")
"""With a mark that people write as well, so that the words have to be known."""
_ATTACHED = regex.compile(r"\s{0,5}[\u200e\u200f]?[<‹][^<>‹›:\n]{2,40}: ?[^<>‹›\n]{1,200}\.\w{2,5}[>›]")
_FILE = regex.compile(r"\u200e?[^\n]{1,200}\.\w{2,5} \([\p{L}\p{M}]+ [\p{L}\p{M} ]{2,60}\)(?:\n|$)")
_POLL = regex.compile(r"[\p{Lu}\p{Lo} ]{3,30}:")
_OPTION = regex.compile(r"[\p{L}\p{M} ]{3,30}: (.{1,300}) \(\d+ [^()]{1,30}\)")

_DELETED = frozenset(
    {
        "this message was deleted",
        "you deleted this message",
        "this message was deleted by an admin",
        "you deleted this message as admin",
        "det här meddelandet har raderats",
        "det här meddelandet raderades",
        "detta meddelande raderades",
        "du raderade det här meddelandet",
        "du raderade detta meddelande",
        "du har tagit bort meddelandet",
        "ta wiadomość została usunięta",
        "usunięto tę wiadomość",
        "usunąłeś tę wiadomość",
        "usunęłaś tę wiadomość",
        "usunąłeś(-ęłaś) tę wiadomość",
        "usunąłeś(aś) tę wiadomość",
        "تم حذف هذه الرسالة",
        "لقد حذفت هذه الرسالة",
        "لقد حذَفت هذه الرسالة",
        "أنت حذفت هذه الرسالة",
        "لقد حذفت أنت هذه الرسالة",
        "حذفت هذه الرسالة",
        "این پیام حذف شد",
        "این پیام حذف شده است",
        "این پیام حذف شده\u200cاست",
        "شما این پیام را حذف کردید",
        "mensagem apagada",
        "esta mensagem foi apagada",
        "esta mensagem foi apagada pelo remetente",
        "você apagou esta mensagem",
        "apagou esta mensagem",
        "esta mensagem foi eliminada",
        "eliminou esta mensagem",
        "hierdie boodskap was uitgevee",
        "hierdie boodskap is uitgevee",
        "hierdie boodskap is geskrap",
        "hierdie boodskap is verwyder",
        "jy het boodskap uitgevee",
        "jy het hierdie boodskap uitgevee",
        "jy het hierdie boodskap geskrap",
        "lo mlayezo ususiwe",
        "lo mlayezo usuliwe",
        "ususe lo mlayezo",
        "usule lo mlayezo",
        "uwususile lo mlayezo",
        "se eliminó este mensaje",
        "este mensaje fue eliminado",
        "eliminaste este mensaje",
        "diese nachricht wurde gelöscht",
        "du hast diese nachricht gelöscht",
        "ce message a été supprimé",
        "vous avez supprimé ce message",
        "tu as supprimé ce message",
    }
)
"""What stands for a deleted message, in small letters and without its full stop."""
_DELETED_BY = "this message was deleted by admin "
"""Before the admin's name."""
_EDITED = regex.compile(
    r"\s{0,5}(?:[\u200e\u200f]<[\p{L}\p{M} \u200c'’.-]{3,60}>|<(?:This message was edited"
    r"|Det här meddelandet har redigerats|Det här meddelandet redigerades"
    r"|Ta wiadomość została zmieniona|Ta wiadomość była edytowana|Edytowano"
    r"|تم تعديل هذه الرسالة|این پیام ویرایش شد|این پیام ویرایش شده است|Esta mensagem foi editada|Mensagem editada"
    r"|Hierdie boodskap is gewysig|Hierdie boodskap is geredigeer|Lo mlayezo uhleliwe|Se editó este mensaje"
    r"|Diese Nachricht wurde bearbeitet|Ce message a été modifié)\.?>)\Z"
)


class _Head(NamedTuple):
    """The time that a line begins with, what of it is understood without a given format, and what follows it."""

    time: LocalTime | datetime
    written: LocalTime | None
    rest: str


class _Entry(NamedTuple):
    """What one time stands before: its line in the file, its head, and the lines of what is said."""

    line: int
    head: _Head
    lines: list[str]


def recognises(path: Path) -> bool:
    return has_file(path, _begins, _files)


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield each chat with its members and messages in the order of the file."""
    # With a format given, times may look like nothing we know.
    files = [file for file in _files(open_export(path)) if options.time_format is not None or _begins(file)]
    if not files:
        yield skipped(path.name, "no chat that WhatsApp exported")
    for file in files:
        yield from told_once(_records(file, _chat_name(file, path), options))


def _files(root: Node) -> Iterator[Node]:
    return (file for file in files_in(root) if file.name.lower().endswith(".txt"))


def _begins(file: Node) -> bool:
    """Whether the first line has a time, as all of them do."""
    first = first_bytes(file).decode("utf-8-sig", errors="replace").lstrip().partition("\n")[0]
    return _head(first, Options()) is not None


def _chat_name(file: Node, path: Path) -> str:
    """What the chat is called: iPhones say it in the name of the archive, others in that of the file."""
    own = Path(file.name).stem
    if own.strip("_").lower() == "chat":
        own = path.stem if path.is_file() and file.name != path.name else Path(str(file)).absolute().parent.name
    return clean(own_name(_NAME.sub("", own, count=1))) or "WhatsApp"


def _records(file: Node, chat: str, options: Options) -> Iterator[Record]:
    try:
        authors: set[str] = set()
        order = month_first(_survey(file, options, authors))
        if len(authors) <= 2 and chat in authors:
            yield skipped(file.name, "private message")
            return
        yield record_or_skip(file.name, Channel, id=chat, name=chat, visibility="private")
        ids = MadeUpIds()
        for entry in _entries(file, options):
            if isinstance(entry, _Entry):
                yield from _message(f"{file.name}, line {entry.line}", entry, chat, ids, order)
            else:
                yield entry
    except ValueError as error:
        yield skipped(file.name, f"broken file: {error}")


def _survey(file: Node, options: Options, authors: set[str]) -> Iterator[LocalTime]:
    """The times of the file; on the way, the first three who speak in it."""
    for _, line in read_lines(file):
        head = _head(line or "", options)
        if head is None:
            continue
        if len(authors) < 3 and (said := _says(head.rest)) is not None and not said[1].startswith(_MARK):
            authors.add(said[0])
        if isinstance(head.time, LocalTime):
            yield head.time


def _head(line: str, options: Options) -> _Head | None:
    match = _HEAD.fullmatch(line.rstrip())
    if match is None:
        return None
    text = plain(match.group(1) or match.group(2))
    written = read_local_time(text)
    try:
        time = written if options.time_format is None else parse_time(text, options)
    except ValueError:
        return None
    return _Head(time, written, str(match.group(3))) if time is not None else None


def _says(rest: str) -> tuple[str, str] | None:
    """Author and text; None for what WhatsApp itself tells, such as who joined."""
    match = _SAYS.fullmatch(rest)
    if match is None:
        return None
    author = clean(str(match.group(1)))
    # An odd quotation mark: the colon stands inside a name that is quoted, such as that of the group.
    return (author, match.group(2) or "") if author and len(_QUOTES.findall(author)) % 2 == 0 else None


def _entries(file: Node, options: Options) -> Iterator[_Entry | Record]:
    """What stands before each time. What is too long for a post is not kept whole."""
    entry, kept = None, 0
    for number, line in read_lines(file):
        place = f"{file.name}, line {number}"
        if line is None:
            yield skipped(place, "not UTF-8, or too long")
            continue
        head = _head(line, options)
        if head is not None:
            if entry is not None:
                yield entry
            entry, kept = _Entry(number, head, [head.rest]), len(line)
        elif entry is None:
            yield skipped(place, "before the first message")
        elif kept <= 2 * MAX_TEXT:
            entry.lines.append(line.rstrip("\r\n"))
            kept += len(line)
    if entry is not None:
        yield entry


def _message(place: str, entry: _Entry, chat: str, ids: MadeUpIds, order: bool) -> Iterator[Record]:
    said = _says("\n".join(entry.lines))
    time, written, _ = entry.head
    at = time if isinstance(time, datetime) else time.at(month_first=order)
    if said is None or at is None:
        yield skipped(place, "no valid time" if at is None else "written by WhatsApp itself")
        return
    author, words = said[0], said[1].rstrip()
    id_ = ids.of(chat, author, ((written and written.untold) or at).isoformat())
    fields: dict[str, Any] = {"id": id_, "channel": chat, "author": author, "at": at, "thread": id_}
    told = plain(words).rstrip(".").casefold()
    if told in _DELETED or told.startswith(_DELETED_BY):
        record = deleted_or_skip(place, **fields)
    elif poll := _poll(words):
        record = message_or_skip(place, text=poll, kind="poll", **fields)
    else:
        own = _EDITED.sub("", words)
        record = message_or_skip(place, text=_own_words(own), edited=None if own == words else at, **fields)
    if isinstance(record, Message):  # an iPhone lets the group itself say who joined
        yield record_or_skip(place, Member, id=author, name=author)
    yield record


def _own_words(words: str) -> str:
    """Without what WhatsApp writes in the place of media."""
    words = _FILE.sub("", _ATTACHED.sub("", words), count=1) if _FILE.match(words) else _ATTACHED.sub("", words)
    omitted = words.startswith(_MARK) or _OMITTED.fullmatch(plain(words)) or _OMITTED_ARABIC.fullmatch(words)
    return "" if omitted else words


def _poll(words: str) -> str:
    """The question of a poll, then a line for each option."""
    head, *lines = (plain(line) for line in words[: 2 * MAX_TEXT].strip().split("\n"))
    options = [match.group(1) for line in lines[1:] if (match := _OPTION.fullmatch(line)) is not None]
    return "\n".join([lines[0], *(f"– {option}" for option in options)]) if _POLL.fullmatch(head) and options else ""
