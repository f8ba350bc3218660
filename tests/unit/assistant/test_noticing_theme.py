from assistant.domain import Opportunity
from assistant.noticing.theme import detect
from knowledge.adapters.memory import WordEmbedder
from knowledge.messages import Post
from tests.making import NOW, post, view

WORDS = WordEmbedder()
FOAM = "Milk foam milk foam, my milk foam"
WATER = "Tap water filter, tap water filter"
VECTORS = {text: WORDS.encode_query(text) for text in (FOAM, WATER)}


def talk(text: str, prefix: str, members: int, **changes: object) -> list[Post]:
    """A post each of so many members about one matter."""
    values = {"intent": "other", "sentiment": "neutral", **changes}
    return [post(f"{prefix}{n}", text, **{"author": f"{prefix}{n}", **values}) for n in range(members)]


def themes(*posts: Post) -> dict[str, Opportunity]:
    vectors = {each.message.id: VECTORS[each.message.text] for each in posts}
    return {found.id: found for found in detect(view(*posts, vectors=vectors))}


def test_what_many_members_talk_about_is_a_theme() -> None:
    found = themes(*talk(FOAM, "a", 7), *talk(WATER, "b", 6))
    assert set(found) == {"theme:en:milk foam", "theme:en:water filter"}


def test_a_theme_is_worth_a_challenge_and_has_its_posts_and_topic() -> None:
    found = themes(*talk(FOAM, "a", 7), *talk(WATER, "b", 6))["theme:en:milk foam"]
    assert (found.kind, found.topic, found.subject) == ("challenge", "milk foam", "topic:milk foam")
    assert set(found.posts) == {f"a{n}" for n in range(7)}
    assert (found.weight, found.due) == (7, None)


def test_what_few_members_talk_about_is_no_theme() -> None:
    assert set(themes(*talk(FOAM, "a", 8), *talk(WATER, "b", 5))) == {"theme:en:milk foam"}


def test_one_member_who_talks_a_lot_makes_no_theme() -> None:
    assert set(themes(*talk(FOAM, "a", 8), *talk(WATER, "b", 8, author="bo"))) == {"theme:en:milk foam"}


def test_what_members_complain_about_is_nothing_to_play_with() -> None:
    found = themes(*talk(FOAM, "a", 8), *talk(WATER, "b", 8, intent="complaint", sentiment="negative"))
    assert "theme:en:water filter" not in found


def test_private_channels_feed_no_theme() -> None:
    found = themes(*talk(FOAM, "a", 8), *talk(WATER, "b", 8, visibility="private"))
    assert "theme:en:water filter" not in found


def test_the_team_feeds_no_theme() -> None:
    found = themes(*talk(FOAM, "a", 6), *talk(WATER, "b", 5), *talk(WATER, "c", 1, author="maja"))
    assert "theme:en:water filter" not in found


def test_a_theme_is_proposed_in_each_language_that_three_members_wrote_in() -> None:
    posts = [*talk(FOAM, "a", 6), *talk(FOAM, "b", 3, language="sv"), *talk(FOAM, "c", 2, language="pt")]
    found = themes(*posts, *talk(WATER, "d", 6))
    foam = {f.language: len(f.posts) for f in found.values() if "milk" in f.title}
    assert foam == {"en": 6, "sv": 3}


def test_a_theme_says_how_many_members_care_and_when_they_last_did() -> None:
    posts = [*talk(FOAM, "a", 6), *talk(FOAM, "b", 3, language="sv", at=NOW), *talk(WATER, "d", 6)]
    found = next(f for f in themes(*posts).values() if f.language == "sv")
    assert found.why == "9 members wrote about it, 3 of them in this language."
    assert found.at == NOW
