"""The use cases of this package: import an export, index what is pending, search, and heal after a crash."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from knowledge.embedding import Embedder
from knowledge.languages import Detector
from knowledge.messages import Channel, Member, Message, Passage, Record, Skipped
from knowledge.ports import Filters, MessageStore, Saved, VectorIndex
from knowledge.signals import Heads

T = TypeVar("T")

STORE_BATCH = 500
"""Messages saved in one transaction."""
INDEX_BATCH = 32
"""Messages embedded between two marks in the store: what a kill -9 costs at most."""
EXAMPLES = 20
"""Skipped parts that a report names one by one."""

Progress = Callable[[int, int | None], None]
"""Called with what is done and, where it is known, the total."""


def no_progress(done: int, total: int | None) -> None:
    """For callers who do not watch."""


class ImportReport(NamedTuple):
    """What an import did. `skipped` counts reasons; `examples` names the first places."""

    saved: Saved
    skipped: dict[str, int]
    examples: tuple[Skipped, ...]


def import_records(
    records: Iterable[Record], store: MessageStore, community: str, progress: Progress = no_progress
) -> ImportReport:
    """Store what an importer yields, batch by batch. Importing the same twice changes nothing."""
    saved, seen = Saved(), 0
    skipped: Counter[str] = Counter()
    examples: list[Skipped] = []
    for batch in _batches(records, STORE_BATCH):
        saved += store.save(
            community,
            messages=[r for r in batch if isinstance(r, Message)],
            members=[r for r in batch if isinstance(r, Member)],
            channels=[r for r in batch if isinstance(r, Channel)],
        )
        for record in batch:
            if isinstance(record, Skipped):
                skipped[record.reason] += 1
                if len(examples) < EXAMPLES:
                    examples.append(record)
        seen += sum(isinstance(record, Message) for record in batch)
        progress(seen, None)
    return ImportReport(saved, dict(skipped), tuple(examples))


class Understanding(NamedTuple):
    """What turns a message into a vector and signals."""

    embedder: Embedder
    languages: Detector
    heads: Heads


def index_pending(
    store: MessageStore,
    index: VectorIndex,
    understanding: Understanding,
    community: str,
    *,
    languages: Sequence[str] = (),
    progress: Progress = no_progress,
) -> int:
    """Embed each pending message once: its vector goes to the index, its signals to the store. Returns how many.

    The index is written first and the store marked after: killed in between, the same batch is simply done again.
    """
    total, done = store.count_pending(community), 0
    while batch := store.pending(community, INDEX_BATCH):
        encoding = understanding.embedder.encode([message.full_text for message in batch])
        known = store.languages_of(community, [message.reply_to for message in batch if message.reply_to])
        detections = [
            understanding.languages.detect(message.text, expected=languages, hint=known.get(message.reply_to or ""))
            for message in batch
        ]
        signals = understanding.heads.read(encoding.features, detections)
        index.add(community, [message.id for message in batch], encoding.vectors)
        store.mark_indexed(community, list(zip(batch, signals, strict=True)))
        done += len(batch)
        progress(done, max(total, done))
    return done


def heal(store: MessageStore, index: VectorIndex, community: str) -> bool:
    """Have everything indexed again where the index lost vectors that the store counts on. True if that was needed."""
    marked = store.count(community) - store.count_pending(community)
    if index.count(community) >= marked:
        return False
    store.forget_index(community)
    return True


def search(
    store: MessageStore,
    index: VectorIndex,
    embedder: Embedder,
    community: str,
    question: str,
    *,
    count: int = 10,
    filters: Filters = Filters(),
) -> list[Passage]:
    """The posts nearest in meaning to `question`, best first. Filters are applied to more hits than needed."""
    if not question.strip():
        return []
    wanted, available = count * 4, index.count(community)
    vector = embedder.encode_query(question)
    while True:
        hits = index.nearest(community, vector, min(wanted, available)) if available else []
        posts = store.get(community, [id_ for id_, _ in hits])
        passages = [Passage(post=posts[id_], score=round(score, 4)) for id_, score in hits if id_ in posts]
        found = [passage for passage in passages if filters.admit(passage.post)]
        if len(found) >= count or wanted >= available:
            return found[:count]
        wanted *= 4


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
