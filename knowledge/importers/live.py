"""What comes in one by one: a post or topic of Discourse, an event of Slack, or objects with the fields of a table row.

Formats: https://meta.discourse.org/t/49045 (the events “post” and “topic”), https://docs.slack.dev/reference/events/message.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import regex

from knowledge.errors import BadExport
from knowledge.importers import discourse, slack, tabular
from knowledge.importers.source import Options, as_mapping, as_text, clean, skipped
from knowledge.messages import Channel, Contents, Record

CHANNEL = "webhook"
"""The channel of rows that name none."""

_MENTION = regex.compile(r"<@([^<>|\s]{1,300})")
_DIRECT = ("im", "mpim", "app_home")


def read(body: object, *, event: str, names: Mapping[str, str], channels: Collection[str]) -> Iterator[Record]:
    """Yield what a parsed JSON body holds.

    `event` is what the sender calls it, if it does, such as “post_destroyed”. `names` (id -> name) are those of the
    members that `members_of` finds, and as #id those of public channels. `channels` are the ids of those that are
    known: in another one of Discourse or Slack a message counts as private unless the body says that it is not. Raises
    BadExport for what is neither object nor list.
    """
    if isinstance(body, list):
        return tabular.read_rows(body, CHANNEL)
    if not isinstance(body, dict):
        raise BadExport("The body should be a JSON object, or a list of objects with the fields of a table row.")
    if body.get("type") == "event_callback":
        return _slack(as_mapping(body.get("event")), names)
    if isinstance(body.get("post"), dict):
        return _post(body["post"], event, channels)
    if isinstance(body.get("topic"), dict):
        return _topic(body["topic"], event)
    if body.keys() == {"ping"}:  # Discourse tries the address with it
        return iter(())
    return tabular.read_rows([body], CHANNEL)


def members_of(body: object) -> set[str]:
    """The ids of the members that an event of Slack speaks of: it has no names."""
    event = as_mapping(as_mapping(body).get("event"))
    messages = [event, as_mapping(event.get("message")), as_mapping(event.get("previous_message"))]
    authors = {clean(as_text(message.get(key))) for message in messages for key in ("user", "bot_id")}
    return authors.union(*(_MENTION.findall(clean(as_text(message.get("text")))) for message in messages))


def _slack(event: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Record]:
    id_, kind = clean(as_text(event.get("channel"))), event.get("channel_type")
    if event.get("type") != "message" or not id_ or len(id_) > 300:
        yield skipped("event", "not a message in a channel")
    elif kind in _DIRECT:
        yield skipped("event", "direct message")
    else:
        channel = Channel(id=id_, name=f"#{id_}", visibility="public" if kind == "channel" else "private")
        yield channel
        yield from slack.read_message("event", event, channel, dict(names))


def _post(post: Mapping[str, Any], event: str, channels: Collection[str]) -> Iterator[Record]:
    """A post as posts.json has it, without a word on who can read its category."""
    known = as_text(post.get("category_id")) in channels
    gone = {"deleted_at": event} if event.endswith("_destroyed") else {}
    # Discourse calls a recovered post no newer than the deleted one.
    back = {"updated_at": datetime.now(UTC).isoformat()} if event.endswith("_recovered") else {}
    yield from discourse.read_post("post", {"read_restricted": not known, **post, **gone, **back}, Options())


def _topic(topic: Mapping[str, Any], event: str) -> Iterator[Record]:
    """A deleted topic takes its posts with it; of any other, each post comes by an event of its own."""
    id_ = clean(as_text(topic.get("id")))
    if id_ and (topic.get("deleted_at") or event.endswith("_destroyed")):
        yield Contents(thread=f"{id_}/1", ids=())
    else:
        yield skipped("topic", "a topic: its posts come by events of their own")
