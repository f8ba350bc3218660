"""Nothing we use may call home: real models, stores and writers, in a process from which nobody can be reached."""

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from assistant import sample
from knowledge.messages import Message
from tests.integration import endpoint, exports
from tests.integration.running import Ran, run

DAY = date(2026, 12, 1)
TAKEN = ("m209", "m229", "m239", "m252", "m258")
"""A few posts of the sample community, in several languages."""

COMMANDS = (
    ("import", "EXPORT", "-c", sample.ID),
    ("notice", "--as-of", "2026-12-01"),
    ("search", "leaking bags"),
    ("draft", "--all", "--as-of", "2026-12-01"),
    ("review", "--json"),
    ("doctor",),
)


@pytest.fixture(scope="module")
def proxy() -> Iterator[endpoint.Endpoint]:
    with endpoint.running() as running:
        yield running


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, proxy: endpoint.Endpoint, converted: Path) -> Ran:
    """What the sample's posts brought, from their import to a full queue."""
    folder = tmp_path_factory.mktemp("offline")
    profile = folder / "home" / "communities" / sample.ID / "community.yaml"
    profile.parent.mkdir(parents=True)
    profile.write_text(_with_less_to_embed(sample.profile_text(DAY)), encoding="utf-8")
    posts = [record for record in sample.records(DAY) if isinstance(record, Message) and record.id in TAKEN]
    rows = [
        {"id": post.id, "channel": post.channel, "author": post.author, "at": post.at.isoformat(), "text": post.text}
        for post in posts
    ]
    export = exports.jsonl(folder / "export.jsonl", rows)
    commands = ["\t".join(str(export) if word == "EXPORT" else word for word in command) for command in COMMANDS]
    through_proxy = proxy.url.removesuffix("/v1")
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    own = {"HEARTHSIDE_HOME": str(folder / "home"), "HEARTHSIDE_CACHE_DIR": str(converted)}
    env = {**own, **dict.fromkeys(names, through_proxy)}
    return run(sys.executable, "-m", "tests.integration.offline", *commands, env=env)


def test_everything_works_without_a_network(ran: Ran) -> None:
    assert ran.code == 0, ran.err
    for command in COMMANDS:
        assert f"{command[0]} ended with 0" in ran.err, ran.err


def test_the_drafts_are_real(ran: Ran) -> None:
    start = ran.out.index("[\n")
    drafts, _ = json.JSONDecoder().raw_decode(ran.out[start:])
    assert len(drafts) >= len(TAKEN)
    assert {draft["plan"]["language"] for draft in drafts} > {"en", "sv"}


def test_nobody_outside_was_called(ran: Ran, proxy: endpoint.Endpoint) -> None:
    assert "CALLED HOME" not in ran.err
    assert proxy.asked == []


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=0.1)",
        "import socket; socket.getaddrinfo('example.com', 443)",
        "import socket; socket.gethostbyname('example.com')",
        "from socket import socket, AF_INET, SOCK_DGRAM; socket(AF_INET, SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=0.1)",
    ],
)
def test_the_watch_sees_who_tries(attempt: str) -> None:
    code = f"import sys; from tests.integration.offline import watch; sys.addaudithook(watch); {attempt}"
    ran = run(sys.executable, "-c", code)
    assert ran.code == 1
    assert "CALLED HOME" in ran.err
    assert "CalledHome" in ran.err


def test_the_watch_lets_this_machine_be() -> None:
    code = (
        "import socket, sys; from tests.integration.offline import watch; sys.addaudithook(watch)\n"
        "door = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(('localhost', door.getsockname()[1])).close()"
    )
    assert run(sys.executable, "-c", code) == (0, "", "")


def _with_less_to_embed(profile: str) -> str:
    """The profile with one example for each remedy and incident in place of one in each language: embedding is slow."""
    data = yaml.safe_load(profile)
    for remedy in data["remedies"]:
        remedy["covers"] = remedy["covers"][:1]
    for incident in data["incidents"]:
        incident["about"] = incident["about"][:1]
    return yaml.safe_dump(data, allow_unicode=True)
