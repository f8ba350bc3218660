"""The use case of forgetting, over fakes."""

from collections.abc import Sequence
from typing import Any

import pytest

from assistant.adapters.erasers import Drafts, Messages, Vectors
from assistant.desk import Desk
from assistant.errors import Misconfigured, NotAllowed, NotFound
from assistant.forgetting import Stores, find, forget, recognise
from assistant.forgotten import Trace
from knowledge.messages import Member, Message
from tests import making
from tests.making import NOW, message

KEY = b"k" * 32
MEMBERS = (
    Member(id="u1", name="Zoe Quill"),
    Member(id="u2", name="Ben"),
    Member(id="u3", name="Ben"),
    Member(id="maja", name="Maja"),
)
POSTS = (
    message("m1", "The bag leaks and it was late.", author="u1"),
    message("m2", "Zoe Quill is right.", author="u2", reply_to="m1"),
    message("m3", "How and where is it cleaned?", author="u3"),
)


class Failing:
    """An eraser that is cut off."""

    name = "failing"

    def find(self, trace: Trace) -> int:
        return 1

    def erase(self, trace: Trace) -> None:
        raise KeyboardInterrupt

    def leaves(self, trace: Trace) -> Sequence[str]:
        return ()


def stores(*messages: Message, erasers: Sequence[Any] = (), **changes: Any) -> tuple[Stores, Desk]:
    desk = making.desk(*(messages or POSTS), members=MEMBERS, profile=making.profile(**changes))
    kept = (Drafts(desk.store, "club"), Vectors(lambda: desk.index, "club"), Messages(desk.messages, "club"))
    return Stores(desk.profile, desk.messages, (*erasers, *kept), KEY), desk


def test_everything_of_a_member_goes_and_what_others_wrote_stays() -> None:
    kept, desk = stores()
    receipt = forget(kept, "u1", NOW)
    left = {m.id: m.text for m in desk.messages.everything("club")}
    assert left == {"m2": "[forgotten] is right.", "m3": "How and where is it cleaned?"}
    assert desk.index.ids("club") == {"m3"}  # m2 is indexed anew
    assert receipt.counts == {"drafts": 0, "vectors": 2, "messages": 2}
    assert receipt.complete
    assert "u1" not in str(receipt)
    assert desk.messages.members("club", "Zoe Quill") == []


def test_a_name_with_an_ending_stays_in_what_others_wrote_and_the_receipt_says_so() -> None:
    kept, desk = stores(*POSTS, message("m4", "Pytałam Zoeę i to Quillowi.", author="u2"))
    receipt = forget(kept, "u1", NOW)
    assert {m.id: m.text for m in desk.messages.everything("club")}["m4"] == "Pytałam Zoeę i to Quillowi."
    assert any("with an ending" in left for left in receipt.remains)


def test_a_name_that_several_have_is_refused_with_their_ids() -> None:
    with pytest.raises(NotAllowed, match=r"u2 \(Ben\), u3 \(Ben\)"):
        forget(stores()[0], "ben", NOW)


def test_somebody_unknown_is_refused() -> None:
    with pytest.raises(NotFound, match="The Club has no member"):
        forget(stores()[0], "nobody", NOW)


def test_those_without_a_name_cannot_be_forgotten_together() -> None:
    with pytest.raises(NotAllowed, match="without a name"):
        forget(stores(message("a1", author="anonymous"))[0], "anonymous", NOW)


def test_one_who_is_known_by_several_ids_is_forgotten_under_all() -> None:
    alias = {"id": "u1", "also": ["zq", "Zoe the Great"]}
    posts = (*POSTS, message("m4", "Zoe the Great has spoken.", author="u2"))
    kept, desk = stores(*posts, members=[alias])
    assert find(kept, "zq").ids == {"u1", "zq", "Zoe the Great"}
    forget(kept, "Zoe the Great", NOW)
    assert {m.id: m.text for m in desk.messages.everything("club")}["m4"] == "[forgotten] has spoken."
    assert recognise(desk.messages, "club", KEY).has("member", "zq")


def test_from_the_first_moment_no_import_brings_them_back() -> None:
    kept, desk = stores(erasers=[Failing()])
    with pytest.raises(KeyboardInterrupt):
        forget(kept, "u1", NOW)
    known = recognise(desk.messages, "club", KEY)
    assert known.has("member", "u1")
    assert known.names("Zoe Quill")
    assert len(list(desk.messages.everything("club"))) == 3


def test_run_again_it_ends_with_what_the_first_run_counted() -> None:
    kept, _ = stores(erasers=[Failing()])
    with pytest.raises(KeyboardInterrupt):
        forget(kept, "u1", NOW)
    receipt = forget(kept._replace(erasers=kept.erasers[1:]), "Zoe Quill", NOW)
    assert (receipt.complete, receipt.counts["messages"]) == (True, 2)
    assert forget(kept, "u1", NOW) == forget(kept, "Zoe Quill", NOW) == receipt


def test_with_another_key_nobody_is_recognised_and_that_is_said() -> None:
    kept, desk = stores()
    forget(kept, "u1", NOW)
    with pytest.raises(Misconfigured, match=r"forgotten\.key"):
        recognise(desk.messages, "club", b"another")
    assert not recognise(desk.messages, "elsewhere", b"").digests


def test_two_members_are_both_kept_out() -> None:
    kept, desk = stores()
    first, second = forget(kept, "u1", NOW), forget(kept, "u3", NOW)
    assert first.member != second.member
    known = recognise(desk.messages, "club", KEY)
    assert [known.has("member", each) for each in ("u1", "u2", "u3")] == [True, False, True]


def test_other_communities_are_left_alone() -> None:
    kept, desk = stores()
    desk.messages.save("other", messages=[message("m1", author="u1")], members=[MEMBERS[0]])
    forget(kept, "u1", NOW)
    assert [m.author for m in desk.messages.everything("other")] == ["u1"]


def test_what_was_withdrawn_is_seen_nowhere_and_comes_back_with_an_import() -> None:
    desk = making.desk(*POSTS, members=MEMBERS)
    desk.messages.withdraw("club", {"u1"})
    assert [post.message.id for post in desk.messages.posts("club")] == ["m2", "m3"]
    assert desk.messages.matching("club", [[["bag"]]], 5) == [[]]
    assert desk.messages.gone("club", 5) == {"m1": "post"}
    assert desk.messages.save("club", messages=POSTS).changed == 1
    assert [m.id for m in desk.messages.pending("club", desk.index.embedder, 5)] == ["m1"]
