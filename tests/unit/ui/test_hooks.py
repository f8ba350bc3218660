"""The webhook: who may call, how often, what comes in, and what stays out."""

import asyncio
import hmac
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from assistant.bootstrap import House
from assistant.errors import Misconfigured
from assistant.forgetting import forget
from knowledge.messages import Channel, Member
from tests import making
from tests.unit.knowledge.importers.exports import HOSTILE_TEXTS, discourse_post, json_values, slack_message
from ui import hooks

SECRET = "correct horse battery"
NOW = 1_796_000_000.0
BEARER = {"Authorization": f"Bearer {SECRET}"}
ROW = {"id": "m1", "author": "anna", "at": "2026-11-28T10:00:00Z", "text": "The bag leaks.", "channel": "help"}
PRIVATE = {"id": "vip", "name": "#vip", "visibility": "private"}

Caller = Callable[..., Any]


@pytest.fixture(scope="module")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("furnished")
    with making.house(home) as made:
        making.furnish(made, channels=[PRIVATE])
        making.furnish(made, id="bakery", channels=[])
    return home


@pytest.fixture
def at(_furnished: Path, tmp_path: Path) -> Path:
    """The home of two communities without a post, “club” and “bakery”."""
    return Path(shutil.copytree(_furnished, tmp_path / "home"))


@pytest.fixture
def house(at: Path) -> Iterator[House]:
    with making.house(at, webhook_secret=SECRET) as made:
        yield made


def client(house: House) -> TestClient:
    return TestClient(Starlette(routes=hooks.routes(house, lambda: NOW)), raise_server_exceptions=False)


@pytest.fixture
def call(house: House) -> Caller:
    """Send a body to the club's webhook, with the secret unless other headers are given."""
    door = client(house)

    def send(body: Any, headers: Mapping[str, str] = BEARER, to: str = "club", kind: str = "application/json") -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return door.post(f"/hooks/{to}", content=content, headers={"Content-Type": kind, **headers})

    return send


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def by_slack(body: bytes, at: float = NOW, secret: str = SECRET) -> dict[str, str]:
    stamp = f"{at:.0f}"
    signature = signed(b"v0:" + stamp.encode() + b":" + body, secret)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}


def event(message: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event": {"channel": "C1", "channel_type": "channel", **message, **changes}}


def stored(house: House) -> dict[str, str]:
    return {message.id: message.text for message in house.messages.pending("club", house.embedder.name, 99)}


# who may call


def test_without_a_secret_there_is_no_webhook(tmp_path: Path) -> None:
    with making.house(tmp_path / "home") as house:
        assert hooks.routes(house) == []


def test_a_rate_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    wrong = making.house(tmp_path / "home", webhook_secret=SECRET, webhook_rate="often")
    with wrong as house, pytest.raises(Misconfigured, match="“often”; write it like 60/minute"):
        hooks.routes(house)


BODY = json.dumps(ROW).encode()


@pytest.mark.parametrize(
    "headers",
    [
        BEARER,
        {"X-Discourse-Event-Signature": f"sha256={signed(BODY)}"},
        {"X-Hub-Signature-256": f"sha256={signed(BODY)}"},
        by_slack(BODY),
        by_slack(BODY, at=NOW - 299),
    ],
)
def test_who_knows_the_secret_comes_in(call: Caller, house: House, headers: dict[str, str]) -> None:
    answer = call(BODY, headers)
    assert (answer.status_code, answer.json()) == (200, {"added": 1, "changed": 0, "unchanged": 0, "skipped": {}})
    assert stored(house) == {"m1": "The bag leaks."}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": SECRET},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {SECRET}é"},
        {"X-Discourse-Event-Signature": f"sha256={signed(BODY, 'another secret')}"},
        {"X-Discourse-Event-Signature": f"sha256={signed(BODY + b' ')}"},
        {"X-Discourse-Event-Signature": signed(BODY)},
        {"X-Hub-Signature-256": "sha256="},
        by_slack(BODY, secret="another secret"),
        by_slack(BODY, at=NOW - 301),
        by_slack(BODY, at=NOW + 301),
        {**by_slack(BODY), "X-Slack-Request-Timestamp": f"{NOW + 1:.0f}"},
        {**by_slack(BODY), "X-Slack-Request-Timestamp": "nan"},
        {"X-Slack-Signature": by_slack(BODY)["X-Slack-Signature"]},
    ],
)
def test_anybody_else_hears_no_more_than_that(call: Caller, house: House, headers: dict[str, str]) -> None:
    for to in ("club", "nowhere"):
        answer = call(BODY, {name: value.encode("latin-1") for name, value in headers.items()}, to=to)
        assert (answer.status_code, answer.content) == (401, b"")
    assert stored(house) == {}


def test_nothing_of_a_body_or_the_secret_is_logged(call: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for headers in (BEARER, {}, {"Authorization": "Bearer wrong"}):
        call([ROW, {"text": {}}, "The bag"], headers)
        call(b'{"text": "The bag', headers)
    assert "bag" not in caplog.text
    assert SECRET not in caplog.text


# how often


def test_more_than_the_rate_is_told_to_wait(at: Path) -> None:
    with making.house(at, webhook_secret=SECRET, webhook_rate="2/minute") as house:
        door = client(house)
        codes = [door.post("/hooks/club", json=ROW, headers=BEARER).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        answer = door.post("/hooks/club", json=ROW, headers=BEARER)
        assert 0 < int(answer.headers["Retry-After"]) <= 61
        assert answer.json()["error"].startswith("More than 2 per 1 minute; wait for ")
        assert door.post("/hooks/bakery", json=ROW, headers=BEARER).status_code == 200


def test_who_guesses_too_often_is_not_listened_to_any_more(at: Path) -> None:
    with making.house(at, webhook_secret=SECRET, webhook_rate="2/minute") as house:
        door = client(house)
        guesses = [door.post("/hooks/club", json=ROW, headers={"Authorization": f"Bearer {n}"}) for n in range(3)]
        assert [guess.status_code for guess in guesses] == [401, 401, 429]
        assert door.post("/hooks/club", json=ROW, headers=BEARER).status_code == 429


def test_callers_without_end_take_no_memory_without_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_MAX_CALLERS", 3)
    (route,) = hooks.routes(house)
    made = route.endpoint.__self__  # type: ignore[attr-defined]
    for number in range(10):
        made._count("failed", str(number))
    assert len(made._calls.events) <= 3


# what is sent


def test_a_body_that_is_too_large_is_refused(call: Caller) -> None:
    answer = call(b"[" + b" " * hooks.MAX_BODY)
    assert (answer.status_code, answer.json()["error"]) == (413, "The body is larger than 1 MiB; send less at once.")


def test_of_a_body_without_end_no_more_is_read_than_is_allowed() -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * (hooks.MAX_BODY // 4), "more_body": True}

    with pytest.raises(hooks._Turned, match="larger than 1 MiB"):
        asyncio.run(hooks._read(Request({"type": "http", "method": "POST", "headers": []}, receive)))
    assert read == 5


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_what_is_not_called_json_is_refused(call: Caller, kind: str) -> None:
    assert call(ROW, kind=kind).status_code == 415


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"])
def test_json_under_its_other_names_comes_in(call: Caller, kind: str) -> None:
    assert call(ROW, kind=kind).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is not JSON: Expecting value in line 1, column 1."),
        (b'{"text": \n"a",}', "in line 2, column 5."),
        (b"[" * 100_000, "nested too deep"),
        (b"9" * 5000, "a number that is too long"),
        (b"\xff\xfe\xff", "not UTF-8"),
        (b'"text"', "should be a JSON object, or a list"),
        (b"null", "should be a JSON object, or a list"),
    ],
)
def test_a_broken_body_is_refused_with_a_sentence(call: Caller, body: bytes, said: str) -> None:
    answer = call(body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize("name", ["nowhere", "..", "%00", "Club", "x" * 400, "%E6%97%A5", "a%2Fb"])
def test_an_unknown_community_is_not_found(call: Caller, name: str) -> None:
    assert call(ROW, to=name).status_code == 404


def test_a_broken_profile_is_said_without_its_path(call: Caller, house: House) -> None:
    house.profile_path("club").write_text("broken: [")
    answer = call(ROW)
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("The community's profile is broken: `hearthside doctor` says where")


def test_a_home_without_the_key_of_those_who_were_forgotten_says_what_to_put_back(call: Caller, house: House) -> None:
    call(ROW)
    forget(house.forgetting("club"), "anna", house.present())
    (house.settings.home / "forgotten.key").unlink()
    answer = call({**ROW, "id": "m2", "author": "ben"})
    assert answer.status_code == 503
    assert "Put forgotten.key" in answer.json()["error"]
    assert answer.json()["error"].endswith("into this one; send it again later.")


def test_a_database_that_fails_asks_to_send_it_again(call: Caller, house: House) -> None:
    with house.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE messages RENAME TO gone")
    answer = call(ROW)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


# rows of our own


def test_the_same_again_changes_nothing(call: Caller) -> None:
    call(ROW)
    assert call(ROW).json() == {"added": 0, "changed": 0, "unchanged": 1, "skipped": {}}


def test_a_list_comes_in_and_says_what_was_left_out(call: Caller, house: House) -> None:
    rows = [ROW, {**ROW, "id": "m2", "text": " "}, "text", {**ROW, "id": "m3", "reply_to": "m1", "text": "Mine too."}]
    answer = call(rows).json()
    assert (answer["added"], answer["skipped"]) == (2, {"no text": 1, "not a JSON object": 1})
    assert list(stored(house)) == ["m1", "m3"]


def test_a_reply_joins_the_thread_of_what_it_answers(call: Caller, house: House) -> None:
    for id_, to in (("m1", None), ("m2", "m1"), ("m3", "m2")):
        call({**ROW, "id": id_, "reply_to": to})
    assert house.messages.threads("club", ["m3"]) == {"m3": "m1"}


def test_a_deleted_row_leaves_its_place_alone(call: Caller, house: House) -> None:
    call(ROW)
    gone = {name: ROW[name] for name in ("id", "at")}
    assert call({**gone, "deleted": True}).json()["changed"] == 1
    assert house.messages.count("club") == 0
    assert call({"at": ROW["at"], "deleted": True}).json()["skipped"] == {
        "deleted, and no id that says which message": 1
    }


def test_a_row_without_a_channel_stands_in_that_of_the_webhook(call: Caller, house: House) -> None:
    call({"text": "The bag leaks.", "at": 1_796_000_000})
    assert "webhook" in house.messages.channels("club")


# channels and members


def test_a_channel_that_the_profile_keeps_private_stays_so(call: Caller, house: House) -> None:
    call({**ROW, "channel": "vip"})
    call(event(slack_message(), channel="vip"))
    assert house.messages.channels("club")["vip"].visibility == "private"


def test_a_channel_that_an_export_called_private_stays_so(call: Caller, house: House) -> None:
    house.messages.save("club", channels=[Channel(id="5", name="Staff", visibility="private")])
    call({"post": discourse_post(category_id=5)})
    assert house.messages.channels("club")["5"] == Channel(id="5", name="Staff", visibility="private")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({**ROW, "channel": "5"}, "public"),
        ({"post": discourse_post(category_id=5)}, "private"),
        ({"post": discourse_post(category_id=5, read_restricted=False)}, "public"),
        (event(slack_message(), channel="5"), "public"),
        (event(slack_message(), channel="5", channel_type="group"), "private"),
        (event(slack_message(), channel="5", channel_type=None), "private"),
    ],
)
def test_a_channel_that_nobody_knows_is_as_the_body_says(call: Caller, house: House, body: Any, seen: str) -> None:
    assert call(body).json()["added"] == 1
    assert house.messages.channels("club")["5"].visibility == seen


def test_a_channel_that_becomes_private_is_private_from_then_on(call: Caller, house: House) -> None:
    house.messages.save("club", channels=[Channel(id="C1", name="#general")])
    call(event(slack_message(), channel_type="group"))
    call(event(slack_message(ts="1764579601.0001")))
    assert house.messages.channels("club")["C1"] == Channel(id="C1", name="#general", visibility="private")


def test_a_channel_that_one_row_of_many_calls_private_is_private(call: Caller, house: House) -> None:
    rows = [{**ROW, "id": id_, "visibility": seen} for id_, seen in (("1", ""), ("2", "private"), ("3", "public"))]
    call(rows)
    assert house.messages.channels("club")["help"].visibility == "private"


def test_members_keep_the_names_that_an_export_gave_them(call: Caller, house: House) -> None:
    house.messages.save("club", members=[Member(id="U1", name="Anna", is_staff=True), Member(id="U2", name="Ben")])
    call({**ROW, "author": "U1"})
    call(event(slack_message("Hello <@U2>")))
    assert [member.name for member in house.messages.staff("club")] == ["Anna"]
    assert stored(house)["C1/1764579600.000100"] == "Hello @Ben"


# Slack


def test_slack_is_answered_when_it_tries_the_address(call: Caller) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    assert call(body, by_slack(body)).json() == {"challenge": "3eZbrw1a"}
    assert call(body, by_slack(body), to="nowhere").status_code == 404
    assert call(body, by_slack(body, secret="another secret")).status_code == 401


def test_a_message_of_slack_comes_in_is_edited_and_is_deleted(call: Caller, house: House) -> None:
    said = slack_message("It leaks")
    assert call(event(said)).json()["added"] == 1
    edited = {**said, "text": "It drips", "edited": {"ts": "1764579700.0"}}
    assert call(event({"type": "message", "subtype": "message_changed", "message": edited})).json()["changed"] == 1
    assert list(stored(house).values()) == ["It drips"]
    gone = {"type": "message", "subtype": "message_deleted", "deleted_ts": said["ts"], "previous_message": edited}
    assert call(event(gone)).json()["changed"] == 1
    assert stored(house) == {}


def test_slack_names_channels_as_an_export_does(call: Caller, house: House) -> None:
    known = [Channel(id="C2", name="#help"), Channel(id="C3", name="#board", visibility="private")]
    house.messages.save("club", channels=known)
    call(event(slack_message("Ask in <#C2|> or <#C3|>")))
    assert list(stored(house).values()) == ["Ask in #help or #C3"]


def test_a_deletion_of_slack_may_say_nothing_but_which_message(call: Caller, house: House) -> None:
    said = slack_message("It leaks")
    call(event(said))
    gone = {"type": "message", "subtype": "message_deleted", "ts": "1764579700.0", "deleted_ts": said["ts"]}
    assert call(event(gone)).json()["changed"] == 1
    assert stored(house) == {}
    assert house.messages.members("club", "unknown") == []


@pytest.mark.parametrize("kind", ["im", "mpim"])
def test_direct_messages_are_never_read(call: Caller, house: House, kind: str) -> None:
    assert call(event(slack_message(), channel_type=kind)).json()["skipped"] == {"direct message": 1}
    assert house.messages.count("club") == 0


def test_other_events_of_slack_are_left_out(call: Caller) -> None:
    assert call(event({"type": "reaction_added"})).json()["skipped"] == {"not a message in a channel": 1}


# Discourse


def test_a_post_of_discourse_comes_in_is_edited_and_is_deleted(call: Caller, house: House) -> None:
    assert call({"post": discourse_post(topic_title="Bags")}).json()["added"] == 1
    edited = discourse_post(raw="It holds.", updated_at="2025-12-02T09:00:00Z")
    assert call({"post": edited}).json()["changed"] == 1
    assert stored(house) == {"7/1": "It holds."}
    assert call({"post": edited}, {**BEARER, "X-Discourse-Event": "post_destroyed"}).json()["changed"] == 1
    assert stored(house) == {}


def test_a_post_that_discourse_recovers_comes_back_each_time(call: Caller, house: House) -> None:
    post = discourse_post()
    call({"post": post})
    for _ in range(2):
        call(
            {"post": {**post, "deleted_at": "2026-01-01T09:00:00Z"}}, {**BEARER, "X-Discourse-Event": "post_destroyed"}
        )
        assert stored(house) == {}
        call({"post": post}, {**BEARER, "X-Discourse-Event": "post_recovered"})
        assert stored(house) == {"7/1": post["raw"]}


def test_a_deleted_topic_takes_its_posts_with_it(call: Caller, house: House) -> None:
    call({"post": discourse_post()})
    call({"post": discourse_post(2, "Mine too.")})
    call({"post": discourse_post(1, "Another one.", topic_id=8)})
    assert call({"topic": {"id": 7, "title": "Bags"}}).json()["changed"] == 0
    answer = call({"topic": {"id": 7}}, {**BEARER, "X-Discourse-Event": "topic_destroyed"})
    assert answer.json()["changed"] == 2
    assert list(stored(house)) == ["8/1"]


def test_private_messages_are_never_read(call: Caller, house: House) -> None:
    answer = call({"post": discourse_post(topic_archetype="private_message")})
    assert answer.json()["skipped"] == {"private message": 1}
    assert house.messages.count("club") == 0


def test_discourse_may_try_the_address(call: Caller) -> None:
    assert call({"ping": "OK"}).json() == {"added": 0, "changed": 0, "unchanged": 0, "skipped": {}}


# anything at all


KEYS = ["id", "text", "at", "author", "channel", "channel_type", "type", "subtype", "user", "ts", "message", "deleted"]
KEYS += ["topic_id", "post_number", "username", "created_at", "raw", "category_id", "rating", "reply_to", "edited"]
objects = st.dictionaries(st.sampled_from(KEYS), json_values | st.sampled_from(HOSTILE_TEXTS), max_size=8)
near = st.one_of(
    objects.map(lambda inner: {**ROW, **inner}),
    objects.map(lambda inner: {"post": discourse_post(**inner)}),
    objects.map(lambda inner: {"topic": {"id": 1, "deleted_at": 1, **inner}}),
    objects.map(lambda inner: event({**slack_message(), **inner})),
    json_values.map(lambda challenge: {"type": "url_verification", "challenge": challenge}),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(body=event({**slack_message(), "user": "\ud800", "text": "<@\ud800>"}), name="")
@given(body=near | json_values | st.lists(near | json_values, max_size=3), name=st.sampled_from(HOSTILE_TEXTS))
def test_whatever_is_sent_is_answered(unlimited: Caller, body: Any, name: str) -> None:
    headers = {**BEARER, "X-Discourse-Event": f"{name[:9].encode('ascii', 'ignore')!r}_destroyed"}
    assert unlimited(body, headers).status_code in (200, 400)


@pytest.fixture
def unlimited(at: Path) -> Iterator[Caller]:
    with making.house(at, webhook_secret=SECRET, webhook_rate="9999/second") as house, client(house) as door:
        yield lambda body, headers: door.post(
            "/hooks/club", content=json.dumps(body), headers={"Content-Type": "application/json", **headers}
        )
