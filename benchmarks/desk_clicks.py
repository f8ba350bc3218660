"""How long the desk takes to answer, with many drafts in the store: the handlers behind a click, without the browser.

python -m benchmarks.desk_clicks [DRAFTS]
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from assistant import intake, usecases
from assistant.bootstrap import House
from assistant.ports import QueueFilter
from assistant.precedents import precedents_of
from assistant.sample import ID
from assistant.settings import read_settings
from benchmarks.drafting import NOW, report
from ui.desk import render


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder, House(read_settings(home=Path(folder)), NOW) as house:
        intake.ensure_sample(house, NOW.date())
        intake.index_all(house, ID)
        desk = house.desk(ID, "phrasebook")
        usecases.notice_now(desk)
        drafts = usecases.draft_noticed(desk)
        for number in range(wanted):
            copy = drafts[number % len(drafts)].model_copy(update={"id": f"copy-{number}"})
            desk.store.add_draft(copy)
        times = []
        for draft in drafts[:60]:
            started = perf_counter()
            listed = desk.store.drafts(ID, QueueFilter(status="proposed"), 100)
            render.queue(listed, datetime.now(UTC), draft.id, desk.store.count_drafts(ID))
            render.post(draft, precedents_of(desk, draft))
            render.sentences(draft, draft.segments[0].move, datetime.now(UTC))
            render.history(draft, desk.store.decisions(draft.id))
            times.append(perf_counter() - started)
        report(f"a click with {wanted} drafts in the store", times)


if __name__ == "__main__":
    main()
