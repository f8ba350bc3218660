"""One module per export format. Each recognises its format by content and yields records, streaming; pure parsing.

An importer never raises for a part it cannot read: it yields `Skipped` with the place and goes on. It raises BadExport
only when nothing at all can be read. Its `recognises` may raise anything: what it breaks on is not its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import UnknownFormat
from knowledge.importers import (
    discord,
    discourse,
    documents,
    mastodon,
    mbox,
    reddit,
    slack,
    stackexchange,
    tabular,
    telegram,
    whatsapp,
    zulip,
)
from knowledge.importers.source import Options
from knowledge.messages import Record


@dataclass(frozen=True)
class Format:
    """An export format: how it is called, how it is recognised, how it is read."""

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Options], Iterator[Record]]


FORMATS = (
    Format("slack", slack.recognises, slack.read),
    Format("discord", discord.recognises, discord.read),
    Format("telegram", telegram.recognises, telegram.read),
    Format("whatsapp", whatsapp.recognises, whatsapp.read),
    Format("discourse", discourse.recognises, discourse.read),
    Format("zulip", zulip.recognises, zulip.read),
    Format("mastodon", mastodon.recognises, mastodon.read),
    Format("reddit", reddit.recognises, reddit.read),
    Format("stackexchange", stackexchange.recognises, stackexchange.read),
    Format("mbox", mbox.recognises, mbox.read),
    Format("table", tabular.recognises, tabular.read),
    Format("documents", documents.recognises, documents.read),  # any text could be one
)


def recognise(path: Path, name: str | None = None) -> Format:
    """The format of an export, by its content or by its name. Raises UnknownFormat with what could be done."""
    if not path.exists():
        raise UnknownFormat(f"{path} does not exist.")
    for format_ in FORMATS:
        if name == format_.name or (name is None and _recognises(format_, path)):
            return format_
    known = ", ".join(format_.name for format_ in FORMATS)
    if name is not None:
        raise UnknownFormat(f"There is no format “{name}”. Known: {known}.")
    raise UnknownFormat(
        f"{path} is none of the formats we read ({known}). Give an export as it came, the zip or folder itself. "
        "A spreadsheet: save it as XLSX or CSV (UTF-8), with a column for the text and one for the time; "
        f"{tabular.ADVICE}. Documents: Markdown, TXT, HTML or PDF, in a folder with nothing else. "
        "If it is one of these and damaged, name its format (--format on the command line) to hear what is wrong."
    )


def _recognises(format_: Format, path: Path) -> bool:
    try:
        return format_.recognises(path)
    except UnknownFormat:  # it knows what the file is not
        raise
    except Exception:  # noqa: BLE001  whatever a broken file does to it, the file is not of this format
        return False
