"""How much of an import's time is embedding: messages a second by the embedder alone, and through the whole import.

python -m benchmarks.import_rate
"""

import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

from assistant import intake, sample
from assistant.bootstrap import House
from assistant.settings import read_settings
from knowledge.messages import Message

DAY = date(2026, 12, 1)


def main() -> None:
    texts = [record.full_text for record in sample.records(DAY) if isinstance(record, Message)]
    with tempfile.TemporaryDirectory() as folder, House(read_settings(home=Path(folder))) as house:
        house.embedder.encode(texts[:2])
        house.understanding.languages.detect("Load the models before the clock runs.")
        started = perf_counter()
        house.embedder.encode(texts)
        alone = perf_counter() - started
        started = perf_counter()
        intake.ensure_sample(house, DAY)
        intake.index_all(house, sample.ID)
        whole = perf_counter() - started
    print(f"embedding alone: {len(texts) / alone:.0f} messages a second ({alone:.1f} s for {len(texts)})")
    print(f"whole import: {len(texts) / whole:.0f} a second ({whole:.1f} s); ratio {whole / alone:.2f}")


if __name__ == "__main__":
    main()
