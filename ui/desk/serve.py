"""Starts the desk: prepares the store, finds a port, guards the door, and keeps indexing what comes in."""

import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from threading import Event, Thread

from assistant import intake, usecases
from assistant.bootstrap import House
from assistant.errors import HearthsideError, Misconfigured
from assistant.settings import is_loopback
from knowledge.errors import KnowledgeError
from knowledge.history import Progress
from ui import hooks

PORTS_TRIED = 50
INDEX_EVERY = 10.0
"""Seconds between looks for messages that another process has imported."""

Say = Callable[[str], None]
Watch = Callable[[str], AbstractContextManager[Progress]]


def serve(house: House, writer: str, *, say: Say, progress: Watch) -> None:
    """Prepare everything, then serve until interrupted. Raises Misconfigured for an open door without a login."""
    settings = house.settings
    login = credentials(settings.host, settings.login.get_secret_value() if settings.login else None)
    routes = hooks.routes(house)
    say(f"Hearthside keeps everything in {settings.home}.")
    prepare(house, writer, say=say, progress=progress)
    port = free_port(settings.host, settings.port)
    if port != settings.port:
        say(f"Port {settings.port} is in use; taking {port}.")
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    if routes:
        say(f"Webhooks come in at http://{name}:{port}/hooks/COMMUNITY.")
    from ui.desk.app import build, launch

    stop = Event()
    Thread(target=_keep_indexed, args=(house, stop), name="indexer", daemon=True).start()
    say(f"The desk is open at http://{name}:{port} — stop it with Ctrl-C.")
    try:
        launch(build(house, writer), home=settings.home, host=settings.host, port=port, login=login, routes=routes)
    finally:
        stop.set()


def prepare(house: House, writer: str, *, say: Say, progress: Watch) -> None:
    """Bring the sample in if there is no community, index what is pending, and fill empty queues with drafts."""
    if intake.ensure_sample(house, datetime.now().astimezone().date()):
        say("No community yet: the sample community (Lantern Street Roasters) was brought in.")
    for community in house.messages.communities():
        with progress(f"Indexing {community}") as report:
            indexed = intake.index_all(house, community, report)
        if indexed:
            say(f"{community}: {indexed} messages indexed.")
        desk = house.desk(community, writer)
        if indexed or not desk.store.opportunities(community):
            found = usecases.notice_now(desk)
            say(f"{community}: {len(found)} things noticed that deserve an answer or an idea.")
        if not desk.store.count_drafts(community):
            with progress(f"Drafting for {community}") as report:
                drafts = usecases.draft_noticed(desk, progress=report)
            say(f"{community}: {len(drafts)} drafts are waiting for you.")


def credentials(host: str, login: str | None) -> tuple[str, str] | None:
    """The name and password to ask for. Raises Misconfigured if anyone in the network could come in without."""
    if login is None:
        if not is_loopback(host):
            raise Misconfigured(
                f"{host} can be reached by others. Set HEARTHSIDE_LOGIN=name:password, or leave the host at 127.0.0.1."
            )
        return None
    name, colon, password = login.partition(":")
    if not colon or not name or len(password) < 8:
        raise Misconfigured("HEARTHSIDE_LOGIN must be name:password, with a password of eight characters or more.")
    return name, password


def free_port(host: str, wanted: int) -> int:
    """The port asked for, or the next one that is free. Raises Misconfigured where none of fifty is."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise Misconfigured(f"No free port from {wanted} on. Choose another with --port.")


def _keep_indexed(house: House, stop: Event) -> None:
    """Another process may import into SQL while this one holds the vectors: index what it brings."""
    said_elsewhere = HearthsideError, KnowledgeError  # where a person looks: `doctor` and the next start
    while not stop.wait(INDEX_EVERY):
        with suppress(*said_elsewhere):
            for community in house.messages.communities():
                with suppress(*said_elsewhere):  # one that cannot be indexed does not hold up the others
                    if house.messages.count_pending(community, house.embedder.name):
                        intake.index_all(house, community)
