"""The makers in tests/making.py work together: a desk answers a post."""

from assistant import usecases
from assistant.domain import Brief
from tests import making


def test_a_desk_of_fakes_drafts_a_reply() -> None:
    desk = making.desk(making.message("m1", "My bag leaks at the seam and smells of nothing."))
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="m1"))
    assert draft.plan.situation == "criticism"
    assert not draft.blocking
