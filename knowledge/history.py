"""The use cases of this package: import an export, index what is pending, and repair the index."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import NamedTuple, Protocol, TypeVar

from knowledge.embedding import Embedder
from knowledge.errors import ForgottenMeanwhile
from knowledge.languages import Detection, Detector
from knowledge.messages import ANONYMOUS, Channel, Contents, Kind, Member, Message, Record, Skipped
from knowledge.ports import MessageStore, Saved, Understood, VectorIndex, shelf_of
from knowledge.signals import Heads
from knowledge.terms import terms

T = TypeVar("T")

STORE_BATCH = 500
"""Messages saved in one transaction."""
INDEX_BATCH = 512
"""Messages embedded between two marks in the store: what a kill -9 costs at most. The more, the more of them have the
same length, and share a run of the network."""
EXAMPLES = 20
"""Skipped parts that a report names one by one."""
TAKEN = (
    "its id stands for another post already; bring this export into a community of its own, or, if it is a table, "
    "leave its ids out with id=none (--map on the command line)"
)
_SHELVES: tuple[Kind | None, ...] = (None, "document")

Progress = Callable[[int, int | None], None]
"""Called with what is done and, where it is known, the total."""


def no_progress(done: int, total: int | None) -> None:
    """For callers who do not watch."""


class Rules(Protocol):
    """What of an import may be stored. `forgotten` are the members who it knows asked to be forgotten."""

    @property
    def forgotten(self) -> Collection[str] | None: ...

    def admitted(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records, without what must not be stored."""
        ...


class NoRules:
    """Everything may be stored."""

    forgotten = None

    def admitted(self, records: Iterable[Record]) -> Iterator[Record]:
        return iter(records)


class ImportReport(NamedTuple):
    """What an import did. `skipped` counts reasons; `examples` names the first places."""

    saved: Saved
    skipped: dict[str, int]
    examples: tuple[Skipped, ...]


def import_records(
    records: Iterable[Record],
    store: MessageStore,
    community: str,
    progress: Progress = no_progress,
    read_rules: Callable[[], Rules] = NoRules,
) -> ImportReport:
    """Store what an importer yields, batch by batch, under the rules. Importing the same twice changes nothing.

    The rules are read again where somebody was forgotten meanwhile: an import can take hours.
    """
    saved, seen, rules = Saved(), 0, read_rules()
    skipped: Counter[str] = Counter()
    examples: list[Skipped] = []
    for read in _batches(records, STORE_BATCH):
        while True:
            known = _without_strangers(rules.admitted(read), store, community)
            batch = _in_their_threads(list(known), store, community)
            try:
                saved += _save(store, community, batch, rules.forgotten)
                break
            except ForgottenMeanwhile:
                rules = read_rules()
        for record in batch:
            if isinstance(record, Skipped):
                skipped[record.reason] += 1
                if len(examples) < EXAMPLES:
                    examples.append(record)
        seen += sum(isinstance(record, Message) for record in batch)
        progress(seen, None)
    return ImportReport(saved, dict(skipped), tuple(examples))


def _without_strangers(records: Iterable[Record], store: MessageStore, community: str) -> Iterator[Record]:
    """Without posts whose id is that of another: another member wrote it at another time.

    Tables and some platforms number their posts from 1. A member may be called differently later, and a time be read
    in another zone, but hardly both at once. Where nobody is named, the words stand for who wrote them.
    """
    given = list(records)
    known = store.bylines(community, [each.id for each in given if isinstance(each, Message)])
    for each in given:
        if isinstance(each, Message) and not each.deleted and each.kind != "document":
            author, at, text = known.setdefault(each.id, (each.author, each.at, each.text))
            by_another = text != each.text if author == ANONYMOUS else author != each.author
            if by_another and at != each.at:
                yield Skipped(place=f"{each.id}, {each.at:%Y-%m-%d}", reason=TAKEN)
                continue
        yield each


def _in_their_threads(records: Sequence[Record], store: MessageStore, community: str) -> list[Record]:
    """With messages in the thread that is stored, of those where an export begins in the middle of one."""
    posts = [each for each in records if isinstance(each, Message)]
    # A thread of Discord is a channel by itself, whatever message it began with.
    beyond = {post.thread for post in posts if post.thread != post.channel} - {post.id for post in posts}
    threads = {first: thread for first, thread in store.threads(community, beyond).items() if thread != first}
    return [
        each.model_copy(update={"thread": threads[each.thread]})
        if isinstance(each, Message) and each.thread in threads
        else each
        for each in records
    ]


def _save(store: MessageStore, community: str, batch: Sequence[Record], forgotten: Collection[str] | None) -> Saved:
    return store.save(
        community,
        messages=[record for record in batch if isinstance(record, Message)],
        members=[record for record in batch if isinstance(record, Member)],
        channels=[record for record in batch if isinstance(record, Channel)],
        contents=[record for record in batch if isinstance(record, Contents)],
        forgotten=forgotten,
    )


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
    embedder = understanding.embedder.name
    _take_out(store, index, community)
    total, done = store.count_pending(community, embedder), 0
    for batch in _pending(store, community, embedder):
        with ThreadPoolExecutor(1) as aside:  # the network leaves time for other things
            embedded = aside.submit(understanding.embedder.encode, [message.full_text for message in batch])
            known = store.languages_of(community, [message.reply_to for message in batch if message.reply_to])
            detections = _detect(understanding.languages, batch, languages, known)
            encoding = embedded.result()
        signals = understanding.heads.read(encoding.features, detections)
        for kind in {message.kind for message in batch}:
            rows = [row for row, message in enumerate(batch) if message.kind == kind]
            index.add(shelf_of(community, kind), [batch[row].id for row in rows], encoding.vectors[rows])
        understood = [
            Understood(message, each, terms(message.full_text, each.language))
            for message, each in zip(batch, signals, strict=True)
        ]
        gone = store.mark_indexed(community, embedder, understood)
        for kind in {message.kind for message in batch if message.id in gone}:
            index.remove(shelf_of(community, kind), [m.id for m in batch if m.id in gone and m.kind == kind])
        done += len(batch)
        progress(done, max(total, done))
    if store.serving(community) != embedder:
        store.serve(community, embedder)
    for shelf in map(partial(shelf_of, community), _SHELVES):
        index.drop_others(shelf)  # the index that served while this one was filled
    return done


def _pending(store: MessageStore, community: str, embedder: str) -> Iterator[list[Message]]:
    """Batches until nothing is pending, each to be indexed before the next is asked for.

    Each is looked for behind the one before: to look from the start takes longer, the more is done. What came in
    between is found by a second round.
    """
    last = None
    while (batch := store.pending(community, embedder, INDEX_BATCH, last)) or last:
        if batch:
            yield batch
        last = batch[-1] if batch else None


def _detect(
    detector: Detector, batch: Iterable[Message], expected: Sequence[str], known: Mapping[str, str]
) -> list[Detection]:
    """The language of each message, oldest first: that of the post it answers may be `known` or found on the way."""
    spoken = dict(known)
    detections = []
    for message in batch:
        detections.append(detector.detect(message.text, expected=expected, hint=spoken.get(message.reply_to or "")))
        spoken[message.id] = detections[-1].language
    return detections


def _take_out(store: MessageStore, index: VectorIndex, community: str) -> None:
    """Take out of the index what has been deleted since."""
    while gone := store.gone(community, STORE_BATCH):
        for kind in set(gone.values()):
            index.remove(shelf_of(community, kind), [id_ for id_, other in gone.items() if other == kind])
        store.mark_gone(community, gone)


class Differences(NamedTuple):
    """Where store and index disagree: what the index lost, and what it has that the store does not know."""

    missing: frozenset[str]
    unknown: frozenset[str]


def compare(store: MessageStore, index: VectorIndex, community: str) -> Differences:
    """Compare the ids that the store counts on with those that the index has."""
    expected = store.indexed_ids(community, index.embedder)
    there = {shelf_of(community, kind): index.ids(shelf_of(community, kind)) for kind in _SHELVES}
    missing = {id_ for id_, kind in expected.items() if id_ not in there[shelf_of(community, kind)]}
    return Differences(frozenset(missing), frozenset().union(*there.values()) - expected.keys())


def repair(store: MessageStore, index: VectorIndex, community: str) -> Differences:
    """Have indexed anew what the index lost, and remove from it what the store does not know. Says what differed."""
    found = compare(store, index, community)
    store.forget_index(community, found.missing)
    for kind in _SHELVES:
        index.remove(shelf_of(community, kind), list(found.unknown))
    return found


def heal(store: MessageStore, index: VectorIndex, community: str) -> bool:
    """Have everything indexed again where the index lost vectors that the store counts on. True if that was needed.

    A quick look at the numbers, for every start; `repair` looks at each id.
    """
    expected = store.count(community) - store.count_pending(community, index.embedder)
    if count_vectors(index, community) >= expected:
        return False
    return bool(repair(store, index, community).missing)


def count_vectors(index: VectorIndex, community: str) -> int:
    """Vectors of a community's messages and documents."""
    return sum(index.count(shelf_of(community, kind)) for kind in _SHELVES)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
