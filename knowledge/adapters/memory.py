"""The shipped fakes of this package, for tests and evaluation cases: stores in memory, an embedder of words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from zlib import crc32

import numpy as np

from knowledge.embedding import Encoding, Vectors
from knowledge.languages import Detection
from knowledge.messages import Channel, Member, Message, Post, Signals
from knowledge.ports import Filters, Saved
from knowledge.signals import INTENTS, SENTIMENTS, Head, Heads
from knowledge.words import words


class MemoryMessageStore:
    """`knowledge.ports.MessageStore` in dictionaries."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._messages: dict[tuple[str, str], Message] = {}
        self._members: dict[tuple[str, str], Member] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._indexed: dict[tuple[str, str], str] = {}
        self._signals: dict[tuple[str, str], Signals] = {}

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
    ) -> Saved:
        self._channels |= {(community, channel.id): channel for channel in channels}
        self._members |= {(community, member.id): member for member in members}
        newest: dict[str, Message] = {}
        for message in messages:
            if message.id not in newest or message.version >= newest[message.id].version:
                newest[message.id] = message
        saved = Saved(unchanged=len(messages) - len(newest))
        for message in newest.values():
            key, stored = (community, message.id), self._messages.get((community, message.id))
            if stored is not None and (message == stored or message.version < stored.version):
                saved += Saved(unchanged=1)
                continue
            self._messages[key] = message
            saved += Saved(added=1) if stored is None else Saved(changed=1)
        return saved

    def pending(self, community: str, limit: int) -> list[Message]:
        return self._pending(community)[:limit]

    def count_pending(self, community: str) -> int:
        return len(self._pending(community))

    def _pending(self, community: str) -> list[Message]:
        waiting = [m for key, m in self._messages.items() if key[0] == community and self._indexed.get(key) != m.digest]
        return sorted(waiting, key=lambda message: (message.at, message.id))

    def languages_of(self, community: str, ids: Iterable[str]) -> dict[str, str]:
        return {id_: self._signals[community, id_].language for id_ in ids if (community, id_) in self._signals}

    def mark_indexed(self, community: str, indexed: Sequence[tuple[Message, Signals]]) -> None:
        for message, signals in indexed:
            self._signals[community, message.id] = signals
            self._indexed[community, message.id] = message.digest

    def forget_index(self, community: str) -> None:
        self._indexed = {key: digest for key, digest in self._indexed.items() if key[0] != community}

    def posts(self, community: str, filters: Filters = Filters()) -> list[Post]:
        posts = [self._post(key) for key in self._signals if key[0] == community]
        return sorted(filter(filters.admit, posts), key=lambda post: (post.message.at, post.message.id))

    def get(self, community: str, ids: Iterable[str]) -> dict[str, Post]:
        return {id_: self._post((community, id_)) for id_ in ids if (community, id_) in self._signals}

    def staff(self, community: str) -> list[Member]:
        staff = [member for key, member in self._members.items() if key[0] == community and member.is_staff]
        return sorted(staff, key=lambda member: member.name)

    def count(self, community: str) -> int:
        return sum(key[0] == community for key in self._messages)

    def newest(self, community: str) -> datetime | None:
        return max((m.at for key, m in self._messages.items() if key[0] == community), default=None)

    def _post(self, key: tuple[str, str]) -> Post:
        community, message = key[0], self._messages[key]
        member = self._members.get((community, message.author), Member(id=message.author, name=message.author))
        channel = self._channels.get((community, message.channel), Channel(id=message.channel, name=message.channel))
        return Post(
            message=message,
            signals=self._signals[key],
            author_name=member.name,
            author_is_bot=member.is_bot,
            author_joined=member.joined,
            channel_name=channel.name,
            visibility=channel.visibility,
        )


class MemoryIndex:
    """`knowledge.ports.VectorIndex` as a dictionary that is searched from end to end."""

    def __init__(self) -> None:
        self._vectors: dict[str, dict[str, Vectors]] = {}

    def add(self, community: str, ids: Sequence[str], vectors: Vectors) -> None:
        self._vectors.setdefault(community, {}).update(zip(ids, vectors, strict=True))

    def nearest(self, community: str, vector: Vectors, count: int) -> list[tuple[str, float]]:
        scores = {id_: float(np.dot(v, vector)) for id_, v in self._vectors.get(community, {}).items()}
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:count]

    def vectors(self, community: str, ids: Sequence[str]) -> dict[str, Vectors]:
        stored = self._vectors.get(community, {})
        return {id_: stored[id_] for id_ in ids if id_ in stored}

    def count(self, community: str) -> int:
        return len(self._vectors.get(community, {}))

    def drop(self, community: str) -> None:
        self._vectors.pop(community, None)


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
