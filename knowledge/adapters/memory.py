"""The shipped fakes of this package, for tests and evaluation cases: stores in memory, an embedder of words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from zlib import crc32

import numpy as np

from knowledge.embedding import Encoding, Vectors
from knowledge.errors import ForgottenMeanwhile
from knowledge.languages import Detection
from knowledge.messages import EMPTIED, Channel, Contents, Kind, Member, Message, Post
from knowledge.ports import Filters, Near, Redaction, Saved, Understood
from knowledge.signals import INTENTS, SENTIMENTS, Head, Heads
from knowledge.words import words


class MemoryMessageStore:
    """`knowledge.ports.MessageStore` in dictionaries."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._serving: dict[str, str] = {}
        self._messages: dict[tuple[str, str], Message] = {}
        self._members: dict[tuple[str, str], Member] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._indexed: dict[tuple[str, str], str] = {}
        self._understood: dict[tuple[str, str], Understood] = {}
        self._forgotten: dict[tuple[str, str], Mapping[str, object]] = {}

    def communities(self) -> dict[str, str]:
        return dict(sorted(self._names.items()))

    def save_community(self, community: str, name: str) -> None:
        self._names[community] = name

    def save(
        self,
        community: str,
        *,
        messages: Sequence[Message] = (),
        members: Sequence[Member] = (),
        channels: Sequence[Channel] = (),
        contents: Sequence[Contents] = (),
        forgotten: Collection[str] | None = None,
    ) -> Saved:
        if forgotten is not None and not set(forgotten) >= self.forgotten(community).keys():
            raise ForgottenMeanwhile("Somebody was forgotten meanwhile. Read the export again.")
        self._channels |= {(community, channel.id): channel for channel in channels}
        known = self.names(community, [member.id for member in members if member.name == member.id])
        self._members |= {
            (community, m.id): m.model_copy(update={"name": known[m.id]}) if m.id in known else m for m in members
        }
        saved = Saved()
        before = {message.id: self._messages.get((community, message.id)) for message in messages}
        for message in messages:
            stored = self._messages.get((community, message.id))
            if stored is None or message.replaces(stored):
                self._messages[community, message.id] = message.after(stored)
        for id_, stored in before.items():
            new = self._messages[community, id_]
            saved += Saved(added=1) if stored is None else Saved(changed=new != stored, unchanged=new == stored)
        saved += Saved(unchanged=len(messages) - len(before))
        return saved + Saved(changed=sum(self._leave_only(community, each) for each in contents))

    def _leave_only(self, community: str, contents: Contents) -> int:
        left = [
            key
            for key, message in self._of(community)
            if message.thread == contents.thread and message.id not in contents.ids and not message.deleted
        ]
        self._messages |= {key: self._messages[key].model_copy(update=EMPTIED) for key in left}
        return len(left)

    def _of(self, community: str) -> list[tuple[tuple[str, str], Message]]:
        return [(key, message) for key, message in self._messages.items() if key[0] == community]

    def bylines(self, community: str, ids: Iterable[str]) -> dict[str, tuple[str, datetime, str]]:
        there = [self._messages[community, id_] for id_ in ids if (community, id_) in self._messages]
        return {m.id: (m.author, m.at, m.text) for m in there if not m.deleted and m.kind != "document"}

    def pending(self, community: str, embedder: str, limit: int, after: Message | None = None) -> list[Message]:
        waiting = self._pending(community, embedder)
        return [each for each in waiting if after is None or _age(each) > _age(after)][:limit]

    def count_pending(self, community: str, embedder: str) -> int:
        return len(self._pending(community, embedder))

    def _pending(self, community: str, embedder: str) -> list[Message]:
        waiting = [
            message
            for key, message in self._of(community)
            if not message.deleted and self._indexed.get(key) != f"{message.digest} {embedder}"
        ]
        return sorted(waiting, key=_age)

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        known = {id_: self._understood.get((community, id_)) for id_ in ids}
        return {id_: understood.signals.language for id_, understood in known.items() if understood}

    def mark_indexed(self, community: str, embedder: str, indexed: Sequence[Understood]) -> set[str]:
        there = [each for each in indexed if (community, each.message.id) in self._messages]
        for each in there:
            key = community, each.message.id
            self._understood[key] = each
            self._indexed[key] = f"{each.message.digest} {embedder}"
        return {each.message.id for each in indexed} - {each.message.id for each in there}

    def gone(self, community: str, limit: int) -> dict[str, Kind]:
        gone = [m for key, m in self._of(community) if m.deleted and key in self._indexed]
        return {message.id: message.kind for message in gone[:limit]}

    def mark_gone(self, community: str, ids: Iterable[str]) -> None:
        for id_ in ids:
            self._understood.pop((community, id_), None)
            self._indexed.pop((community, id_), None)

    def forget_index(self, community: str, ids: Iterable[str] | None = None) -> None:
        wanted = [id_ for place, id_ in self._indexed if place == community] if ids is None else ids
        for id_ in wanted:
            self._indexed.pop((community, id_), None)

    def indexed_ids(self, community: str, embedder: str) -> dict[str, Kind]:
        marks = [(m, self._indexed.get(key)) for key, m in self._of(community) if not m.deleted]
        return {m.id: m.kind for m, mark in marks if mark == f"{m.digest} {embedder}"}

    def serving(self, community: str) -> str | None:
        return self._serving.get(community)

    def serve(self, community: str, embedder: str) -> None:
        if community in self._names:
            self._serving[community] = embedder

    def posts(self, community: str, filters: Filters = Filters(), *, newest: int | None = None) -> list[Post]:
        posts = [self._post(key) for key, message in self._of(community) if self._known(key, message)]
        found = sorted(filter(filters.admit, posts), key=lambda post: (post.message.at, post.message.id))
        return found if newest is None else found[max(len(found) - newest, 0) :]

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        keys = [(community, id_) for id_ in ids]
        return {key[1]: self._post(key) for key in keys if self._known(key, self._messages.get(key))}

    def _known(self, key: tuple[str, str], message: Message | None) -> bool:
        return message is not None and not message.deleted and key in self._understood

    def matching(
        self,
        community: str,
        asked: Sequence[Sequence[Sequence[str]]],
        count: int,
        filters: Filters = Filters(),
        among: Collection[str] | None = None,
    ) -> list[list[tuple[str, float]]]:
        stored = self.terms(community, [post.message.id for post in self.posts(community, filters)])
        return [_matching(stored, [frozenset(word) for word in words], count) for words in asked]

    def terms(self, community: str, ids: Iterable[str]) -> dict[str, frozenset[str]]:
        known = {id_: self._understood.get((community, id_)) for id_ in ids}
        return {id_: frozenset(each.terms) for id_, each in known.items() if each}

    def admitted(self, community: str, filters: Filters, limit: int) -> list[str] | None:
        found = [post.message.id for post in self.posts(community, filters)]
        return found if len(found) <= limit else None

    def admissible(self, community: str, filters: Filters, ids: Sequence[str]) -> set[str]:
        return {id_ for id_, post in self.get(community, ids).items() if filters.admit(post)}

    def staff(self, community: str) -> list[Member]:
        staff = [member for key, member in self._members.items() if key[0] == community and member.is_staff]
        return sorted(staff, key=lambda member: member.name)

    def members(self, community: str, name: str) -> list[Member]:
        wanted = name.strip().casefold()
        known = [member for key, member in sorted(self._members.items()) if key[0] == community]
        return [member for member in known if wanted in (member.id.casefold(), member.name.casefold())]

    def names(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        return {id_: self._members[community, id_].name for id_ in ids if (community, id_) in self._members}

    def all_names(self, community: str) -> set[str]:
        return {member.name for (place, _), member in self._members.items() if place == community}

    def channels(self, community: str) -> dict[str, Channel]:
        return {id_: channel for (place, id_), channel in self._channels.items() if place == community}

    def threads(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        return {id_: self._messages[community, id_].thread for id_ in ids if (community, id_) in self._messages}

    def merge_members(self, community: str, aliases: Mapping[str, str]) -> None:
        for key, message in self._of(community):
            if message.author in aliases:
                self._messages[key] = message.model_copy(update={"author": aliases[message.author]})
        for alias, id_ in aliases.items():
            if (member := self._members.pop((community, alias), None)) is not None:
                self._members.setdefault((community, id_), member.model_copy(update={"id": id_}))

    def count(self, community: str) -> int:
        return sum(not message.deleted for _, message in self._of(community))

    def newest(self, community: str) -> datetime | None:
        return max((m.at for _, m in self._of(community) if m.kind != "document"), default=None)

    def everything(self, community: str, authors: Collection[str] | None = None) -> Iterator[Message]:
        yield from (m for _, m in self._of(community) if authors is None or m.author in authors)

    def withdraw(self, community: str, authors: Collection[str]) -> None:
        emptied = {**EMPTIED, "rating": None, "at": datetime.fromtimestamp(0, UTC), "edited": None}
        for key, message in self._of(community):
            if message.author in authors and not message.deleted:
                self._messages[key] = message.model_copy(update=emptied)
                self._understood.pop(key, None)
                self._indexed |= {key: ""} if key in self._indexed else {}

    def erase(self, community: str, authors: Collection[str], redact: Redaction) -> int:
        count = 0
        for key, message in self._of(community):
            if message.author in authors:
                self._drop(key)
            elif (new := redact(message)) != message:
                if (new.id, new.digest) != (message.id, message.digest):
                    self._drop(key)
                self._messages[community, new.id] = new
            else:
                continue
            count += 1
        for id_ in authors:
            self._members.pop((community, id_), None)
        for channel in self.channels(community).values():
            del self._channels[community, channel.id]
            new_channel = redact(channel)
            self._channels[community, new_channel.id] = new_channel
        return count

    def _drop(self, key: tuple[str, str]) -> None:
        self._messages.pop(key, None)
        self.mark_gone(key[0], [key[1]])

    def forgotten(self, community: str) -> dict[str, Mapping[str, object]]:
        return {member: receipt for (place, member), receipt in self._forgotten.items() if place == community}

    def save_forgotten(self, community: str, member: str, at: datetime, receipt: Mapping[str, object]) -> None:
        self._forgotten[community, member] = receipt

    def _post(self, key: tuple[str, str]) -> Post:
        community, message = key[0], self._messages[key]
        member = self._members.get((community, message.author), Member(id=message.author, name=message.author))
        channel = self._channels.get((community, message.channel), Channel(id=message.channel, name=message.channel))
        return Post(
            message=message,
            signals=self._understood[key].signals,
            author_name=member.name,
            author_is_bot=member.is_bot,
            author_joined=member.joined,
            channel_name=channel.name,
            visibility=channel.visibility,
        )


def _matching(
    stored: Mapping[str, frozenset[str]], words: Sequence[frozenset[str]], count: int
) -> list[tuple[str, float]]:
    weights = [1 / max(1, sum(bool(word & terms) for terms in stored.values())) for word in words]
    shares = {
        id_: sum(weight for word, weight in zip(words, weights, strict=True) if word & terms) / sum(weights)
        for id_, terms in stored.items()
        if any(word & terms for word in words)
    }
    return sorted(shares.items(), key=lambda hit: (-hit[1], hit[0]))[:count]


def _age(message: Message) -> tuple[datetime, str]:
    return message.at, message.id


class MemoryIndex:
    """`knowledge.ports.VectorIndex` as a dictionary that is searched from end to end."""

    def __init__(self, embedder: str = "words") -> None:
        self.embedder = embedder
        self._vectors: dict[str, dict[str, Vectors]] = {}

    def add(self, shelf: str, ids: Sequence[str], vectors: Vectors) -> None:
        self._vectors.setdefault(shelf, {}).update(zip(ids, vectors, strict=True))

    def remove(self, shelf: str, ids: Sequence[str]) -> None:
        for id_ in ids:
            self._vectors.get(shelf, {}).pop(id_, None)

    def ids(self, shelf: str) -> set[str]:
        return set(self._vectors.get(shelf, {}))

    def nearest(self, shelf: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> list[Near]:
        stored = self._vectors.get(shelf, {}) if among is None else self.vectors(shelf, among)
        found = [Near(id_, float(np.dot(v, vector)), v) for id_, v in stored.items()]
        return sorted(found, key=lambda near: (-near.cosine, near.id))[:count]

    def vectors(self, shelf: str, ids: Sequence[str]) -> dict[str, Vectors]:
        stored = self._vectors.get(shelf, {})
        return {id_: stored[id_] for id_ in ids if id_ in stored}

    def forget(self, shelf: str, ids: Collection[str]) -> None:
        self.remove(shelf, list(ids))

    def drop_others(self, shelf: str) -> None:
        """There are none."""

    def count(self, community: str) -> int:
        return len(self._vectors.get(community, {}))


class WordEmbedder:
    """`knowledge.embedding.Embedder` without a model: texts that share words are near. 384 dimensions."""

    name = "words"

    def encode(self, texts: Sequence[str]) -> Encoding:
        vectors = np.stack([self.encode_query(text) for text in texts])
        return Encoding(vectors, vectors)

    def encode_query(self, text: str) -> Vectors:
        total = np.sum([_direction(word[:5]) for word in words(text) or ("",)], axis=0)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


class ScriptedLanguages:
    """`knowledge.languages.Detector` that is told: the language of the first word it knows, else `default`."""

    def __init__(self, known: Mapping[str, str] | None = None, default: str = "en") -> None:
        self._known = known or {}
        self._default = default

    def detect(self, text: str, *, expected: Collection[str] = (), hint: str | None = None) -> Detection:
        found = next((self._known[word] for word in words(text) if word in self._known), self._default)
        return Detection(found, 1.0)


def word_heads(intents: Mapping[str, str], sentiments: Mapping[str, str]) -> Heads:
    """Heads for WordEmbedder: each label is recognised by the words given for it.

    A text with none of them is unsure, or of the one label that was given no words.
    """
    return Heads(_word_head(SENTIMENTS, sentiments), _word_head(INTENTS, intents))


def _word_head(labels: Sequence[str], known: Mapping[str, str]) -> Head:
    columns = [
        np.sum([_direction(word[:5]) for word in words(known[label])], axis=0) * 40.0
        if label in known
        else np.zeros(384, dtype=np.float32)
        for label in labels
    ]
    bias = [-8.0 if label in known else 0.0 for label in labels]
    return Head(np.stack(columns, axis=1).astype(np.float32), np.array(bias, dtype=np.float32), 0.6)


@cache
def _direction(word: str) -> Vectors:
    vector = np.random.default_rng(crc32(word.encode())).standard_normal(384)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
