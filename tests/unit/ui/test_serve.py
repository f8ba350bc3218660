"""Opening the desk: a port, a door with a lock where it needs one, and a queue that is not empty."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
import yaml

from assistant import intake, sample
from assistant.bootstrap import House
from assistant.errors import Misconfigured
from assistant.settings import read_settings
from knowledge.history import Progress
from tests import making
from ui.desk import serve

LONGEST_PORT = 65535


@pytest.fixture
def house() -> Iterator[House]:
    """A house whose understanding is quick and told by words."""
    with House(read_settings(), making.NOW) as made:
        made.understanding = making.understanding()
        made.embedder = cast(Any, made.understanding.embedder)
        yield made


@contextmanager
def quiet(_label: str) -> Iterator[Progress]:
    yield lambda _done, _total: None


def bring_in(house: House, *texts: str) -> None:
    """The club, with these posts stored and not indexed."""
    path = house.profile_path("club")
    path.parent.mkdir(parents=True, exist_ok=True)
    data = making.profile().model_dump(mode="json")
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    intake.apply_profile(house, house.profile("club"))
    messages = [
        making.message(f"p{n}", text, at=making.NOW - timedelta(hours=n + 1), author=f"a{n}")
        for n, text in enumerate(texts)
    ]
    house.messages.save("club", messages=messages)


def prepared(house: House) -> list[str]:
    said: list[str] = []
    serve.prepare(house, "phrasebook", say=said.append, progress=quiet)
    return said


@contextmanager
def taken(host: str = "127.0.0.1") -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as other:
        other.bind((host, 0))
        other.listen()
        yield int(other.getsockname()[1])


# credentials


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.53"])
def test_on_this_machine_alone_no_login_is_needed(host: str) -> None:
    assert serve.credentials(host, None) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "desk.example.com", "localhost.example.com", ""])
def test_a_door_that_others_can_reach_needs_a_login(host: str) -> None:
    with pytest.raises(Misconfigured, match="HEARTHSIDE_LOGIN"):
        serve.credentials(host, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_login_is_asked_for_wherever_one_is_set(host: str) -> None:
    assert serve.credentials(host, "maja:long enough") == ("maja", "long enough")


def test_a_password_may_hold_a_colon() -> None:
    assert serve.credentials("0.0.0.0", "maja:with:colons:in") == ("maja", "with:colons:in")


@pytest.mark.parametrize("login", ["", "maja", "maja:", "maja:short", ":long enough", "maja long enough"])
def test_a_login_that_guards_nothing_is_refused_even_here(login: str) -> None:
    with pytest.raises(Misconfigured, match="name:password"):
        serve.credentials("127.0.0.1", login)


def test_the_password_is_not_told_in_the_refusal() -> None:
    with pytest.raises(Misconfigured) as caught:
        serve.credentials("127.0.0.1", "maja:geheim")
    assert "geheim" not in str(caught.value)


# ports


def test_the_port_asked_for_is_taken_where_it_is_free() -> None:
    with taken() as port:
        pass
    assert serve.free_port("127.0.0.1", port) == port


def test_a_port_in_use_is_passed_over() -> None:
    with taken() as port:
        found = serve.free_port("127.0.0.1", port)
    assert port < found < port + serve.PORTS_TRIED


def test_another_address_may_use_the_same_port() -> None:
    with taken("127.0.0.2") as port:
        assert serve.free_port("127.0.0.1", port) == port


def test_after_the_last_port_there_is_none() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", LONGEST_PORT))
        other.listen()
        with pytest.raises(Misconfigured, match="No free port from 65535 on"):
            serve.free_port("127.0.0.1", LONGEST_PORT)


# preparing


def test_without_a_community_the_sample_is_brought_in_and_drafted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginning = list(islice(sample.records(making.NOW.date()), 80))
    monkeypatch.setattr(sample, "records", lambda _today: iter(beginning))
    said = prepared(house)
    assert said[0].startswith("No community yet: the sample community")
    assert list(house.messages.communities()) == ["lantern-street"]
    assert house.messages.count_pending("lantern-street", "words") == 0
    assert house.store.count_drafts("lantern-street")["proposed"] >= 1


def test_a_community_that_is_there_is_indexed_noticed_and_drafted(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.", "Lovely, wonderful, delicious!")
    assert prepared(house) == [
        "club: 2 messages indexed.",
        "club: 3 things noticed that deserve an answer or an idea.",
        "club: 3 drafts are waiting for you.",
    ]
    assert list(house.messages.communities()) == ["club"]


def test_a_second_start_does_nothing_again(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.")
    prepared(house)
    drafts = house.store.drafts("club")
    assert prepared(house) == []
    assert house.store.drafts("club") == drafts


def test_what_came_in_since_is_noticed_at_the_next_start_and_left_to_a_person_to_draft(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.")
    prepared(house)
    count = sum(house.store.count_drafts("club").values())
    bring_in(house, "The bag leaks and it was late.", "Lovely, wonderful, delicious!")
    assert prepared(house)[:2] == [
        "club: 1 messages indexed.",
        "club: 3 things noticed that deserve an answer or an idea.",
    ]
    assert sum(house.store.count_drafts("club").values()) == count


# serving


class Served:
    """Takes the place of building and launching the app: remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def build(self, _house: House, writer: str) -> str:
        return f"the app of {writer}"

    def launch(self, app: str, **asked: Any) -> None:
        self.asked = {"app": app, **asked}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    from ui.desk import app

    stand_in = Served()
    monkeypatch.setattr(app, "build", stand_in.build)
    monkeypatch.setattr(app, "launch", stand_in.launch)
    return stand_in


def open_desk(home: Path, **settings: Any) -> list[str]:
    said: list[str] = []
    with House(read_settings(home=home, **settings), making.NOW) as made:
        made.understanding = making.understanding()
        made.embedder = cast(Any, made.understanding.embedder)
        bring_in(made, "The bag leaks and it was late.")
        serve.serve(made, "phrasebook", say=said.append, progress=quiet)
    return said


def test_the_desk_opens_where_it_says_it_does(served: Served, tmp_path: Path) -> None:
    with taken() as port:
        said = open_desk(tmp_path, port=port)
    assert served.asked["host"] == "127.0.0.1"
    assert served.asked["port"] > port
    assert served.asked["home"] == tmp_path
    assert said[0] == f"Hearthside keeps everything in {tmp_path}."
    assert said[-2] == f"Port {port} is in use; taking {served.asked['port']}."
    assert said[-1].startswith(f"The desk is open at http://127.0.0.1:{served.asked['port']} ")


def test_an_address_of_the_sixth_version_can_be_clicked(served: Served, tmp_path: Path) -> None:
    assert open_desk(tmp_path, host="::1")[-1].startswith("The desk is open at http://[::1]:")


def test_an_open_door_without_a_login_opens_nothing(served: Served, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        open_desk(tmp_path, host="0.0.0.0")
    assert served.asked == {}


def test_the_login_reaches_the_door(served: Served, tmp_path: Path) -> None:
    open_desk(tmp_path, login="maja:long enough")
    assert served.asked["login"] == ("maja", "long enough")


# what another process imports


class Turns(Event):
    """Lets the loop go round so many times, without waiting."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self._turns = turns

    def wait(self, timeout: float | None = None) -> bool:
        self._turns -= 1
        return self._turns < 0


def test_what_another_process_imports_is_indexed(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.", "Lovely, wonderful, delicious!")
    serve._keep_indexed(house, Turns(1))
    assert house.messages.count_pending("club", "words") == 0
    assert house.index.count("club") == 2


def test_a_profile_that_is_broken_in_the_meantime_does_not_end_the_watch(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.")
    path = house.profile_path("club")
    good = path.read_text(encoding="utf-8")

    class Mending(Turns):
        def wait(self, timeout: float | None = None) -> bool:
            path.write_text("broken: [" if self._turns == 2 else good, encoding="utf-8")
            return super().wait(timeout)

    serve._keep_indexed(house, Mending(2))
    assert house.messages.count_pending("club", "words") == 0


def test_a_broken_profile_does_not_hold_up_the_next_community(house: House) -> None:
    making.furnish(house, making.message("p0", "The bread is cold."), id="bakery")
    bring_in(house, "The bag leaks and it was late.")
    house.profile_path("bakery").write_text("broken: [", encoding="utf-8")
    serve._keep_indexed(house, Turns(1))
    assert {name: house.messages.count_pending(name, "words") for name in house.messages.communities()} == {
        "bakery": 1,
        "club": 0,
    }


def test_a_database_that_fails_for_a_while_does_not_end_the_watch(house: House) -> None:
    bring_in(house, "The bag leaks and it was late.")

    class Failing(Turns):
        def wait(self, timeout: float | None = None) -> bool:
            before, after = ("communities", "gone") if self._turns == 2 else ("gone", "communities")
            if self._turns:
                with house.engine.begin() as connection:
                    connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
            return super().wait(timeout)

    serve._keep_indexed(house, Failing(2))
    assert house.messages.count_pending("club", "words") == 0
