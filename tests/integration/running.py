"""The command line as a person uses it: in this process for speed, or in one of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from sqlite3 import OperationalError, connect
from typing import Any, NamedTuple

from ui import cli

ROOT = Path(__file__).parents[2]
QUICK = (sys.executable, "-m", "tests.integration.quick")
"""Hearthside with the quick fakes in place of its embedder and detector; all else is real."""


class Ran(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run_here(*arguments: str | Path) -> Ran:
    """Run a command in this process, from its arguments to its exit status, as the installed script does."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv, code = sys.argv, ["hearthside", *map(str, arguments)], 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    finally:
        sys.argv = before
    return Ran(code, out.getvalue(), err.getvalue())


def start(*command: str | Path, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command in a process of its own, to its end."""
    process = start(*command, env=env)
    out, err = process.communicate(timeout=120)
    return Ran(process.returncode, out, err)


def until(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    """Wait until something is so; fail if the process ends before."""
    while not reached():
        try:
            process.wait(timeout=0.005)
        except subprocess.TimeoutExpired:
            continue
        out, err = process.communicate()
        raise AssertionError(f"ended too early with {process.returncode}: {out}{err}")


def ask(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the SQL store, read from outside; none as long as the table does not exist."""
    file = home / "hearthside.db"
    if not file.exists():
        return []
    connection = connect(file)
    try:
        return connection.execute(query).fetchall()
    except OperationalError:
        return []
    finally:
        connection.close()


def count(home: Path, what: str) -> int:
    """How many rows there are of a table, such as `messages where indexed is not null`."""
    rows = ask(home, f"select count(*) from {what}")
    return int(rows[0][0]) if rows else 0


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Nobody can write to the SQL store in the meantime: a process that wants to stands still."""
    connection = connect(home / "hearthside.db", timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def kill_in_the_middle(
    process: "subprocess.Popen[str]",
    home: Path,
    reached: Callable[[], bool],
    and_then: Callable[[], bool] = lambda: True,
) -> None:
    """Wait until something is so in the SQL store, let nothing more be written to it, and kill -9."""
    try:
        until(process, reached)
        with held(home):
            until(process, and_then)
            assert process.poll() is None, "it was done before it could be killed"
            process.kill()
            process.communicate()
    finally:
        process.kill()
        process.communicate()


def refused(ran: Ran, *words: str, code: int = 1) -> None:
    """The command failed as it should: with that exit code, and a message for people."""
    assert ran.code == code
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


def only_draft(*arguments: str) -> dict[str, Any]:
    """The one draft that a command wrote."""
    ran = run_here("draft", *arguments, "--json")
    assert ran.code == 0, ran.err
    (draft,) = ran.data
    return dict(draft)
