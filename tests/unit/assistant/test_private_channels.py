"""What is said in private shapes nothing public: a public draft is word for word the same without that channel."""

from datetime import timedelta
from typing import Any

import pytest

from assistant import usecases
from assistant.adapters.scripted import ScriptedChat
from assistant.desk import Desk
from assistant.domain import Brief, Draft, Opportunity
from assistant.errors import NotAllowed, NotFound
from assistant.gathering import plan_opportunity
from assistant.writing.model import ModelWriter
from assistant.writing.phrasebook import PhrasebookWriter
from knowledge.messages import Channel, Message
from prompts.templates import template
from tests import making
from tests.making import NOW, message

WORD = "canaryword"
PUBLIC = (
    *(message(f"c{n}", f"The bag leaks at the seam and came late, number {n}.", author=f"u{n}") for n in range(12)),
    *(message(f"w{n}", f"I wish you could please sell grinder brushes in size {n}.", author=f"u{n}") for n in range(6)),
    *(message(f"g{n}", f"My grinder makes lovely coffee on day {n}, superb.", author=f"u{n}") for n in range(8)),
    message("q1", "How and where is a grinder cleaned, anybody?", author="u1"),
    message("d1", "My father died this week, he loved the coffee here.", author="u2"),
)
PRIVATE = tuple(
    each.model_copy(
        update={
            "id": f"private-{each.id}",
            "channel": "staff",
            "author": f"insider-{n}",
            "thread": f"private-{each.id}",
            "text": f"{WORD} {each.text} {WORD}",
            "title": WORD,
        }
    )
    for n, each in enumerate(PUBLIC)
)
BRIEFS = (
    *(Brief(kind="reply", language="en", post=id_) for id_ in ("c3", "w3", "g3", "q1", "d1")),
    Brief(kind="poll", language="en"),
    Brief(kind="poll", language="en", topic="grinder brushes"),
    Brief(kind="poll", language="en", decision="size"),
    Brief(kind="challenge", language="en", topic="grinder"),
    Brief(kind="apology", language="en", incident="leaks"),
)


def desk(*messages: Message, **changes: Any) -> Desk:
    times = (NOW - timedelta(minutes=n + 1) for n in range(len(messages)))
    timed = [each.model_copy(update={"at": at}) for each, at in zip(messages, times, strict=True)]
    return making.desk(*timed, **changes)


def plain(draft: Draft) -> dict[str, Any]:
    """A draft without what differs each time."""
    return draft.model_dump(mode="json", exclude={"id": True, "provenance": {"seconds"}})


def drafted(of: Desk, brief: Brief, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(usecases, "_seed", lambda _: 3)
    return plain(usecases.draft_brief(of, brief))


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda b: f"{b.kind} {b.post or b.topic or b.decision or b.incident}")
def test_a_public_draft_is_the_same_without_the_private_channel(brief: Brief, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside = desk(*PUBLIC), desk(*PUBLIC, *PRIVATE)
    for each in (alone, beside):
        usecases.notice_now(each)
    made = drafted(beside, brief, monkeypatch)
    assert WORD not in str(made)
    assert made == drafted(alone, brief, monkeypatch)


def test_nothing_public_is_noticed_by_what_was_said_in_private() -> None:
    def public(of: Desk) -> list[Any]:
        return [o for o in usecases.notice_now(of) if not any(id_.startswith("private-") for id_ in o.posts)]

    beside = public(desk(*PUBLIC, *PRIVATE))
    assert {o.kind for o in beside} >= {"reply", "poll", "apology"}
    assert WORD not in str(beside)
    assert beside == public(desk(*PUBLIC))


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda b: f"{b.kind} {b.post or b.topic or b.decision or b.incident}")
def test_no_private_word_reaches_the_prompt_of_a_public_draft(brief: Brief) -> None:
    chat = ScriptedChat("{}")
    writer = ModelWriter(chat, template("write", 2), making.profile(), PhrasebookWriter(), lambda text: 1)
    made = desk(*PUBLIC, *PRIVATE, writer=writer)
    usecases.notice_now(made)
    usecases.draft_brief(made, brief)
    assert chat.asked
    assert WORD not in str(chat.asked)


def test_an_answer_in_a_private_channel_stays_there() -> None:
    draft = usecases.draft_brief(desk(*PUBLIC, *PRIVATE), Brief(kind="reply", language="en", post="private-c3"))
    assert draft.plan.audience == "private"


def hide_general(of: Desk) -> None:
    of.messages.save("club", channels=[Channel(id="general", name="#general", visibility="private")])


def test_a_draft_whose_posts_became_private_cannot_be_approved() -> None:
    made = desk(*PUBLIC)
    draft = usecases.draft_brief(made, Brief(kind="reply", language="en", post="c3", situation="praise"))
    hide_general(made)
    with pytest.raises(NotAllowed, match="gone or private"):
        usecases.approve(made, draft.id, "Maja", read_by="Maja")


def test_a_theme_whose_posts_became_private_is_no_theme_any_more() -> None:
    made = desk(*PUBLIC, message("x1", "Lovely wonderful superb weather for a walk.", author="u9", channel="wins"))
    theme = Opportunity(
        **{
            "id": "theme:en:grinder",
            "detector": "theme",
            "kind": "challenge",
            "situation": "theme",
            "title": "",
            "why": "",
        },
        **{"language": "en", "posts": ("g1", "g2", "x1"), "at": NOW, "topic": "grinder"},
    )
    assert plan_opportunity(made, theme).subject == "topic:grinder"
    hide_general(made)
    with pytest.raises(NotFound, match="private or gone"):
        plan_opportunity(made, theme)
