"""One module per export format. Each recognises its format by content and yields records, streaming; pure parsing.

An importer never raises for a part it cannot read: it yields `Skipped` with the place and goes on. It raises BadExport
only when nothing at all can be read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import UnknownFormat
from knowledge.importers import discourse, slack, tabular
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
    Format("discourse", discourse.recognises, discourse.read),
    Format("table", tabular.recognises, tabular.read),
)


def recognise(path: Path, name: str | None = None) -> Format:
    """The format of an export, by its content or by its name. Raises UnknownFormat with what could be done."""
    if not path.exists():
        raise UnknownFormat(f"{path} does not exist.")
    for format_ in FORMATS:
        if name == format_.name or (name is None and format_.recognises(path)):
            return format_
    known = ", ".join(format_.name for format_ in FORMATS)
    if name is not None:
        raise UnknownFormat(f"There is no format “{name}”. Known: {known}.")
    raise UnknownFormat(
        f"{path} is none of the formats we read ({known}). A CSV or JSONL file needs a column with the text and one "
        f"with the time; {tabular.ADVICE}."
    )
