"""What a community of any size costs: time, memory and disk of the whole walk, and how long a search takes.

python -m benchmarks.scaling [--embedder synthetic] [SIZE ...]

Each size runs in a process of its own, on a made-up community (benchmarks/synthetic.py). With `--embedder synthetic`
the vectors of the posts come from hashed words, which takes the embedding out of the time to index; the embedding of
each question is the real one all the same.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from assistant import intake, usecases
from assistant.bootstrap import House
from assistant.settings import read_settings
from benchmarks.synthetic import NOW, SyntheticEmbedder, ToldLanguages, questions, rows
from knowledge.adapters.memory import word_heads
from knowledge.history import Understanding
from knowledge.ports import Filters
from knowledge.search import search

SIZES = (10_000, 50_000, 100_000, 200_000)
COMMUNITY = "scaling"
QUESTIONS = 200
FILTERS = {
    "none": Filters(),
    "language": Filters(language="sv"),
    "channel": Filters(channel="channel-3"),
    "author": Filters(author="member-40"),
    "last month": Filters(since=NOW - timedelta(days=30)),
    "last year": Filters(since=NOW - timedelta(days=365)),
    "rating": Filters(max_rating=2),
    "public": Filters(public_only=True),
    "mixed": Filters(language="en", channel="channel-3", since=NOW - timedelta(days=365), public_only=True),
}
PROFILE = """
id: scaling
name: Scaling
languages: [en, sv, pl, ar, fa, pt, af, zu]
team: [{id: member-0, name: Maja}, {id: member-1, name: Bo}]
channels: [{id: channel-59, name: '#staff', visibility: private}]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--embedder", choices=("real", "synthetic"), default="real")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(Path(folder), given.sizes[0], given.embedder)))
        return
    command = [sys.executable, "-m", "benchmarks.scaling", "--alone", "--embedder", given.embedder]
    measured = []
    for size in given.sizes:
        done = subprocess.run([*command, str(size)], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603  ourselves
        measured.append(json.loads(done.stdout.splitlines()[-1]))
        print(table(measured), flush=True)


def table(measured: list[dict[str, float | str]]) -> str:
    """A Markdown table, one column for each size."""
    names = list(measured[0])
    lines = [f"| {name} | {' | '.join(str(each[name]) for each in measured)} |" for name in names]
    return "\n".join([lines[0], f"|---|{'---|' * len(measured)}", *lines[1:]])


@contextmanager
def opened(home: Path, embedder: str) -> Iterator[House]:
    """A house in that folder with the embedder that was asked for."""
    with House(read_settings(home=home), NOW) as house:
        if embedder == "synthetic":
            synthetic = SyntheticEmbedder(house.built_in)
            understanding = Understanding(synthetic, ToldLanguages(), word_heads({}, {}))
            house.__dict__ |= {"embedder": synthetic, "understanding": understanding}
        yield house


def measure(folder: Path, size: int, embedder: str) -> dict[str, float | str]:
    """All figures for one size. Memory is the peak so far."""
    figures: dict[str, float | str] = {"messages": f"{size:,}"}
    export, home = folder / "export.jsonl", folder / "home"
    with export.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(size))
    profile = home / "communities" / COMMUNITY / "community.yaml"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE, encoding="utf-8")
    with opened(home, embedder) as house:
        house.embedder.encode_query("Load the models before the clock runs.")
        figures |= _timed("import", lambda: intake.import_export(house, export, community=COMMUNITY))
        figures |= _timed("index", lambda: intake.index_all(house, COMMUNITY))
        desk = house.desk(COMMUNITY, "phrasebook")
        figures |= _timed("notice", lambda: usecases.notice_now(desk))
        figures |= {
            "SQL, MB": _megabytes([*home.glob("hearthside.db*")]),
            "Chroma, MB": _megabytes([*(home / "chroma").rglob("*")]),
        }
        for name, filters in FILTERS.items():
            figures[f"search, {name}: p50 / p95 (processor), ms"] = searched(house, filters)
    figures["peak memory, MB"] = _peak()
    return figures


def searched(house: House, filters: Filters) -> str:
    """Median and 95th percentile, in milliseconds, of a search with the embedding of its question; and the median of
    the processor time, which says more than the clock where the machine is busy.
    """
    for question in questions(20, seed=9):
        search(house.messages, house.index, house.embedder, COMMUNITY, question, filters=filters)
    seconds, busy = [], []
    for question in questions(QUESTIONS):
        started, worked = perf_counter(), process_time()
        search(house.messages, house.index, house.embedder, COMMUNITY, question, filters=filters)
        seconds.append(perf_counter() - started)
        busy.append(process_time() - worked)
    median, p95, processor = np.quantile(seconds, 0.5), np.quantile(seconds, 0.95), np.quantile(busy, 0.5)
    return f"{1000 * median:.0f} / {1000 * p95:.0f} ({1000 * processor:.0f})"


def _timed(what: str, work: Callable[[], object]) -> dict[str, float | str]:
    started = perf_counter()
    work()
    taken = perf_counter() - started
    print(f"{what}: {taken:.1f} s, {_peak():.0f} MB", file=sys.stderr, flush=True)
    return {f"{what}, s": round(taken, 1), f"memory after {what}, MB": _peak()}


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _megabytes(paths: list[Path]) -> float:
    return round(sum(path.stat().st_size for path in paths if path.is_file()) / 1e6)


if __name__ == "__main__":
    main()
