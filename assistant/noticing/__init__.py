"""One module per detector: the history of a community in, opportunities out, each with its why and its posts. Pure."""

from collections.abc import Callable, Iterable

from assistant.domain import Opportunity
from assistant.noticing import criticism, decision, grief, incident, praise, question, theme, wish
from assistant.noticing.view import View

DETECTORS: tuple[Callable[[View], Iterable[Opportunity]], ...] = (
    grief.detect,
    incident.detect,
    criticism.detect,
    question.detect,
    praise.detect,
    wish.detect,
    decision.detect,
    theme.detect,
)


def notice(view: View) -> list[Opportunity]:
    """What all detectors find, most urgent first. A post is answered once: the first detector to claim it keeps it."""
    found: dict[str, Opportunity] = {}
    answered: set[str] = set()
    for detect in DETECTORS:
        for opportunity in detect(view):
            if opportunity.kind == "reply":
                if opportunity.posts[0] in answered:
                    continue
                answered.add(opportunity.posts[0])
            found.setdefault(opportunity.id, opportunity)
    return sorted(found.values(), key=lambda o: o.urgency)
