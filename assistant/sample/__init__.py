"""The sample community: a coffee roaster's home brewers, ninety days in eight languages, up to the day of first use.

All of it is invented. Days in the files count from that day; `today+14` in the profile stands for a date.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import regex

from knowledge.messages import Member, Message, Record

ID = "lantern-street"
_ZONE = ZoneInfo("Europe/Stockholm")
_FOLDER = files("assistant") / "sample"
_DAY = regex.compile(r"\btoday([+-]\d+)")


def profile_text(today: date) -> str:
    """The sample's community.yaml with its dates filled in."""
    text = (_FOLDER / "community.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return _DAY.sub(lambda match: (today + timedelta(days=int(match.group(1)))).isoformat(), "".join(lines))


def records(today: date) -> Iterator[Record]:
    """The sample's members and messages, the newest written this morning. Its channels stand in the profile."""
    for row in _rows("members.jsonl"):
        joined = _moment(today, row["joined_day"], "00:00")
        yield Member(id=row["id"], name=row["name"], joined=joined, is_bot=row.get("is_bot", False))
    threads: dict[str, str] = {}
    for row in _rows("messages.jsonl"):
        parent = row.get("reply_to")
        threads[row["id"]] = threads[parent] if parent else row["id"]
        yield Message(
            id=row["id"],
            channel=row["channel"],
            author=row["author"],
            text=row["text"],
            at=_moment(today, row["day"], row["time"]),
            thread=threads[row["id"]],
            reply_to=parent,
            title=row.get("title"),
            kind="review" if row.get("rating") else "post",
            rating=row.get("rating"),
            reactions=row.get("reactions") or {},
        )


def _rows(name: str) -> Iterator[dict[str, Any]]:
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _moment(today: date, day: int, clock: str) -> datetime:
    return datetime.combine(today + timedelta(days=day), time.fromisoformat(clock), _ZONE)
