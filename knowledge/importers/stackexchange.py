"""Stack Exchange data dump: Posts.xml, with Users.xml and Comments.xml where they lie in the same folder or zip.

Format: https://meta.stackexchange.com/q/2677. Questions (PostTypeId 1) and answers (2) are read; other posts are wikis
and notes of the site itself. A comment answers the post that it stands under. Times have no zone; they are UTC. The
dump does not say which site it is of, so posts have no address.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from knowledge.importers.markup import html_text
from knowledge.importers.source import (
    MAX_TEXT,
    UNREADABLE,
    Node,
    Options,
    as_moment,
    beside,
    check_size,
    clean,
    deleted_or_skip,
    first_bytes,
    message_or_skip,
    open_export,
    readable_links,
    record_or_skip,
    skipped,
    top_files,
)
from knowledge.messages import ANONYMOUS, Channel, Member, Record

_QUESTION, _ANSWER = "1", "2"
_CHANNEL = "questions"
_COMMUNITY_USER = "-1"
"""Edits and asks in the name of the site: https://meta.stackexchange.com/q/19738"""
_MAX_ROW = 20 * MAX_TEXT
"""Bytes of a row: a text of which every character is escaped, and then some."""
_DEEPEST = 5
"""Elements inside one another; a dump has two."""

Row = Mapping[str, str]


def recognises(path: Path) -> bool:
    return _posts(open_export(path)) is not None


def read(path: Path, options: Options) -> Iterator[Record]:
    """Yield the questions and answers, the comments on them, and at the end those who wrote."""
    posts = _posts(open_export(path))
    if posts is None:
        yield skipped(path.name, "no Posts.xml")
        return
    yield Channel(id=_CHANNEL, name="Questions")
    accepted, questions = _first_look(posts)
    authors: dict[str, str] = {}
    for place, row in _rows(posts):
        yield skipped(place, row) if isinstance(row, str) else _post(place, row, accepted, authors)
    for place, row in _rows(beside(posts, "Comments.xml")):
        yield skipped(place, row) if isinstance(row, str) else _comment(place, row, questions, authors)
    yield from _members(beside(posts, "Users.xml"), authors)


def _posts(node: Node) -> Node | None:
    """The file itself, or the first Posts.xml at the top of a folder or zip or in the folders there."""
    if node.is_file():
        begun = first_bytes(node)
        return node if b"<posts" in begun and b"PostTypeId=" in begun else None
    return next((file for file in top_files(node, "Posts.xml") if b"<posts" in first_bytes(file)), None)


def _first_look(posts: Node) -> tuple[frozenset[str], Mapping[str, str]]:
    """The ids of accepted answers, which the questions name; and if there are comments, the question of each post."""
    accepted: set[str] = set()
    questions: dict[str, str] = {}
    commented = beside(posts, "Comments.xml").is_file()
    for _, row in _rows(posts):
        if isinstance(row, str):
            continue
        if "AcceptedAnswerId" in row:
            accepted.add(row["AcceptedAnswerId"])
        if commented and row.get("PostTypeId") in (_QUESTION, _ANSWER) and row.get("Id"):
            questions[row["Id"]] = row.get("ParentId") or row["Id"]
    return frozenset(accepted), questions


def _rows(file: Node) -> Iterator[tuple[str, Row | str]]:
    """Each row with its place, or why the file cannot be read further; nothing of a file that is not there."""
    if not file.is_file():
        return
    number = 0
    try:
        check_size(file)
        with file.open("rb") as opened:
            for number, row in enumerate(_elements(_Careful(opened)), start=1):
                yield f"{file.name}, row {number}", row
    except (ParseError, DefusedXmlException, ValueError, LookupError, *UNREADABLE) as error:
        yield f"{file.name}, after row {number}", f"broken file: {error or type(error).__name__}"


def _elements(file: "_Careful") -> Iterator[Row]:
    depth, root = 0, Element("")
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            root = root if depth else element
            depth += 1
            if depth > _DEEPEST:
                raise ValueError("nested too deep")
            continue
        depth -= 1
        if element.tag == "row":
            yield dict(element.attrib)
        if depth <= 1:
            root.clear()  # also of the rows before, which the parser would keep


class _Careful:
    """A dump that refuses what would fill the parser's memory before it says anything: a row, a comment without end.

    In well-formed XML a “<” only ever begins something, and a dump begins nothing but rows.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._last = b""
        self._since = 0
        self._at_start = True

    def read(self, count: int = -1) -> bytes:
        data = self._file.read(count)
        joined = self._last + data
        # Only the very first “<?” is the head of an XML file, perhaps behind a BOM.
        if b"<!" in joined or b"\0" in data or joined.rfind(b"<?") > (3 if self._at_start else -1):
            raise ValueError("a declaration, instruction or comment, or not UTF-8")
        self._at_start = self._at_start and not data
        begun = joined.rfind(b"<")
        self._since = len(joined) - begun if begun >= 0 else self._since + len(data)
        if self._since > _MAX_ROW:
            raise ValueError("a row without end")
        self._last = data[-1:]
        return data


def _post(place: str, row: Row, accepted: frozenset[str], authors: dict[str, str]) -> Record:
    kind, id_ = row.get("PostTypeId"), clean(row.get("Id", ""))
    if kind not in (_QUESTION, _ANSWER):
        return skipped(place, "neither a question nor an answer")
    question = clean(row.get("ParentId", "")) if kind == _ANSWER else id_
    if not id_ or not question:
        return skipped(place, "no Id or ParentId")
    at, edited = as_moment(row.get("CreationDate")), as_moment(row.get("LastEditDate"))
    if at is None:
        return skipped(place, "no valid time (CreationDate)")
    fields: dict[str, Any] = {
        "id": id_,
        "channel": _CHANNEL,
        "author": _author(row.get("OwnerUserId"), row.get("OwnerDisplayName"), authors),
        "at": at,
        "thread": question,
        "reply_to": question if kind == _ANSWER else None,
        "edited": edited if edited and edited > at else None,
    }
    if row.get("DeletionDate"):
        return deleted_or_skip(place, **fields)
    return message_or_skip(
        place,
        **fields,
        text=html_text(row.get("Body", "")),
        title=clean(row.get("Title", "")) or None,
        accepted=kind == _ANSWER and id_ in accepted,
        reactions=_score(row),
    )


def _comment(place: str, row: Row, questions: Mapping[str, str], authors: dict[str, str]) -> Record:
    id_, post = clean(row.get("Id", "")), row.get("PostId", "")
    at = as_moment(row.get("CreationDate"))
    if not id_ or post not in questions:
        return skipped(place, "a comment on a post that is not in the export")
    if at is None:
        return skipped(place, "no valid time (CreationDate)")
    return message_or_skip(
        place,
        id=f"comment-{id_}",
        channel=_CHANNEL,
        author=_author(row.get("UserId"), row.get("UserDisplayName"), authors),
        text=readable_links(row.get("Text", "")),
        at=at,
        thread=clean(questions[post]),
        reply_to=clean(post),
        reactions=_score(row),
    )


def _author(id_: str | None, name: str | None, authors: dict[str, str]) -> str:
    """The id of an author, remembered with what is known of the name: of deleted accounts the dump keeps only that."""
    known = clean(name or "")
    author = clean(id_ or "") or known or ANONYMOUS
    authors[author] = known or authors.get(author) or (f"user {author}" if id_ else author)
    return author


def _score(row: Row) -> dict[str, int]:
    score = row.get("Score", "")
    return {"score": int(score)} if score.isascii() and score.isdecimal() and 0 < len(score) < 10 and int(score) else {}


def _members(users: Node, authors: dict[str, str]) -> Iterable[Record]:
    """Those who wrote, under the names of Users.xml where it lists them."""
    for place, row in _rows(users):
        if isinstance(row, str):
            yield skipped(place, row)
            continue
        id_ = clean(row.get("Id", ""))
        if id_ in authors:
            fallback = authors.pop(id_)
            name = clean(row.get("DisplayName", "")) or fallback
            yield _member(place, id_, name, joined=as_moment(row.get("CreationDate")))
    for id_, name in authors.items():
        yield _member("Posts.xml", id_, name)


def _member(place: str, id_: str, name: str, **more: Any) -> Record:
    return record_or_skip(place, Member, id=id_, name=name, is_bot=id_ == _COMMUNITY_USER, **more)
