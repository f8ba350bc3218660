"""Ids for messages of chats that have none."""

from collections import OrderedDict
from hashlib import sha256

_REMEMBERED = 20_000
"""Ids that are watched for equals: equals stand near one another in a chat."""


class MadeUpIds:
    """Ids for messages without one, from what is said of them: the same in each export that holds them."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def of(self, *parts: str) -> str:
        """The id of the next message of which all this is said."""
        id_ = sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:20]
        count = self._counts.pop(id_, 0) + 1
        self._counts[id_] = count
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
        return id_ if count == 1 else f"{id_}-{count}"
