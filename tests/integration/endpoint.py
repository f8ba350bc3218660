"""An OpenAI-compatible endpoint that answers what a test tells it to, over real HTTP on this machine."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

NO_RETRY = {"x-should-retry": "false"}
"""A header by which a server asks the client not to try again."""


class Answer(NamedTuple):
    """One response. `stalls`: after its body the connection stays open and silent."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}
    stalls: bool = False


class Request(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


def chunk(delta: Mapping[str, Any] | None, finish: str | None = None, **fields: Any) -> bytes:
    """One event of a stream of chat completion chunks."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    data = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


USAGE = chunk(None, usage={"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16})
DONE = b"data: [DONE]\n\n"


def streamed(*texts: str, finish: str = "stop") -> Answer:
    """A whole answer as OpenAI streams it: the role, the texts, the reason it ended, the usage."""
    said = b"".join(chunk({"content": text}) for text in texts)
    return Answer(chunk({"role": "assistant", "content": ""}) + said + chunk({}, finish) + USAGE + DONE)


def refused(status: int, message: str, **headers: str) -> Answer:
    """An error as OpenAI words it."""
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}}).encode()
    return Answer(body, status, {"content-type": "application/json", **(headers or NO_RETRY)})


class Endpoint:
    """Gives its answers one by one, then 500. Remembers what it was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        self.answers: list[Answer] = []
        self.asked: list[Request] = []
        self.closing = Event()

    def tell(self, *answers: Answer) -> None:
        self.answers += answers


@contextmanager
def running() -> Iterator[Endpoint]:
    """An endpoint on a free port of this machine, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            endpoint.asked.append(Request(self.path, dict(self.headers), json.loads(body)))
            answer = endpoint.answers.pop(0) if endpoint.answers else refused(500, "nothing left to say")
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.stalls:
                self.wfile.flush()
                endpoint.closing.wait(30)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(server)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
