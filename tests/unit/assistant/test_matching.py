from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import pytest

from assistant.desk import Desk
from knowledge.adapters.memory import ScriptedLanguages, WordEmbedder
from knowledge.embedding import Encoding
from knowledge.history import index_pending
from knowledge.languages import Detection
from knowledge.messages import Member, Message, Post
from tests import making
from tests.making import NOW, message

LEAK = "The bag leaks at the seam"
TWO_PRIVATE = making.profile(
    channels=[
        {"id": "staff", "name": "#staff", "visibility": "private"},
        {"id": "vip", "name": "#vip", "visibility": "private"},
    ]
)
SMALL_TALK = (
    message("t0", "Lovely wonderful superb espresso today.", author="u0"),
    message("t1", "How does anybody clean a grinder?", author="u1"),
    message("t2", "Please sell decaf for the evening.", author="u2"),
    message("t3", "Rain again in town.", author="u3"),
)


def make(*messages: Message, **changes: Any) -> Desk:
    return making.desk(*messages, *SMALL_TALK, **changes)


def post(desk: Desk, id_: str = "m1") -> Post:
    return desk.messages.get("club", [id_])[id_]


def similar(desk: Desk, id_: str = "m1", **changes: Any) -> list[str]:
    return [passage.post.message.id for passage in desk.matcher.similar(post(desk, id_), **changes)]


@pytest.mark.parametrize(("text", "expected"), [(LEAK, "new-bag"), ("The parcel was late", "shipping")])
def test_the_remedy_whose_description_fits_is_found(text: str, expected: str) -> None:
    desk = make(message(text=text))
    found = desk.matcher.remedy_for(post(desk))
    assert found is not None
    assert found.id == expected


@pytest.mark.parametrize(
    "text",
    ["Your app forgets my basket every time.", f"{LEAK}, and the parcel was late with delivery"],
    ids=["fits none", "fits two alike"],
)
def test_a_doubtful_remedy_is_not_offered(text: str) -> None:
    desk = make(message(text=text))
    assert desk.matcher.remedy_for(post(desk)) is None


def test_a_remedy_without_a_description_is_never_found_by_itself() -> None:
    remedies = [{"id": "gift", "text": {"en": "A bag leaks at the seam."}}]
    desk = make(message(text=LEAK), profile=making.profile(remedies=remedies))
    assert desk.matcher.remedy_for(post(desk)) is None


def test_the_only_remedy_need_not_beat_another() -> None:
    remedies = [making.profile().remedies[0].model_dump()]
    desk = make(message(text=LEAK), profile=making.profile(remedies=remedies))
    assert desk.matcher.remedy_for(post(desk)) is not None


def test_descriptions_are_embedded_once() -> None:
    class Counting(WordEmbedder):
        encoded: Collection[str] = ()

        def encode(self, texts: Sequence[str]) -> Encoding:
            self.encoded = [*self.encoded, *texts]
            return super().encode(texts)

    embedder = Counting()
    desk = make(message(text=LEAK), understanding=making.understanding()._replace(embedder=embedder))
    for _ in range(3):
        desk.matcher.remedy_for(post(desk))
    assert list(embedder.encoded).count("leaks at the seam") == 1


def test_posts_of_a_known_incident_are_recognised() -> None:
    text = "the bag leaks at the seam"
    desk = make(*(message(f"m{n}", text, author=f"a{n}") for n in range(3)))
    assert desk.matcher.incident_for([post(desk, f"m{n}") for n in range(3)]) == "leaks"


def test_one_post_in_two_that_fits_is_not_enough_for_an_incident() -> None:
    desk = make(message("m1", "the bag leaks at the seam"), message("m2", "Your app forgets my basket.", author="bo"))
    assert desk.matcher.incident_for([post(desk), post(desk, "m2")]) is None


def test_posts_about_something_else_are_no_known_incident() -> None:
    desk = make(message(text="Your app forgets my basket."))
    assert desk.matcher.incident_for([post(desk)]) is None


def test_without_posts_or_incidents_there_is_no_known_incident() -> None:
    assert make().matcher.incident_for([]) is None
    desk = make(message(text=LEAK), profile=making.profile(incidents=[]))
    assert desk.matcher.incident_for([post(desk)]) is None


def test_posts_about_the_same_are_found_the_nearest_first() -> None:
    nearer, near = message("m2", LEAK, author="bo"), message("m3", "It leaks below the seam", author="cyd")
    desk = make(message("m1", LEAK), near, nearer)
    assert similar(desk) == ["m2", "m3"]


def test_no_more_similar_posts_are_found_than_asked_for() -> None:
    desk = make(message("m1", LEAK), *(message(f"s{n}", LEAK, author=f"a{n}") for n in range(5)))
    assert len(similar(desk, count=2)) == 2


@pytest.mark.parametrize(
    "other",
    [
        message("m2", LEAK),
        message("m2", LEAK, author="bo", channel="staff"),
        message("m2", LEAK, author="bo", at=NOW - timedelta(days=91)),
        message("m2", "Rain again in another town.", author="bo"),
    ],
    ids=["by the same member", "in a private channel", "long ago", "about something else"],
)
def test_what_is_not_similar(other: Message) -> None:
    assert similar(make(message("m1", LEAK), other)) == []


@pytest.mark.parametrize(
    ("channel", "seen"), [("staff", ["m2"]), ("general", ["m2"]), ("vip", [])], ids=["its own", "public", "private"]
)
def test_beside_a_private_post_its_own_channel_and_public_ones_are_seen(channel: str, seen: list[str]) -> None:
    other = message("m2", LEAK, author="bo", channel=channel)
    assert similar(make(message("m1", LEAK, channel="staff"), other, profile=TWO_PRIVATE)) == seen


@pytest.mark.parametrize("author", ["maja", "bot"])
def test_what_the_team_or_a_bot_wrote_is_no_members_similar_post(author: str) -> None:
    bot = Member(id="bot", name="Bot", is_bot=True)
    assert similar(make(message("m1", LEAK), message("m2", LEAK, author=author), members=(bot,))) == []


def test_the_more_a_community_says_the_more_is_similar() -> None:
    desk = make(message("m1", LEAK))
    assert similar(desk) == []
    desk.messages.save("club", messages=[message("m2", LEAK, author="bo")])
    index_pending(desk.messages, desk.index, desk.understanding, "club")
    assert similar(desk) == ["m2"]


def test_a_post_that_is_not_indexed_has_nothing_similar_and_no_remedy() -> None:
    desk = make()
    stranger = making.post("m9", LEAK)
    assert desk.matcher.similar(stranger) == []
    assert desk.matcher.remedy_for(stranger) is None


def test_in_an_empty_community_nothing_is_similar() -> None:
    desk = making.desk()
    assert desk.matcher.similar(making.post()) == []
    assert desk.matcher.remedy_for(making.post()) is None


def troubles(desk: Desk, id_: str = "m1") -> list[str]:
    return [each.message.id for each in desk.matcher.troubles_before(post(desk, id_))]


def earlier(id_: str, days: int, **changes: Any) -> Message:
    return message(id_, **{"text": "It was late and broken.", "at": NOW - timedelta(days=days), **changes})


def test_a_members_earlier_complaints_are_remembered_oldest_first() -> None:
    desk = make(earlier("a", 10), earlier("b", 100), message("m1", LEAK))
    assert troubles(desk) == ["b", "a"]


@pytest.mark.parametrize(
    "past",
    [
        earlier("a", 181),
        earlier("a", 10, text="Lovely wonderful superb."),
        earlier("a", 10, author="bo"),
        earlier("a", 10, channel="staff"),
        earlier("a", 10, reply_to="m1"),
        earlier("a", -1),
    ],
    ids=["long ago", "praise", "by another", "in private", "in the same thread", "later"],
)
def test_what_is_no_earlier_trouble(past: Message) -> None:
    assert troubles(make(past, message("m1", LEAK))) == []


@pytest.mark.parametrize(
    ("channel", "told"), [("staff", ["a"]), ("general", ["a"]), ("vip", [])], ids=["its own", "public", "private"]
)
def test_in_private_a_member_is_reminded_of_trouble_told_there_or_in_public(channel: str, told: list[str]) -> None:
    desk = make(earlier("a", 10, channel=channel), message("m1", LEAK, channel="staff"), profile=TWO_PRIVATE)
    assert troubles(desk) == told


def test_members_without_a_name_are_not_taken_for_one_another() -> None:
    desk = make(earlier("a", 10, author="anonymous"), message("m1", LEAK, author="anonymous"))
    assert troubles(desk) == []


def about(desk: Desk, topic: str, language: str = "en") -> tuple[str | None, list[str]]:
    found = desk.matcher.about(topic, language)
    return found.name, [each.message.id for each in found.posts]


def test_posts_that_use_the_words_of_a_topic_are_about_it() -> None:
    desk = make(message("m1", "A hand grinder for travel."), message("m2", "My grinders squeak.", author="bo"))
    name, posts = about(desk, "grinder")
    assert name == "grinder"
    assert {"m1", "m2", "t1"} <= set(posts)


def test_what_nobody_spoke_of_has_no_posts() -> None:
    assert about(make(), "umbrellas") == ("umbrellas", [])


@pytest.mark.parametrize(
    ("changes", "members"),
    [
        ({"channel": "staff"}, ()),
        ({"author": "maja"}, ()),
        ({"author": "bot"}, (Member(id="bot", name="Bot", is_bot=True),)),
    ],
    ids=["in private", "by the team", "by a bot"],
)
def test_what_members_do_not_say_in_public_is_not_about_a_topic(
    changes: dict[str, str], members: tuple[Member, ...]
) -> None:
    desk = make(message("m1", "My umbrellas squeak.", **changes), members=members)
    assert about(desk, "umbrellas")[1] == []


class Tongues(ScriptedLanguages):
    """Tells Polish by its first word."""

    def detect(self, text: str, *, expected: Collection[str] = (), hint: str | None = None) -> Detection:
        return Detection("pl" if text.startswith(("Mój", "Stary", "Nowy")) else "en", 1.0)


def polish() -> Desk:
    """Polish posts about grinders that share some words with the English ones, but never say “grinder”."""
    texts = {"p1": "Mój młynek: Ember espresso burrs", "p2": "Stary młynek: Ember espresso burrs", "p3": "Nowy czajnik"}
    english = [message(f"e{n}", "A grinder: Ember espresso burrs", author=f"e{n}") for n in range(2)]
    others = [message(f"x{n}", text, author=f"x{n}") for n, text in enumerate(OTHER_TALK)]
    return make(
        *english,
        *(message(id_, text, author=id_) for id_, text in texts.items()),
        *others,
        understanding=making.understanding()._replace(languages=Tongues()),
    )


OTHER_TALK = ("Cold brew tonight", "Milk foam everywhere", "Saffron recipe", "Parcel tracking number", "Holiday photos")


def test_a_topic_said_in_one_language_finds_what_is_meant_in_another() -> None:
    assert set(about(polish(), "grinder", "pl")[1]) == {"p1", "p2"}


def test_a_topic_that_nobody_named_in_that_language_has_the_name_members_give_it() -> None:
    assert about(polish(), "grinder", "pl")[0] in ("młynek", "młynek ember")
    assert about(polish(), "grinder", "en")[0] == "grinder"
