"""Exports to read: small Slack and Discourse archives, tables, and values that no exporter writes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from hypothesis import strategies as st

from knowledge.messages import Channel, Member, Message, Record, Skipped

RIGHT_TO_LEFT_OVERRIDE = "\u202e"
LONE_SURROGATE = "\ud800"

HOSTILE_TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    LONE_SURROGATE,
    f"x{RIGHT_TO_LEFT_OVERRIDE}y",
    "\ufeff",
    "../../etc/passwd",
    "C:\\x",
    "[quote]",
    "<![x[",
    "<" * 50,
    "1e999",
    "nan",
    "9" * 4000,
    "\x85\x1b[31m",
    "n" * 5000,
)
"""Texts where a name, an id or a time should be."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(HOSTILE_TEXTS) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "ts", "type"]), inner),
    max_leaves=6,
)
"""Anything that JSON can say."""


def slack_message(text: Any = "The bag leaks.", ts: Any = "1764579600.000100", **changes: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "ts": ts, "text": text, **changes}


def slack_export(
    folder: Path,
    *messages: Any,
    users: Any = ({"id": "U1", "name": "anna", "profile": {"display_name": "Anna"}},),
    channels: Any = ({"id": "C1", "name": "general"},),
) -> Path:
    """A Slack export with one channel and these messages on one day."""
    (folder / "general").mkdir(parents=True, exist_ok=True)
    write_json(folder / "channels.json", channels)
    write_json(folder / "users.json", users)
    write_json(folder / "general" / "2025-12-01.json", messages)
    return folder


def discourse_post(number: Any = 1, raw: Any = "The bag leaks.", **changes: Any) -> dict[str, Any]:
    return {
        "topic_id": 7,
        "post_number": number,
        "username": "anna",
        "created_at": "2025-12-01T09:00:00.000Z",
        "raw": raw,
        **changes,
    }


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def zipped(path: Path, entries: Mapping[str, str] | Sequence[tuple[str, str]]) -> Path:
    """An archive of these entries, written under the very names that are given."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in entries.items() if isinstance(entries, Mapping) else entries:
            archive.writestr(name, text)
    return path


def zipped_folder(folder: Path, path: Path) -> Path:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return zipped(path, [(str(file.relative_to(folder)), file.read_text(encoding="utf-8")) for file in files])


def with_a_broken_directory(archive: Path) -> Path:
    """The same archive, which no longer opens: the first name in it says that it is UTF-8 and is not."""
    data = archive.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    archive.write_bytes(data[: entry + 9] + b"\x08" + data[entry + 10 : entry + 46] + b"\xff" + data[entry + 47 :])
    return archive


def messages(records: Sequence[Record]) -> list[Message]:
    return [record for record in records if isinstance(record, Message)]


def members(records: Sequence[Record]) -> list[Member]:
    return [record for record in records if isinstance(record, Member)]


def channels(records: Sequence[Record]) -> list[Channel]:
    return [record for record in records if isinstance(record, Channel)]


def reasons(records: Sequence[Record]) -> list[str]:
    return [record.reason for record in records if isinstance(record, Skipped)]


def texts(records: Sequence[Record]) -> list[str]:
    return [message.text for message in messages(records)]


def every_string(value: Any) -> Iterator[str]:
    """All texts in a record, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from every_string(key)
            yield from every_string(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from every_string(inner)


def assert_safe(records: Sequence[Record]) -> None:
    """Every record can be stored and shown: no control characters, no overrides, nothing that is not Unicode."""
    for record in records:
        for text in every_string(record.model_dump()):
            assert "\0" not in text
            assert RIGHT_TO_LEFT_OVERRIDE not in text
            text.encode()
