from datetime import timedelta

from assistant.noticing import notice
from knowledge.adapters.memory import WordEmbedder
from tests import making
from tests.making import NOW, post, view

QUIET = making.profile(decisions=[])
GRIEF = "My father died on Sunday and the bag leaks."


def test_a_post_is_answered_once_by_the_first_detector_that_claims_it() -> None:
    found = notice(view(post("m1", GRIEF, rating=1), profile=QUIET))
    assert [o.id for o in found] == ["grief:m1"]


def test_a_complaint_about_an_incident_deserves_an_answer_of_its_own() -> None:
    posts = [post(f"m{n}", author=f"a{n}") for n in range(5)]
    vectors = {p.message.id: WordEmbedder().encode_query("It leaks.") for p in posts}
    found = notice(view(*posts, profile=QUIET, vectors=vectors))
    assert sorted(o.detector for o in found) == ["criticism"] * 5 + ["incident"]


def test_what_is_due_first_comes_first_and_what_is_never_due_last() -> None:
    undated = making.profile(
        decisions=[
            {
                "id": "size",
                "question": {"en": "Which size?"},
                "options": [{"en": "Small"}, {"en": "Large"}],
                "use": {"en": "It is sold."},
            }
        ]
    )
    posts = [
        post("late", intent="praise", sentiment="positive", author="a"),
        post("soon", author="b"),
        post("overdue", author="c", at=NOW - timedelta(days=3)),
    ]
    assert [o.id for o in notice(view(*posts, profile=undated))] == [
        "criticism:overdue",
        "criticism:soon",
        "praise:late",
        "decision:size",
    ]


def test_of_two_due_at_once_the_weightier_comes_first() -> None:
    posts = [post(f"m{n}", author=f"a{n}") for n in range(5)]
    vectors = {p.message.id: WordEmbedder().encode_query("It leaks.") for p in posts}
    assert notice(view(*posts, profile=QUIET, vectors=vectors))[0].detector == "incident"


def test_in_a_quiet_community_nothing_is_noticed() -> None:
    assert notice(view(profile=QUIET)) == []
