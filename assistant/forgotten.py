"""Recognises who asked to be forgotten, by keyed digests alone: in an import, and wherever their traces may lie."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple, TypeVar
from unicodedata import normalize

import regex

from assistant.domain import Decision, Draft, Opportunity, Plan
from knowledge.messages import Channel, Contents, Message

R = TypeVar("R", Message, Channel, Contents)

REDACTED = "[forgotten]"
"""What stands where somebody was named."""
LONGEST_NAME = 6
"""Words of a name that are compared."""
RUN = 8
"""Words in a row that nobody writes twice by chance."""
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_PART = regex.compile(r"[^\s\[\]{},;:'\"]+")
_SHORTEST_TEXT = 20
"""Characters of a text shorter than a run from which it is somebody's own."""
_SHORTEST_HANDLE = 4
"""Characters of a name with digits from which it is no ordinary word, in whatever letter case."""
_LONG_ID = 8
"""Characters of an id that is looked for anywhere in a file, not only where a whole value stands."""


class Marks:
    """Digests of what names forgotten members (ids, names, the ids of their messages), made with a key (BLAKE2b).

    They tell whether a given id or name is one of theirs; without the key, and a guess, they tell nothing. A name is
    found in a text as a whole in any letter case, after an @, and by each of its words that was marked as telling.
    """

    def __init__(self, key: bytes = b"", digests: Iterable[str] = ()) -> None:
        self.key = key
        self.digests = frozenset(digests)
        self._begins: dict[str, bool] = {}

    def of(self, sort: str, value: str) -> str:
        """The digest of a value of one sort: the same text as an id and as a name has two."""
        return blake2b(f"{sort}\x1f{value}".encode(), key=self.key, digest_size=16).hexdigest()

    def of_name(self, name: str, telling: Collection[str]) -> set[str]:
        """The digests by which a name is found. `telling` are those of its words that name nobody else, as written."""
        parts = _WORD.findall(_plain(name))[:LONGEST_NAME]
        if not parts:
            return set()
        whole = _folded(parts)
        found = {self.of("begins", parts[0].casefold()), self.of("mention", whole)}
        if len(parts) > 1 or (len(whole) >= _SHORTEST_HANDLE and any(map(str.isdigit, whole))):
            found.add(self.of("name", whole))
        for word in {*parts} & {*telling}:
            found |= {self.of("begins", word.casefold()), self.of("word", word), self.of("word", _capital(word))}
        return found

    def has(self, sort: str, value: str) -> bool:
        return bool(self.digests) and self.of(sort, value) in self.digests

    def names(self, text: str) -> bool:
        """Whether a text names one of them."""
        return self.redacted(text) != text

    def redacted(self, text: str) -> str:
        """The text without their names."""
        if not self.digests:
            return text
        words = list(_WORD.finditer(text))
        result, position, number = [], 0, 0
        while number < len(words):
            length, start = self._name_at(text, words, number), words[number].start()
            if length:
                start -= text[start - 1 : start] == "@"
                result += [text[position:start], REDACTED]
                position = words[number + length - 1].end()
            number += length or 1
        return "".join([*result, text[position:]])

    def _name_at(self, text: str, words: "Sequence[regex.Match[str]]", number: int) -> int:
        """How many words from this one on are a name; 0 where none is."""
        first = _plain(words[number].group())
        if not self._may_begin(first.casefold()):
            return 0
        parts = [_plain(word.group()) for word in words[number : number + LONGEST_NAME]]
        mention = text[words[number].start() - 1 : words[number].start()] == "@"
        for length in range(len(parts), 0, -1):
            whole = _folded(parts[:length])
            if self.has("name", whole) or (mention and self.has("mention", whole)):
                return length
        return int(self.has("word", first) or self.has("word", first[:1] + first[1:].casefold()))

    def _may_begin(self, word: str) -> bool:
        if word not in self._begins:
            if len(self._begins) > 100_000:  # memory stays flat
                self._begins.clear()
            self._begins[word] = self.has("begins", word)
        return self._begins[word]

    def redact(self, record: R) -> R:
        """A record of somebody else without their names, ids and titles; where it stands is kept, under another id."""
        if not self.digests:
            return record
        changes: dict[str, object]
        if isinstance(record, Channel):
            changes = {"id": self._place(record.id), "name": self.redacted(record.name)}
        elif isinstance(record, Contents):
            changes = {"thread": self._message(record.thread), "ids": tuple(map(self._message, record.ids))}
        else:
            theirs = self.has("message", record.thread)
            changes = {
                "id": self._message(record.id),
                "text": self.redacted(record.text),
                # The title of a thread is its first author's, whatever message carries it.
                "title": None if theirs or record.title is None else self.redacted(record.title),
                "url": None if record.url is not None and self.names(record.url) else record.url,
                "reactions": {name: n for name, n in record.reactions.items() if not self.names(name)},
                "channel": self._place(record.channel),
                "thread": self._message(record.thread),
                "reply_to": self._message(record.reply_to) if record.reply_to else record.reply_to,
            }
        return record.model_copy(update=changes)

    def _message(self, id_: str) -> str:
        """The id of a message, without theirs: an answer may be called after what it answers (`ID#answer`)."""
        if self.has("message", id_):
            return self._instead(id_)
        base, mark, rest = id_.rpartition("#")
        return f"{self._instead(base)}{mark}{rest}" if mark and self.has("message", base) else id_

    def _place(self, id_: str) -> str:
        """A channel may be named after its only guest: a chat of two, an account."""
        return self._instead(id_) if (is_telling(id_) and self.has("member", id_)) or self.names(id_) else id_

    def _instead(self, id_: str) -> str:
        return f"forgotten-{self.of('instead', id_)}"


class Trace(NamedTuple):
    """What identifies somebody: member ids and names, the messages they wrote, and those of others that name them, in
    their words or by their id. `marks` recognise them without all that.
    """

    ids: frozenset[str]
    names: frozenset[str]
    written: Mapping[str, Message]
    named_in: Mapping[str, Message]
    marks: Marks


class Search:
    """Looks for somebody's traces in what lies outside the tables of messages: drafts, files."""

    def __init__(self, trace: Trace) -> None:
        self._marks = trace.marks
        self._posts = {
            *trace.written,
            *(id_ for id_, post in trace.named_in.items() if trace.marks.redact(post).id != id_),
        }
        own = [message for message in trace.written.values() if not message.deleted]
        ids = {*trace.ids, *self._posts, *(message.url or "" for message in own)}
        self._ids = frozenset(filter(is_telling, ids))
        texts = [_words(text) for message in own for text in (message.text, message.title or "")]
        self._runs = frozenset(run for words in texts for run in _runs(words))
        short = (" ".join(words) for words in texts if len(words) < RUN)
        self._short = frozenset(text for text in short if len(text) >= _SHORTEST_TEXT)

    def concerns(self, item: Opportunity | Plan | Draft | Decision | str) -> bool:
        """Whether it is about one of their posts, rests on one, names or quotes them."""
        return not self._posts.isdisjoint(_rests_on(item)) or any(map(self.finds_text, _says(item)))

    def finds(self, value: object) -> bool:
        """Whether there is a trace in a JSON value, or anywhere in it."""
        if isinstance(value, str):
            _, _, reference = value.partition(":")
            return reference in self._posts or self.finds_text(value)
        if isinstance(value, Mapping):
            return not self._ids.isdisjoint(value) or any(map(self.finds, value.values()))
        if isinstance(value, list | tuple):
            return any(map(self.finds, value))
        return isinstance(value, int) and str(value) in self._ids

    def finds_text(self, text: str) -> bool:
        """Whether a text is an id of theirs, names or quotes them."""
        return text in self._ids or self._marks.names(text) or self.quotes(text)

    def quotes(self, text: str) -> bool:
        """Whether a text repeats theirs: eight words in a row, or all of a shorter one."""
        words = _words(text) if self._runs or self._short else []
        return " ".join(words) in self._short or not self._runs.isdisjoint(_runs(words))

    def finds_line(self, line: str) -> bool:
        """Whether there is a trace in a line of a file for people, in which ids stand between marks."""
        return self.finds_text(line) or not self._ids.isdisjoint(_PART.findall(line))

    def finds_within(self, text: str) -> bool:
        """Whether there is a trace anywhere in the text of a file."""
        return any(id_ in text for id_ in self._long) or self.finds_text(text)

    @cached_property
    def _long(self) -> frozenset[str]:
        return frozenset(id_ for id_ in self._ids if len(id_) >= _LONG_ID)


def _rests_on(item: Opportunity | Plan | Draft | Decision | str) -> Iterator[str]:
    """The ids of the posts that it is about."""
    if isinstance(item, Opportunity):
        yield from (*item.posts, item.id.partition(":")[2], (item.incident or "").partition(":")[2])
    elif isinstance(item, Plan):
        yield from (id_.partition(":")[2] for id_ in (item.subject, *(evidence.id for evidence in item.evidence)))
    elif isinstance(item, Draft):
        yield from _rests_on(item.plan)
        yield from (id_.partition(":")[2] for segment in item.segments for id_ in segment.evidence)


def _says(item: Opportunity | Plan | Draft | Decision | str) -> Iterator[str]:
    """Its words, without those of the program: a member may be called “reply”."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, Opportunity):
        yield from (item.title, item.topic or "")
    elif isinstance(item, Plan):
        yield from (item.subject, item.title, *item.notes)
        yield from (value for move in item.moves for value in move.slots.values() if value)
        yield from (
            text for evidence in item.evidence for text in (evidence.text, evidence.author, evidence.channel) if text
        )
    elif isinstance(item, Draft):
        yield from _says(item.plan)
        yield from (segment.text for segment in item.segments)
        yield from (finding.message for finding in item.findings)
    else:
        yield item.reason or ""
        yield from (text for change in item.changes for text in (change.before, change.after))


def telling_words(names: Collection[str], others: Iterable[str], ordinary: Collection[str]) -> set[str]:
    """The words of names by which somebody is known: three letters or more, no ordinary word, in nobody else's name."""
    shared = {word.casefold() for name in others for word in _WORD.findall(_plain(name))}
    parts = {word for name in names for word in _WORD.findall(_plain(name))[:LONGEST_NAME]}
    return {
        word
        for word in parts
        if len(word) >= 3 and not word.isdigit() and word.casefold() not in shared and _capital(word) not in ordinary
    }


def is_telling(id_: str) -> bool:
    """Whether an id is hardly anything else: short numbers are."""
    return len(id_) >= 5 or (bool(id_) and not id_.isdigit())


def _plain(text: str) -> str:
    return normalize("NFKC", text)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:].casefold()


def _folded(words: Iterable[str]) -> str:
    return " ".join(words).casefold()


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_plain(text))]


def _runs(words: Sequence[str]) -> Iterator[int]:
    """Hashes of all runs of words: a hundred thousand posts have millions."""
    return (hash(tuple(words[start : start + RUN])) for start in range(len(words) - RUN + 1))
