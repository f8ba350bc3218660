"""Mail in mbox files: archives of mailing lists (Mailman, Pipermail, Google Groups) and mailboxes.

Format: https://www.rfc-editor.org/rfc/rfc4155 and RFC 5322. A file, or a folder or zip of such files. A list is a
channel (List-Id); mail without one goes to a channel with the name of the export, which is private if the mail came
from somebody's mailbox: it carries the traces of its delivery. A member is known by a hash of the address, so that no
address is shown; who has no name is called by what stands before the @. Quotes, signatures and automatic replies are
left out. A time without a zone is UTC.
"""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as EmailMessage
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import regex

from knowledge.importers.markup import html_text
from knowledge.importers.source import (
    Node,
    Options,
    clean,
    files_in,
    first_bytes,
    has_file,
    message_or_skip,
    open_export,
    own_name,
    raw_lines,
    record_or_skip,
    skipped,
)
from knowledge.messages import Channel, Member, Message, Record, Visibility

_MAX_MAIL = 1024 * 1024
"""Bytes of a mail that are read: its words come before its attachments."""
_MAX_HEADER = 1000
"""Characters of a header; the email package takes quadratic time for some."""
_MAX_NESTED = 10
"""Parts with parts of their own; the parser asks each of them about every line."""
_MAX_PARTS = 50
"""Parts that are looked into for the words."""
_DELIVERED = ("Delivered-To", "Received", "X-Gmail-Labels", "X-Received")
_NO_TEXTS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Codecs of Python that are no charsets of mail: punycode takes quadratic time."""
_PROGRAMS = frozenset({"mailer-daemon", "no-reply", "noreply", "do-not-reply", "donotreply", "postmaster"})

_SEPARATOR = regex.compile(rb"From .*\d\d:\d\d.*\d{4}")
_ESCAPED = regex.compile(rb">+From ")
"""A line that would begin a mail, as archives keep it."""
_FIRST = regex.compile(rb"\s*From [^\n]+\r?\n(?:>?[A-Za-z][A-Za-z0-9-]*:|>From )")
_BOUNDARY = regex.compile(rb"(?i)boundary\s*[*=]")
_ID = regex.compile(r"<([^<>\s]{1,300})>")
_LIST = regex.compile(r"([^<>]*)<([^<>\s]+)>")
_MUNGED = regex.compile(r"""['"]?(.{1,200}?)['"]? via .{1,200}""")
_ANSWER = regex.compile(r"(?i)(?:\s*(?:re|aw|sv|vs|fwd?|wg|tr|antw|odp|rv|res|enc|vl|ynt)(?:\[\d{1,3}\])?\s*:)+\s*")
# What begins the part below somebody's own words: a signature, the mail that is answered, the footer of a list.
_BELOW = regex.compile(r"--|-{4,} ?\p{Lu}[\p{L} ]*\p{Ll}[\p{L} ]*-{4,}|_{20,}|-----BEGIN PGP SIGNATURE-----")
_WROTE = regex.compile(
    r"(?i).*(?:\b(?:19|20)\d\d\b|\d{1,2}:\d\d|@| (?:wrote|writes|said|schrieb|écrit|escribió|escreveu|skrev|scrisse|"
    r"schreef|napisała?|пишет|писала?|написала?|نوشت|كتب|skryf|het geskryf|wabhala)\b).*[:：]"
)
# Outlook repeats the heads of the mail that it quotes whole, in the language of who answers.
_HEAD_FROM = regex.compile(r"(?i)\*?(?:from|von|de|från|od|van|fra|da|от|از|من) ?:\*?\s")
_HEAD_SUBJECT = regex.compile(
    r"(?i)\*?(?:subject|betreff|assunto|ämne|temat|onderwerp|emne|oggetto|objet|asunto|тема|موضوع|الموضوع) ?:\*?"
)
_HEAD = regex.compile(
    _HEAD_SUBJECT.pattern
    + r"|\*?(?:sent|date|to|cc|reply-to|gesendet|datum|an|enviad[oa](?: el| em)?|data|para|skickat|"
    r"till|kopia|wysłano|do|dw|gestuur|verzonden|aan|sendt|dato|til|inviato|a|envoyé|à|fecha|отправлено|дата|кому|"
    r"копия|ارسال|تاریخ|به|تم الإرسال|التاريخ|إلى) ?:\*?"
)
_OPENED = regex.compile(r"(?i)(?:on|am|le|el|em|op|il|den|på|dnia|w dniu|em|в)\b.*\d")
_CAME = regex.compile(r"\p{L}{3} \p{L}{3} {1,2}\d{1,2} \d.*")
_SIGNED = regex.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash: [^\n]*\n)*")


def recognises(path: Path) -> bool:
    return has_file(path, _is_mbox)


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield the mails in the order of the files, each list before its first mail, and at the end those who wrote."""
    archive = _Archive(clean(own_name(path.stem)) or "mail")
    file = None
    for file in filter(_is_mbox, files_in(open_export(path))):
        number = 0
        try:
            for number, (separator, data) in enumerate(_mails(file), start=1):
                yield from archive.records(f"{file.name}, mail {number}", separator, data)
        except ValueError as error:
            yield skipped(f"{file.name}, after mail {number}", f"broken file: {error}")
    if file is None:
        yield skipped(path.name, "no mbox file: it begins with “From ” and the headers of a mail")
    yield from archive.members(path.name)


def _is_mbox(file: Node) -> bool:
    return _FIRST.match(first_bytes(file, 4096)) is not None


def _mails(file: Node) -> Iterator[tuple[bytes, bytes]]:
    """Each mail as the line that separates it from the one before, and as much of it as is read.

    Raises ValueError like raw_lines, after the mail where the file breaks.
    """
    separator, kept, length = b"", list[bytes](), 0
    begins, after_blank, broken = True, True, None
    try:
        for line in raw_lines(file):
            if begins and after_blank and line.startswith(b"From ") and (not separator or _SEPARATOR.match(line)):
                if separator:
                    yield separator, b"".join(kept)
                separator, kept, length = line, [], 0
            elif separator and length < _MAX_MAIL:
                kept.append(line[1:] if begins and _ESCAPED.match(line) else line)
                length += len(line)
            after_blank = begins and not line.strip()
            begins = line.endswith(b"\n")
    except ValueError as error:
        broken = error
    if separator:
        yield separator, b"".join(kept)
    if broken is not None:
        raise broken


class _Short(Compat32):
    """How the email package reads a header: no more of it than anybody writes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_HEADER]


class _Mail(NamedTuple):
    headers: EmailMessage
    text: str
    is_report: bool


class _Sender(NamedTuple):
    id: str
    name: str
    is_bot: bool


class _Archive:
    """What is known across the mails: lists, members, threads, and how often an equal mail without an id came."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._channels: dict[str, Visibility] = {}
        self._members: dict[str, tuple[str, bool]] = {}
        self._threads: dict[str, str] = {}
        self._equals: Counter[str] = Counter()

    def records(self, place: str, separator: bytes, data: bytes) -> Iterator[Record]:
        read = _parsed(data)
        if read is None:
            yield skipped(place, "not readable as a mail")
            return
        mail = read.headers
        if read.is_report or _is_reply_of_a_program(mail):
            yield skipped(place, "an automatic reply or report")
            return
        at, sender = _time(mail, separator), _sender(mail)
        if at is None:
            yield skipped(place, "no valid time (Date)")
            return
        if sender is None:
            yield skipped(place, "no sender (From)")
            return
        text = _own_words(read.text)
        id_ = next(iter(_ids(mail, "Message-ID")), "") or self._made_up_id(sender.id, at.isoformat(), text)
        answered, thread = self._ancestors(mail, id_)
        channel = self._channel(place, mail)
        if channel is not None:
            yield channel
        self._members[sender.id] = (sender.name, sender.is_bot)
        record = message_or_skip(
            place,
            id=id_,
            channel=_list_of(mail)[0] or self._name,
            author=sender.id,
            text=text,
            at=at,
            thread=thread,
            reply_to=answered,
            title=_ANSWER.sub("", _header(mail, "Subject"), count=1) or None,
        )
        if isinstance(record, Message) and answered:
            self._threads[id_] = thread
        yield record

    def members(self, place: str) -> Iterator[Record]:
        for id_, (name, is_bot) in self._members.items():
            yield record_or_skip(place, Member, id=id_, name=name, is_bot=is_bot)

    def _made_up_id(self, *parts: str) -> str:
        """For a mail without an id: the same in a longer archive, and another for the next mail that says the same."""
        digest = _hash(*parts)
        self._equals[digest] += 1
        return f"{digest}-{self._equals[digest]}"

    def _ancestors(self, mail: EmailMessage, id_: str) -> tuple[str | None, str]:
        """The mail that this one answers, and the first of its thread."""
        references = [known for known in _ids(mail, "References") if known != id_]
        replied = [known for known in _ids(mail, "In-Reply-To") if known != id_]
        if not references and not replied:
            return None, id_
        first = (references or replied)[0]
        return (replied or references[-1:])[0], self._threads.get(first, first)

    def _channel(self, place: str, mail: EmailMessage) -> Record | None:
        """The channel of a mail when it is met for the first time, or is found to be private."""
        id_, name = _list_of(mail)
        visibility: Visibility = "private" if not id_ and any(header in mail for header in _DELIVERED) else "public"
        id_ = id_ or self._name
        if self._channels.get(id_) in (visibility, "private"):
            return None
        self._channels[id_] = visibility
        return record_or_skip(place, Channel, id=id_, name=name or id_, visibility=visibility)


def _parsed(data: bytes) -> _Mail | None:
    if len(_BOUNDARY.findall(data)) > _MAX_NESTED:
        return None
    try:
        mail = BytesParser(policy=_Short()).parsebytes(data)
        return _Mail(mail, _text(mail), mail.get_content_type() == "multipart/report")
    except Exception:  # noqa: BLE001  on a mail made to break it, the parser raises nearly anything
        return None


def _header(mail: EmailMessage, name: str) -> str:
    """A header in one line of text, whatever it was written in; nothing if it is missing."""
    raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    octets = raw.encode("utf-8", "surrogateescape")
    try:
        line = octets.decode()
    except UnicodeDecodeError:
        line = octets.decode("latin-1")
    line = " ".join(line.split())
    if "=?" in line:
        with suppress(HeaderParseError, ValueError):  # else as it stands
            line = "".join(_decoded(part, charset) for part, charset in decode_header(line))
    return " ".join(clean(line).split())


def _decoded(octets: bytes | str, charset: str | None) -> str:
    """Text in a charset; in one that nobody knows, as UTF-8 with signs for what is not."""
    if isinstance(octets, str):
        return octets
    try:
        # decode_header writes what was not encoded like this.
        name = "raw-unicode-escape" if charset is None else codecs.lookup(charset).name
        if charset is None or name not in _NO_TEXTS:
            return octets.decode(name, "replace")
    except (LookupError, ValueError):
        pass
    return octets.decode("utf-8", "replace")


def _ids(mail: EmailMessage, name: str) -> Sequence[str]:
    value = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    return [clean(id_) for id_ in _ID.findall(value)]


def _list_of(mail: EmailMessage) -> tuple[str, str]:
    """The id and the name of the list; the id is empty without a List-Id."""
    value = _header(mail, "List-Id")
    named = _LIST.search(value)
    if named is None:
        return value, value
    return named.group(2).lower(), named.group(1).strip(' "') or named.group(2)


def _is_reply_of_a_program(mail: EmailMessage) -> bool:
    return _header(mail, "Auto-Submitted").lower().startswith("auto-replied") or "X-Autoreply" in mail


def _time(mail: EmailMessage, separator: bytes) -> datetime | None:
    """When it was written, or when it came: the separator ends with that."""
    came = _CAME.search(separator.decode("ascii", "replace"))
    for value in (_header(mail, "Date"), *([came.group()] if came else [])):
        try:
            moment = parsedate_to_datetime(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError, IndexError):
            continue
    return None


def _sender(mail: EmailMessage) -> _Sender | None:
    name, address = _address(_header(mail, "From"))
    if not address:
        return None
    munged = _MUNGED.fullmatch(name)
    if munged:  # the list writes in the member's name; where it keeps the address is its habit
        name = munged.group(1)
        kept = (_address(_header(mail, header))[1] for header in ("X-Original-From", "X-Original-Sender", "Reply-To"))
        address = next((found for found in kept if found and found != address), f"{name} {address}")
    account = address.partition("@")[0]
    is_bot = account in _PROGRAMS or _header(mail, "Auto-Submitted").lower().startswith("auto-generated")
    return _Sender(_hash(address), name if name and "@" not in name else account, is_bot)


def _address(value: str) -> tuple[str, str]:
    """Name and address in lower case. Public archives hide the sign: anna at example.com (Anna)."""
    try:
        name, address = parseaddr(value.replace(" at ", "@", 1) if "@" not in value else value)
    except (RecursionError, ValueError, IndexError):
        return "", ""
    return " ".join(clean(name).split()), clean(address).lower()


def _text(mail: EmailMessage) -> str:
    """The words of a mail: its plain text, or what its HTML says."""
    plain, html = "", ""
    for part in islice(mail.walk(), _MAX_PARTS):
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        try:
            payload = part.get_payload(decode=True)
            words = _decoded(payload, part.get_content_charset() or "utf-8") if isinstance(payload, bytes) else ""
        except (ValueError, LookupError):
            continue
        if kind == "text/plain":
            plain = plain or words
        else:
            html = html or words
    if clean(plain):
        return plain
    return html_text(html, without=["blockquote", ".gmail_quote", ".gmail_signature", ".moz-cite-prefix"])


def _own_words(text: str) -> str:
    """Without what is quoted, the line that says whose it is, and what stands below a signature."""
    kept: list[str] = []
    lines = _SIGNED.sub("", clean(text), count=1).split("\n")
    for number, line in enumerate(lines):
        bare = line.strip()
        if _BELOW.fullmatch(bare) or (_HEAD_FROM.match(bare) and _is_head(lines[number : number + 12])):
            break
        if bare.startswith(">"):
            _drop_attribution(kept)
        else:
            kept.append(line.rstrip())
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_head(lines: Sequence[str]) -> bool:
    """Whether the line of a sender goes on with when, to whom and about what: the mail that is answered begins here."""
    below = [bare for line in lines[1:] if (bare := line.strip())]
    return all(map(_HEAD.match, below[:2])) and any(map(_HEAD_SUBJECT.match, below[1:5]))


def _drop_attribution(kept: list[str]) -> None:
    """Take “On … wrote:” off the end, which may be broken over two lines."""
    end = len(kept)
    while end and not kept[end - 1]:
        end -= 1
    for count in (2, 1):
        lines = kept[max(end - count, 0) : end]
        begins = count == 1 or (lines and all(lines) and _OPENED.match(lines[0]))
        if begins and _WROTE.fullmatch(" ".join(lines)[:500]):
            del kept[max(end - count, 0) :]
            return


def _hash(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:20]
