"""The webhook endpoint, POST /hooks/{community}: what a forum or a program sends is stored before it is answered.

A sender proves that it knows the secret in its own way: `Authorization: Bearer SECRET`, or a signature of the body as
Discourse, GitHub (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries) or Slack
(https://docs.slack.dev/authentication/verifying-requests-from-slack) make it. Nothing of a body is logged.
"""

import hmac
import json
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from math import ceil
from typing import Any

import regex
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from assistant import intake
from assistant.bootstrap import House
from assistant.errors import BadProfile, Misconfigured, NotFound
from knowledge.errors import BadExport, StoreUnreachable
from knowledge.importers.source import clean

MAX_BODY = 2**20
"""Bytes of a body."""
MAX_AGE = 300.0
"""Seconds for which a signature of Slack holds, so that nobody can send again what they overheard."""

_SIGNATURES = ("X-Discourse-Event-Signature", "X-Hub-Signature-256")
_MAX_CALLERS = 10_000
"""Callers that are remembered at once; the storage by itself forgets none."""
_COMMUNITY = regex.compile(r"[a-z0-9][a-z0-9-]{1,47}")
_JSON = regex.compile(r"application/(?:[\w.-]+\+)?json(?:\s*;.*)?", regex.IGNORECASE)
_LATER = "; send it again later"


def routes(house: House, clock: Callable[[], float] = time.time) -> list[BaseRoute]:
    """The route of the webhook; none where no secret is set. Raises Misconfigured for a rate that is none.

    `clock` gives seconds since 1970.
    """
    secret, rate = house.settings.webhook_secret, house.settings.webhook_rate
    if secret is None:
        return []
    try:
        limit = parse(rate)
    except ValueError as error:
        raise Misconfigured(f"HEARTHSIDE_WEBHOOK_RATE is “{rate}”; write it like 60/minute.") from error
    hooks = _Hooks(house, secret.get_secret_value().encode(), limit, clock)
    return [Route("/hooks/{community}", hooks.answer, methods=["POST"])]


class _Turned(Exception):
    """A request that is turned away: the status, and what is said."""

    def __init__(self, status: int, said: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(said)
        self.response = JSONResponse({"error": said}, status, headers) if said else Response(None, status, headers)


class _Hooks:
    def __init__(self, house: House, secret: bytes, rate: RateLimitItem, clock: Callable[[], float]) -> None:
        self._house = house
        self._secret = secret
        self._rate = rate
        self._clock = clock
        self._calls = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._calls)
        self._one = CapacityLimiter(1)  # one is stored at a time: an older state never overtakes a newer one

    async def answer(self, request: Request) -> Response:
        try:
            return JSONResponse(await self._answer(request))
        except _Turned as turned:
            return turned.response
        except Exception as error:  # noqa: BLE001  an entry point; a traceback in a log could quote the body
            said = f"Something went wrong that should not have: {type(error).__name__}."
            return JSONResponse({"error": said}, 500)

    async def _answer(self, request: Request) -> dict[str, Any]:
        client, community = request.client.host if request.client else "", request.path_params["community"]
        failed = ("failed", client)
        if not self._limiter.test(self._rate, *failed):
            raise self._too_often(*failed)
        body = await _read(request)
        if not self._is_known(request.headers, body):
            self._count(*failed)
            raise _Turned(401, headers={"WWW-Authenticate": "Bearer"})
        if not self._count("called", community, client):
            raise self._too_often("called", community, client)
        if not _JSON.fullmatch(request.headers.get("Content-Type", "")):
            raise _Turned(415, "Send JSON, and say so: Content-Type: application/json.")
        event = request.headers.get("X-Discourse-Event", "")
        return await run_sync(self._take, community, _parse(body), event, limiter=self._one)

    def _count(self, *caller: str) -> bool:
        """Whether this call is still one of those that are allowed."""
        if len(self._calls.events) >= _MAX_CALLERS:
            self._calls.reset()
        return self._limiter.hit(self._rate, *caller)

    def _too_often(self, *caller: str) -> _Turned:
        reset, _ = self._limiter.get_window_stats(self._rate, *caller)
        wait = max(1, ceil(reset - time.time()))
        return _Turned(429, f"More than {self._rate}; wait for {wait} seconds.", {"Retry-After": str(wait)})

    def _is_known(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the sender knows the secret, in whichever way it shows that."""
        stamp = headers.get("X-Slack-Request-Timestamp", "")
        signed = f"sha256={self._sign(body)}".encode()
        proofs = [(headers.get("Authorization", ""), b"Bearer " + self._secret)]
        proofs += [(headers.get(name, ""), signed) for name in _SIGNATURES]
        if self._is_recent(stamp):
            slack = self._sign(b"v0:" + stamp.encode("latin-1") + b":" + body)
            proofs.append((headers.get("X-Slack-Signature", ""), f"v0={slack}".encode()))
        return any(hmac.compare_digest(given.encode("latin-1"), right) for given, right in proofs)

    def _sign(self, data: bytes) -> str:
        return hmac.new(self._secret, data, sha256).hexdigest()

    def _is_recent(self, stamp: str) -> bool:
        try:
            return abs(self._clock() - float(stamp)) <= MAX_AGE
        except ValueError:
            return False

    def _take(self, community: str, data: Any, event: str) -> dict[str, Any]:
        """Store it, and say what came of it: `import --json` in small."""
        try:
            if not _COMMUNITY.fullmatch(community):
                raise NotFound(community)
            if isinstance(data, dict) and data.get("type") == "url_verification":  # Slack tries the address with it
                self._house.profile(community)
                return {"challenge": clean(str(data.get("challenge", "")))}
            report = intake.receive(self._house, community, data, event)
        except NotFound:
            raise _Turned(404, "There is no such community.") from None
        except BadExport as error:
            raise _Turned(400, str(error)) from None
        except BadProfile:
            raise _Turned(503, f"The community's profile is broken: `hearthside doctor` says where{_LATER}.") from None
        except Misconfigured as error:  # says what to put right, and nothing of a member
            raise _Turned(503, f"{str(error).removesuffix('.')}{_LATER}.") from None
        except StoreUnreachable:
            raise _Turned(503, f"The database does not answer{_LATER}.", {"Retry-After": "60"}) from None
        return {**report.saved._asdict(), "skipped": report.skipped}


async def _read(request: Request) -> bytes:
    """The body, of which no more than is allowed is ever held."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _Turned(413, f"The body is larger than {MAX_BODY // 2**20} MiB; send less at once.")
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} in line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        reason = "not UTF-8, nested too deep, or a number that is too long"
    raise _Turned(400, f"The body is not JSON: {reason}.")
