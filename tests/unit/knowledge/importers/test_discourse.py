"""Discourse posts in all the shapes in which its API gives them, and in those that it never gives."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.importers.discourse import recognises
from knowledge.messages import Channel, Member, Message, Record
from tests.unit.knowledge.importers.archives import read_export
from tests.unit.knowledge.importers.exports import (
    HOSTILE_TEXTS,
    LONE_SURROGATE,
    assert_safe,
    channels,
    discourse_post,
    json_values,
    members,
    messages,
    reasons,
    texts,
    write_json,
    zipped,
)

read_discourse = partial(read_export, name="discourse")


def read(folder: Path, *posts: Any) -> list[Record]:
    return read_discourse(write_json(folder / "posts.json", posts))


def read_one(folder: Path, **changes: Any) -> Message:
    (message,) = messages(read(folder, discourse_post(**changes)))
    return message


def test_a_post_is_read_with_its_member_and_category(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        discourse_post(
            name="Anna Nowak", category_id=3, category_name="Bags", topic_title="Leaks", post_url="/t/leaks/7/1"
        ),
    )
    assert channels(records) == [Channel(id="3", name="Bags")]
    assert members(records) == [Member(id="anna", name="Anna Nowak")]
    assert messages(records) == [
        Message(
            id="7/1",
            channel="3",
            author="anna",
            text="The bag leaks.",
            at=datetime(2025, 12, 1, 9, tzinfo=UTC),
            thread="7/1",
            title="Leaks",
            url="/t/leaks/7/1",
        )
    ]


@pytest.mark.parametrize("number", [2, "2"])
def test_an_answer_belongs_to_the_first_post(number: object, tmp_path: Path) -> None:
    message = read_one(tmp_path, number=number)
    assert (message.id, message.thread, message.reply_to) == ("7/2", "7/1", "7/1")


def test_an_answer_to_an_answer_knows_it(tmp_path: Path) -> None:
    assert read_one(tmp_path, number=5, reply_to_post_number=3).reply_to == "7/3"


@pytest.mark.parametrize("number", [1, "1"])
def test_the_first_post_answers_nothing(number: object, tmp_path: Path) -> None:
    assert read_one(tmp_path, number=number).reply_to is None


def test_no_post_answers_itself(tmp_path: Path) -> None:
    assert read_one(tmp_path, number=4, reply_to_post_number=4).reply_to is None


def test_a_topic_gives_its_title_and_category_to_its_posts(tmp_path: Path) -> None:
    bare = {key: value for key, value in discourse_post().items() if key != "topic_id"}
    topic = {"id": 7, "title": "Leaks", "category_id": 3, "post_stream": {"posts": [bare, "broken"]}}
    records = read_discourse(write_json(tmp_path / "7.json", topic))
    (message,) = messages(records)
    assert (message.id, message.title, message.channel) == ("7/1", "Leaks", "3")
    assert reasons(records) == ["not a post"]


def test_private_messages_are_left_out_and_counted(tmp_path: Path) -> None:
    topic = {"id": 7, "archetype": "private_message", "post_stream": {"posts": [discourse_post(), discourse_post(2)]}}
    records = read_discourse(write_json(tmp_path / "7.json", topic))
    assert [*channels(records), *members(records), *messages(records)] == []
    assert reasons(records) == ["private message"] * 2


def test_a_page_of_latest_posts_is_read(tmp_path: Path) -> None:
    page = {"latest_posts": [discourse_post(), discourse_post(2, "Mine too.")]}
    assert texts(read_discourse(write_json(tmp_path / "posts.json", page))) == ["The bag leaks.", "Mine too."]


def test_folders_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for folder, number in (("b", 2), ("a", 1)):
        (tmp_path / folder).mkdir()
        write_json(tmp_path / folder / "post.json", discourse_post(number, f"from {folder}"))
    assert texts(read_discourse(tmp_path)) == ["from a", "from b"]


def test_an_archive_is_read_like_a_folder(tmp_path: Path) -> None:
    post = write_json(tmp_path / "p.json", discourse_post()).read_text(encoding="utf-8")
    entries = [("posts/1.json", post), ("__MACOSX/1.json", post), ("../2.json", post), ("/3.json", post), ("x.txt", "")]
    archive = zipped(tmp_path / "a.zip", [*entries, ("a//b.json", post), ("d/" * 3000 + "x.json", post)])
    assert recognises(archive)
    assert "The bag leaks." in texts(read_discourse(archive))


def test_members_and_categories_come_once(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(), discourse_post(2), discourse_post(3))
    assert len(members(records)) == len(channels(records)) == 1
    assert len(messages(records)) == 3


def test_a_whisper_goes_where_nobody_outside_can_read(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(post_type=4, category_id=3))
    assert [(channel.id, channel.visibility) for channel in channels(records)] == [("3-whispers", "private")]
    assert [message.channel for message in messages(records)] == ["3-whispers"]


def test_the_house_bots_are_bots(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(user_id=-1, username="system"), discourse_post(2, user_id=5))
    assert [member.is_bot for member in members(records)] == [True, False]


@pytest.mark.parametrize("flag", ["staff", "admin", "moderator"])
def test_those_who_run_the_place_are_known(flag: str, tmp_path: Path) -> None:
    assert [member.is_staff for member in members(read(tmp_path, discourse_post(**{flag: True})))] == [True]


def test_an_edited_post_is_a_newer_version(tmp_path: Path) -> None:
    edited = read_one(tmp_path, updated_at="2025-12-01T10:00:00Z")
    assert edited.version == datetime(2025, 12, 1, 10, tzinfo=UTC)


def test_an_unedited_post_has_no_edit(tmp_path: Path) -> None:
    assert read_one(tmp_path, updated_at="2025-12-01T09:00:00.000Z").edited is None


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({"reactions": [{"id": "heart", "count": 2}, {"id": "x", "count": "3"}, 5]}, {"heart": 2}),
        ({"actions_summary": [{"id": 1, "count": 9}, {"id": 2, "count": 4}]}, {"heart": 4}),
        ({"reactions": [], "actions_summary": [{"id": 2}]}, {}),
        ({"reactions": "many", "actions_summary": {"id": 2}}, {}),
    ],
)
def test_likes_and_reactions_are_counted(changes: dict[str, Any], counted: dict[str, int], tmp_path: Path) -> None:
    assert read_one(tmp_path, **changes).reactions == counted


@pytest.mark.parametrize(
    ("raw", "own"),
    [
        ('[quote="bo, post:1"]You said[/quote]\nI agree.', "I agree."),
        ("[quote]a[/quote]x[quote]b[/quote]y", "xy"),
        ('[quote="bo"]outer [quote="cy"]inner[/quote] outer[/quote] mine', "mine"),
        ("[QUOTE]a[/QUOTE]mine", "mine"),
        ("mine [quote] never closed", "mine [quote] never closed"),
        ("[quote]a[/quote] x [quote] open [quote]b[/quote]", "x [quote] open [quote]b[/quote]"),
        ("[/quote] mine", "[/quote] mine"),
        ("[quote me on this] mine", "[quote me on this] mine"),
    ],
)
def test_what_others_said_is_not_said_by_the_one_who_quotes(raw: str, own: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, raw=raw).text == own


@pytest.mark.parametrize(
    ("cooked", "text"),
    [
        (
            'See <a href="https://x.example/a">here</a>.<br><div align="center">A &amp; B&nbsp;C</div>',
            "See here (https://x.example/a).\nA & B C",
        ),
        ('<p><a class="mention" href="/u/bo">@bo</a> look <img class="emoji" alt=":eyes:"></p>', "@bo look :eyes:"),
        ("<details><summary>More</summary><p>Hidden.</p></details>", "More\n\nHidden."),
        ("<blockquote><p>theirs</p></blockquote><p>mine</p>", "mine"),
        (
            '<div class="lightbox-wrapper"><a class="lightbox" href="https://x.example/1.png"><img alt="a bag">'
            '<div class="meta"><span class="filename">a bag</span><span>552×418 23.7 KB</span></div></a></div>',
            "a bag",
        ),
        (
            '<p>Prior art:</p><aside class="onebox x" data-onebox-src="https://x.example/1?a&amp;b"><p>theirs</p></aside>',
            "Prior art:\n\nhttps://x.example/1?a&b",
        ),
    ],
)
def test_a_post_is_read_as_it_is_shown(cooked: str, text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, raw="**source**", cooked=cooked).text == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("See [here](https://x.example/a), R&amp;D", "See here (https://x.example/a), R&D"),
        ("![a bag|552x418, 100%](upload://xJXyr.png) leaks", "a bag leaks"),
        ("> only theirs", "> only theirs"),
    ],
)
def test_the_source_is_read_where_nothing_is_rendered(raw: str, text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, raw=raw, cooked="<blockquote>only theirs</blockquote>").text == text


def test_quotes_without_end_take_no_time(tmp_path: Path) -> None:
    assert reasons(read(tmp_path, discourse_post(raw="[quote]" * 200_000))) == ["text longer than 100000 characters"]


@pytest.mark.parametrize(
    ("cooked", "text"),
    [
        ("<p>The <b>bag</b> leaks, <a href='x'>see here</a>.</p>", "The bag leaks, see here."),
        ("<p>One</p>\n<p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("Before<p>after</p>end", "Before\n\nafter\n\nend"),
        ("<aside class='quote'><blockquote>theirs</blockquote></aside><p>mine</p>", "mine"),
        ("&lt;b&gt; &amp; co", "<b> & co"),
        ("<div>" * 2000 + "deep", "deep"),
        ("<p>never closed", "never closed"),
    ],
)
def test_rendered_text_is_read_where_the_source_is_missing(cooked: str, text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, raw=None, cooked=cooked).text == text


@pytest.mark.parametrize("cooked", ["", "<![x[ a", None, {"a": 1}, "<p></p>", "\0"])
def test_rendered_text_that_says_nothing_is_counted(cooked: Any, tmp_path: Path) -> None:
    assert reasons(read(tmp_path, discourse_post(raw=None, cooked=cooked))) == ["no text"]


def test_rendered_text_without_end_is_not_parsed(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(raw=None, cooked="<b>" * 400_000))
    assert reasons(records) == ["text longer than 100000 characters"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "not a post"),
        ("post", "not a post"),
        ({}, "not a post"),
        ({"topic_id": 1, "post_number": 1}, "not a post"),
        (discourse_post(topic_archetype="private_message"), "private message"),
        (discourse_post(post_type=3), "written by Discourse itself"),
        (discourse_post(post_type=[]), "written by Discourse itself"),
        (discourse_post(created_at=None), "no valid time"),
        (discourse_post(created_at="soon"), "no valid time"),
        (discourse_post(created_at={}), "no valid time"),
        (discourse_post(updated_at="soon"), "no valid time"),
        (discourse_post(topic_id={}), "no topic_id, post_number or username"),
        (discourse_post([]), "no topic_id, post_number or username"),
        (discourse_post(username=LONE_SURROGATE), "no topic_id, post_number or username"),
        (discourse_post(username="x" * 301), "bad author"),
        (discourse_post(category_id="x" * 301), "bad channel"),
        (discourse_post("9" * 400), "bad id"),
        (discourse_post(raw=""), "no text"),
        (discourse_post(raw=5, cooked=None), "no text"),
        (discourse_post(reactions=[{"id": "x", "count": 10**400}]), ""),
    ],
)
def test_a_post_that_cannot_be_read_is_counted_and_the_next_one_read(item: Any, reason: str, tmp_path: Path) -> None:
    records = read(tmp_path, item, discourse_post(9, "next"))
    assert texts(records)[-1] == "next"
    assert not reason or any(reason in told for told in reasons(records))
    assert_safe(records)


def test_a_post_without_a_creation_time_is_counted(tmp_path: Path) -> None:
    post = discourse_post()
    del post["created_at"]
    assert reasons(read(tmp_path, post)) == ["no valid time (created_at)"]


@pytest.mark.parametrize(
    "field", ["name", "category_name", "topic_title", "post_url", "user_id", "reply_to_post_number"]
)
@pytest.mark.parametrize("value", [{"a": 1}, [1], LONE_SURROGATE, "\0", True])
def test_details_of_the_wrong_type_do_not_cost_the_post(field: str, value: Any, tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(2, **{field: value}))
    assert texts(records) == ["The bag leaks."]
    assert_safe(records)


def test_a_broken_file_does_not_cost_the_next(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text('{"topic_id": ', encoding="utf-8")
    (tmp_path / "1.json").write_bytes(b"\0\xff")
    write_json(tmp_path / "2.json", discourse_post())
    records = read_discourse(tmp_path)
    assert texts(records) == ["The bag leaks."]
    assert ["broken file" in reason for reason in reasons(records)] == [True, True]


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_json(tmp_path / "outside.json", discourse_post(2, "outside"))
    export = tmp_path / "export"
    export.mkdir()
    write_json(export / "1.json", discourse_post())
    (export / "2.json").symlink_to(tmp_path / "outside.json")
    (export / "broken.json").symlink_to("nowhere")
    (export / "round").symlink_to(".")
    assert texts(read_discourse(export)) == ["The bag leaks."]


def test_a_folder_without_posts_says_so(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing here", encoding="utf-8")
    assert reasons(read_discourse(tmp_path)) == ["no file that ends in .json"]


@pytest.mark.parametrize("gone", [{"deleted_at": "2025-12-02"}, {"user_deleted": True}, {"hidden": True}])
def test_a_post_that_is_gone_keeps_its_place_without_its_words(gone: dict[str, Any], tmp_path: Path) -> None:
    message = read_one(tmp_path, number=2, topic_title="Leaks", **gone)
    assert (message.id, message.thread, message.deleted) == ("7/2", "7/1", True)
    assert (message.text, message.title) == ("", None)


def test_an_author_has_the_roles_that_the_post_says(tmp_path: Path) -> None:
    post = discourse_post(trust_level=4, moderator=True, primary_group_name="roasters")
    (member,) = members(read(tmp_path, post))
    assert (member.roles, member.is_staff) == (("moderator", "trust level 4", "roasters"), True)


@pytest.mark.parametrize("level", [9, -1, True, "4", None, 2.5, [1]])
def test_a_trust_level_that_there_is_not_is_no_role(level: Any, tmp_path: Path) -> None:
    assert members(read(tmp_path, discourse_post(trust_level=level)))[0].roles == ()


def test_the_accepted_answer_is_marked(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(), discourse_post(2, "Dry it.", accepted_answer=True))
    assert [message.accepted for message in messages(records)] == [False, True]


def test_a_topic_may_say_which_answer_was_accepted(tmp_path: Path) -> None:
    posts = [discourse_post(), discourse_post(2, "Dry it."), discourse_post(3, "No.")]
    topic = {"id": 7, "accepted_answer": {"post_number": 2}, "post_stream": {"posts": posts}}
    read_ = messages(read_discourse(write_json(tmp_path / "7.json", topic)))
    assert [message.accepted for message in read_] == [False, True, False]


POLL = {"title": "Which roast?", "options": [{"html": "Dark &amp; oily"}, {"html": "Light"}, 5]}


@pytest.mark.parametrize(
    "source",
    [
        {"raw": "Vote!\n[poll type=regular]\n# Which roast?\n* Dark & oily\n* [Light]\n[/poll]"},
        {"raw": None, "cooked": "<p>Vote!</p><div class='poll'><ul><li>Dark</li><li>Light</li></ul></div>"},
    ],
)
def test_a_poll_is_its_question_and_its_options(source: dict[str, Any], tmp_path: Path) -> None:
    message = read_one(tmp_path, polls=[POLL, "broken"], **source)
    assert message.kind == "poll"
    assert [line for line in message.text.split("\n") if line] == ["Vote!", "Which roast?", "– Dark & oily", "– Light"]


def test_polls_without_end_take_no_time(tmp_path: Path) -> None:
    records = read(tmp_path, discourse_post(raw="[poll]" * 15_000 + "x", polls=[POLL]))
    assert len(messages(records)) == 1


def test_lists_of_topics_and_categories_say_what_posts_leave_out(tmp_path: Path) -> None:
    topics = [{"id": 7, "title": "Leaks", "category_id": 3}, {"id": 8, "archetype": "private_message"}, "x"]
    below = {"id": 4, "name": "Staff", "read_restricted": True}
    categories = [{"id": 3, "name": "Bags", "subcategory_list": [below, None]}]
    write_json(tmp_path / "latest.json", {"users": [], "topic_list": {"topics": topics}})
    write_json(tmp_path / "categories.json", {"category_list": {"categories": categories}})
    others = [discourse_post(1, "hidden", topic_id=8), discourse_post(1, "inner", topic_id=9, category_id=4)]
    write_json(tmp_path / "posts.json", [discourse_post(), *others])
    records = read_discourse(tmp_path)
    assert [(m.text, m.title, m.channel) for m in messages(records)] == [
        ("The bag leaks.", "Leaks", "3"),
        ("inner", None, "4"),
    ]
    assert [(c.name, c.visibility) for c in channels(records)] == [("Bags", "public"), ("Staff", "private")]
    assert reasons(records) == ["private message"]


hostile_posts = st.fixed_dictionaries(
    {
        "topic_id": st.just(7) | json_values,
        "post_number": st.integers(1, 5) | json_values,
        "username": st.sampled_from(["anna", *HOSTILE_TEXTS]) | json_values,
    },
    optional={
        "created_at": st.just("2025-12-01") | json_values,
        "updated_at": json_values,
        "raw": st.text(st.sampled_from("[]quote/ ab\0"), max_size=40) | json_values,
        "cooked": st.text(st.sampled_from("<>!/&;[ab p"), max_size=30) | json_values,
        "name": json_values,
        "category_id": json_values,
        "category_name": json_values,
        "topic_title": json_values,
        "reactions": st.lists(st.fixed_dictionaries({"id": json_values, "count": json_values}), max_size=2),
        "actions_summary": st.lists(st.fixed_dictionaries({"id": st.just(2), "count": json_values}), max_size=2),
        "reply_to_post_number": json_values,
        "post_type": st.sampled_from([1, 4]) | json_values,
        "user_id": json_values,
        "post_url": json_values,
        "deleted_at": json_values,
        "trust_level": json_values,
        "accepted_answer": json_values,
        "polls": st.lists(st.fixed_dictionaries({"title": json_values, "options": json_values}), max_size=2),
    },
)


@given(st.lists(hostile_posts | json_values, max_size=4) | json_values)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_file_becomes_a_record_or_a_counted_skip(tmp_path: Path, content: Any) -> None:
    records = read_discourse(write_json(tmp_path / "posts.json", content))
    assert_safe(records)
    assert len(messages(records)) + len(reasons(records)) >= (len(content) if isinstance(content, list) else 1)
