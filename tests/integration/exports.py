"""Small exports in every format we read, written by the tests themselves."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

Row = Mapping[str, Any]

CLUB: Sequence[Row] = (
    {"id": "m1", "author": "anna", "at": "2026-11-28T10:00:00Z", "text": "The bag leaks and it was late."},
    {"id": "m2", "author": "ben", "at": "2026-11-29T10:00:00Z", "text": "How and where is a grinder cleaned, anybody?"},
    {
        "id": "m3",
        "author": "cara",
        "at": "2026-11-29T11:00:00Z",
        "text": "Lovely, wonderful, delicious, superb coffee!",
    },
    {"id": "m4", "author": "anna", "at": "2026-11-30T10:00:00Z", "text": "I wish you could please sell smaller bags."},
    {
        "id": "m5",
        "author": "dan",
        "at": "2026-11-30T12:00:00Z",
        "text": "Gossip: the price list was late again.",
        "channel": "staff",
    },
)
"""What the club of `making.profile` said."""


def many(count: int) -> list[Row]:
    """So many complaints by one member, a minute apart, each about a bag with a name of its own."""
    start = datetime(2026, 11, 28, 10, tzinfo=UTC)
    names = map("".join, product("bdfgklmnprst", "aeiou", "bdfgklmnprst", "aeiou"))
    return [
        {"id": f"m{n}", "author": "anna", "at": f"{start + timedelta(minutes=n)}", "text": f"The bag {name} leaks."}
        for n, name in enumerate(islice(names, count))
    ]


def lines(rows: Sequence[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def jsonl(path: Path, rows: Sequence[Row] = CLUB) -> Path:
    path.write_text(lines(rows), encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[Row], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def slack(path: Path, **changes: Any) -> Path:
    """A zip as Slack makes it: a public and a private channel, a thread, a join message; `changes` replace files."""
    general = [
        {"type": "message", "user": "U1", "text": "The bag leaks, <@U2>!", "ts": "1795860000.000100"},
        {"type": "message", "user": "U2", "text": "Sorry", "ts": "1795860600.000100", "thread_ts": "1795860000.000100"},
        {"type": "message", "subtype": "channel_join", "user": "U3", "text": "has joined", "ts": "1795860700.000100"},
    ]
    files: dict[str, Any] = {
        "users.json": [
            {"id": "U1", "name": "anna", "profile": {"display_name": "Anna"}},
            {"id": "U2", "name": "maja", "profile": {"display_name": "Maja"}},
        ],
        "channels.json": [{"id": "C1", "name": "general"}],
        "groups.json": [{"id": "G1", "name": "staff"}],
        "general/2026-11-28.json": general,
        "staff/2026-11-28.json": [{"type": "message", "user": "U2", "text": "A secret", "ts": "1795860800.000100"}],
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in {**files, **changes}.items():
            archive.writestr(name, content if isinstance(content, str) else json.dumps(content))
    return path


def discourse(path: Path) -> Path:
    """A folder of posts as Discourse's API gives them: a topic with its stream, and a single post."""
    path.mkdir()
    shared = {
        "topic_id": 7,
        "category_id": 3,
        "created_at": "2026-11-28T10:00:00Z",
        "updated_at": "2026-11-28T10:00:00Z",
    }
    posts = [
        {**shared, "post_number": 1, "username": "anna", "name": "Anna", "raw": "The bag leaks."},
        {**shared, "post_number": 2, "username": "maja", "raw": "[quote=anna]The bag leaks.[/quote]\nSorry, Anna."},
    ]
    topic = {"id": 7, "title": "Leaking bags", "category_id": 3, "post_stream": {"posts": posts}}
    (path / "topic.json").write_text(json.dumps(topic))
    single = {
        **shared,
        "topic_id": 8,
        "post_number": 1,
        "username": "ben",
        "cooked": "<p>How do I <b>clean</b> it?</p>",
    }
    (path / "post.json").write_text(json.dumps(single))
    return path
