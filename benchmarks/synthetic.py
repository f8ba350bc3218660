"""A made-up community of any size, for figures at scale: texts in eight languages whose words are as unequal as real
ones, and vectors for them that need no model.
"""

import json
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any
from zlib import crc32

import numpy as np

from knowledge.embedding import Embedder, Encoding, Vectors
from knowledge.languages import FIRST_CLASS, Detection
from knowledge.terms import forms

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
AUTHORS, CHANNELS, DAYS = 5_000, 60, 3 * 365
RARE = 30_000
"""Words of a language beyond those of its examples: names, products, slips."""
TOPICS, TOPICAL = 300, 25
"""Topics of the community, and the words of a language that belong to one."""
DIMENSIONS = 384
_BUCKETS = 4096


class Vocabulary:
    """The words of one language, the commonest first, drawn by Zipf's law.

    The rarest are made up: the beginning of one word with the end of another. So a question has about as many tokens a
    word as real ones have, and takes the network as long (2.1; the questions of SweFAQ 1.7, of Stack Exchange 1.5).
    """

    def __init__(self, language: str) -> None:
        lines = (files("knowledge") / "heads" / "examples" / f"{language}.jsonl").read_text(encoding="utf-8")
        seen = Counter(word for line in lines.splitlines() for word in forms(json.loads(line)["text"]))
        common = [word for word, _ in seen.most_common()]
        random = Random(language)  # noqa: S311  nothing secret
        long = [word for word in common if len(word) > 4]
        rare = {_blend(random, *random.choices(long, k=2)) for _ in range(RARE)}
        self.words = common + sorted(rare - set(common), key=lambda word: crc32(word.encode()))
        self._sums = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def draw(self, random: Random) -> str:
        return self.words[bisect(self._sums, random.random() * self._sums[-1]) % len(self.words)]

    def topical(self, topic: int) -> Sequence[str]:
        random = Random(topic)  # noqa: S311  nothing secret
        return [self.words[random.randrange(200, 3000)] for _ in range(TOPICAL)]


def _blend(random: Random, one: str, other: str) -> str:
    return one[: random.randint(3, len(one) - 1)] + other[-random.randint(1, 3) :]


@cache
def vocabulary(language: str) -> Vocabulary:
    return Vocabulary(language)


@cache
def _topical(language: str, topic: int) -> Sequence[str]:
    return vocabulary(language).topical(topic)


def text(random: Random, language: str, length: int) -> str:
    """So many words, a quarter of them about one topic."""
    words, topic = vocabulary(language), _topical(language, int(TOPICS * random.random() ** 2))
    said = [random.choice(topic) if random.random() < 0.25 else words.draw(random) for _ in range(length)]
    return " ".join(said).capitalize() + random.choice(".?!")


def rows(count: int, seed: int = 7) -> Iterator[Mapping[str, Any]]:
    """Rows of a table, oldest first: some authors and channels have most of the posts, one in ten is rated."""
    random = Random(seed)  # noqa: S311  nothing secret
    start, step = NOW - timedelta(days=DAYS), timedelta(days=DAYS) / count
    for number in range(count):
        language = random.choices(FIRST_CLASS, weights=(40, 15, 12, 8, 8, 10, 4, 3))[0]
        row: dict[str, Any] = {
            "id": f"p{number}",
            "author": f"member-{int(AUTHORS * random.random() ** 3)}",
            "channel": f"channel-{int(CHANNELS * random.random() ** 2)}",
            "at": (start + number * step).isoformat(),
            "text": text(random, language, max(3, min(300, int(random.lognormvariate(3.1, 0.7))))),
        }
        if random.random() < 0.1:
            row["rating"] = random.randint(1, 5)
        if number > 100 and random.random() < 0.6:
            row["reply_to"] = f"p{number - random.randint(1, 100)}"
        yield row


def questions(count: int, seed: int = 8) -> list[str]:
    """Questions of four to ten words, in all languages."""
    random = Random(seed)  # noqa: S311  nothing secret
    return [text(random, FIRST_CLASS[n % len(FIRST_CLASS)], random.randint(4, 10)) for n in range(count)]


class SyntheticEmbedder:
    """Hashed words in a narrow cone: texts that share words are near. A question costs what the real embedder takes."""

    name = "synthetic"

    def __init__(self, real: Embedder) -> None:
        self._real = real
        random = np.random.default_rng(1)
        self._directions = random.standard_normal((_BUCKETS, DIMENSIONS)).astype(np.float32)
        self._shared = 20 * random.standard_normal(DIMENSIONS).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> Encoding:
        vectors = np.stack([self._vector(each) for each in texts])
        return Encoding(vectors, vectors)

    def encode_query(self, text: str) -> Vectors:
        self._real.encode_query(text)
        return self._vector(text)

    def _vector(self, text: str) -> Vectors:
        buckets = [crc32(word.encode()) % _BUCKETS for word in forms(text)]
        total = self._directions[buckets].sum(axis=0) * (10 / max(len(buckets), 1) ** 0.5) + self._shared
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


class ToldLanguages:
    """Knows each language by its letters and words, at no cost: the language of most words."""

    def __init__(self) -> None:
        self._known = {word: code for code in FIRST_CLASS for word in vocabulary(code).words}

    def detect(self, text: str, **_: object) -> Detection:
        votes = Counter(self._known.get(word, "en") for word in forms(text))
        return Detection(votes.most_common(1)[0][0] if votes else "und", 1.0)
