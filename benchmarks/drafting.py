"""How long a phrasebook draft takes: from a stored post to a checked text, retrieval included, on the sample community.

python -m benchmarks.drafting
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from assistant import intake, usecases
from assistant.bootstrap import House
from assistant.desk import Desk
from assistant.domain import Brief
from assistant.gathering import plan_brief
from assistant.sample import ID
from assistant.settings import read_settings

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
"""When the sample's last message has just been written."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, House(read_settings(home=Path(folder)), NOW) as house:
        started = perf_counter()
        intake.ensure_sample(house, NOW.date())
        indexed = intake.index_all(house, ID)
        print(f"import and index {indexed} messages: {perf_counter() - started:.1f} s")
        desk = house.desk(ID, "phrasebook")
        started = perf_counter()
        found = usecases.notice_now(desk)
        print(f"notice {len(found)} opportunities: {perf_counter() - started:.1f} s, models loaded on the way")
        replies = [o.posts[0] for o in found if o.kind == "reply"]
        report("a draft from a stored post", [drafted(desk, post) for post in replies * 3])


def drafted(desk: Desk, post: str) -> float:
    """Seconds for one draft: retrieval, plan, text, checks."""
    started = perf_counter()
    plan = plan_brief(
        desk, Brief(kind="reply", language=desk.messages.get(ID, [post])[post].signals.language, post=post)
    )
    desk.compose(plan)
    return perf_counter() - started


def report(what: str, seconds: list[float]) -> None:
    """Print the median and the 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    median, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    print(f"{what}: median {1000 * median:.0f} ms, p95 {1000 * p95:.0f} ms, {len(ordered)} drafts")


if __name__ == "__main__":
    main()
