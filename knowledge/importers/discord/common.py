"""What the three kinds of files share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import regex

from knowledge.importers.source import Node, Options
from knowledge.messages import Record

DIRECT_MESSAGES = "Direct Messages"
"""What the exporter calls the guild of messages between persons."""
BY_DISCORD = "written by Discord itself"
FORWARDED = "forwarded message"
PRIVATE = "private message"

_ID_IN_NAME = regex.compile(r"\[(\d{15,20})\]")
_STAFF = regex.compile(r"\b(admins?|administrators?|mods?|moderators?|owners?|staff)\b", regex.IGNORECASE)

Replies = Iterator[tuple[str, str]]
"""Reply and what it answers."""


class Kind(NamedTuple):
    """A kind of file: how it begins, which of its messages are replies, how it is read."""

    begins: Callable[[bytes], bool]
    replies: Callable[[Node], Replies]
    read: Callable[[Node, Mapping[str, str], Options], Iterator[Record]]


def channel_id(file_name: str, guild: str, channel: str) -> str:
    """The id of the channel that a file is named after, or else what stands for one."""
    match = _ID_IN_NAME.search(file_name)
    return str(match.group(1)) if match else f"{guild}/{channel}"[:300]


def is_staff(roles: Iterable[str]) -> bool:
    """Whether one of the roles is called so that its members run the place."""
    return any(_STAFF.search(role) for role in roles)
