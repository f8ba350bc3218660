"""Live sources as they run: the webhook beside a desk with a login, and a watched folder in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer

from tests import making
from tests.integration import exports
from tests.integration.conftest import on_its_own
from tests.integration.running import QUICK, count, kill_in_the_middle, run_here, start
from ui import cli, hooks
from ui.desk.serve import free_port

SECRET = "correct horse battery"
BEARER = {"Authorization": f"Bearer {SECRET}"}
ROW = {"id": "m1", "at": "2026-11-28T10:00:00Z", "text": "The bag leaks."}


@pytest.fixture(scope="module", params=[SECRET, None], ids=["on", "off"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, bool]]:
    """The address of a desk behind a login, and whether its webhook is on. What the desk shows does not matter here."""
    import gradio as gr

    from ui.desk.app import launch

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        on_its_own(patch)
        with making.house(home, webhook_secret=request.param) as house, gr.Blocks(analytics_enabled=False) as app:
            making.furnish(house)
            port = free_port("127.0.0.1", 18700)
            login = ("maja", "long enough")
            routes = hooks.routes(house)
            launch(app, home=home, host="127.0.0.1", port=port, login=login, routes=routes, block=False)
            yield f"http://127.0.0.1:{port}", request.param is not None
            app.close()


def test_the_webhook_asks_for_its_secret_and_the_desk_for_its_login(desk: tuple[str, bool]) -> None:
    url, on = desk
    assert httpx.get(f"{url}/config").status_code == 401
    assert httpx.post(f"{url}/gradio_api/queue/join", json={}, headers=BEARER).status_code == 401
    answer = httpx.post(f"{url}/hooks/club", json=ROW, headers=BEARER)
    assert answer.status_code == (200 if on else 404)
    assert httpx.post(f"{url}/hooks/club", json=ROW).status_code == (401 if on else 404)


MANY = 600


def test_a_watch_that_was_killed_goes_on_and_ends_with_ctrl_c(
    home: Path, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    file = exports.jsonl(inbox / "club.jsonl", exports.many(MANY))
    kill_in_the_middle(start(*QUICK, "watch", inbox, "--home", home), home, lambda: count(home, "messages") > 0)
    assert file.exists()
    before = count(home, "messages")

    def say_and_interrupt(text: str) -> None:
        typer.echo(text)
        if text.startswith("club.jsonl"):
            raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_say", say_and_interrupt)
    ran = run_here("watch", inbox, "--home", home)
    assert (ran.code, ran.err) == (130, "\nStopped. Nothing stored is lost; the same command goes on where it was.\n")
    assert ran.out.splitlines()[0] == f"Watching {inbox} — stop it with Ctrl-C."
    said = f"club.jsonl: club, read as table. {MANY - before} new messages, 0 changed, {before} unchanged;"
    assert ran.out.splitlines()[1].startswith(said)
    assert [path.name for path in inbox.iterdir() if path.is_file()] == []
    assert (inbox / "done" / "club.jsonl").exists()
    assert count(home, "messages") == count(home, "messages where indexed is not null") == MANY
