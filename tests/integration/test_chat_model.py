"""The chat model's adapter against a real HTTP server."""

import json
import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from assistant.adapters.chat_model import OpenAIChat
from assistant.errors import ModelFailed
from assistant.ports import ChatMessage
from tests.integration.endpoint import DONE, NO_RETRY, USAGE, Answer, Endpoint, chunk, refused, running, streamed

KEY = "sk-very-secret"
SCHEMA: dict[str, object] = {"type": "object", "properties": {"m1": {"type": "string"}}, "required": ["m1"]}
ASKED = (ChatMessage("system", "Be calm."), ChatMessage("user", "Greet Anna."))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as endpoint:
        yield endpoint


def chat(endpoint: Endpoint | str, *, key: str | None = KEY, timeout: float = 20) -> OpenAIChat:
    url = endpoint if isinstance(endpoint, str) else endpoint.url
    return OpenAIChat("small", base_url=url, api_key=SecretStr(key) if key else None, timeout=timeout, max_tokens=77)


def failure(model: OpenAIChat) -> str:
    """What a person reads when this model fails."""
    with pytest.raises(ModelFailed) as caught:
        model.complete(ASKED, SCHEMA)
    return str(caught.value)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_streamed_pieces_become_one_answer_with_its_tokens(endpoint: Endpoint) -> None:
    endpoint.tell(streamed('{"m1": ', '"Hej Anna, ', 'välkommen — سلام"}'))
    answer = chat(endpoint).complete(ASKED, SCHEMA)
    assert answer == ('{"m1": "Hej Anna, välkommen — سلام"}', 11, 5)


def test_the_request_says_what_is_wanted(endpoint: Endpoint) -> None:
    endpoint.tell(streamed("{}"))
    chat(endpoint).complete(ASKED, SCHEMA)
    (request,) = endpoint.asked
    assert request.path == "/v1/chat/completions"
    assert request.body["model"] == "small"
    assert request.body["messages"] == [
        {"role": "system", "content": "Be calm."},
        {"role": "user", "content": "Greet Anna."},
    ]
    assert request.body["max_completion_tokens"] == 77
    assert request.body["stream"] is True
    assert request.body["stream_options"] == {"include_usage": True}
    assert request.body["response_format"]["json_schema"] == {"name": "draft", "strict": True, "schema": SCHEMA}
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_without_a_key_the_endpoint_is_asked_all_the_same(endpoint: Endpoint) -> None:
    endpoint.tell(streamed("{}"))
    assert chat(endpoint, key=None).complete(ASKED, SCHEMA).text == "{}"


def test_one_model_is_asked_again_and_again(endpoint: Endpoint) -> None:
    endpoint.tell(streamed("1"), streamed("2"))
    model = chat(endpoint)
    assert [model.complete(ASKED, SCHEMA).text, model.complete(ASKED, SCHEMA).text] == ["1", "2"]


def test_an_answer_cut_at_the_limit_keeps_what_came_and_its_tokens(endpoint: Endpoint) -> None:
    endpoint.tell(streamed('{"m1": "Hi"', finish="length"))
    assert chat(endpoint).complete(ASKED, SCHEMA) == ('{"m1": "Hi"', 11, 5)


def test_an_answer_stopped_by_a_filter_keeps_what_came(endpoint: Endpoint) -> None:
    endpoint.tell(streamed('{"m1": "Hi"', finish="content_filter"))
    assert chat(endpoint).complete(ASKED, SCHEMA).text == '{"m1": "Hi"'


def test_a_stream_without_role_and_usage_counts_no_tokens(endpoint: Endpoint) -> None:
    endpoint.tell(Answer(chunk({"content": "Hi"}) + chunk({}, "stop") + DONE))
    assert chat(endpoint).complete(ASKED, SCHEMA) == ("Hi", 0, 0)


def test_a_stream_that_ends_without_a_goodbye_counts_as_an_answer(endpoint: Endpoint) -> None:
    endpoint.tell(Answer(chunk({"role": "assistant", "content": "Hi"})))
    assert chat(endpoint).complete(ASKED, SCHEMA).text == "Hi"


@pytest.mark.parametrize(
    "delta",
    [
        {"role": "assistant", "refusal": "I will not."},
        {"reasoning_content": "Let me think."},
        {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    ],
    ids=["refusal", "reasoning", "tools"],
)
def test_what_is_not_the_answer_is_not_taken_for_it(endpoint: Endpoint, delta: dict[str, object]) -> None:
    endpoint.tell(Answer(chunk(delta) + chunk({}, "stop") + USAGE + DONE))
    assert chat(endpoint).complete(ASKED, SCHEMA) == ("", 11, 5)


@pytest.mark.parametrize("status", [400, 422])
def test_an_endpoint_that_knows_no_schema_is_asked_in_words_alone(endpoint: Endpoint, status: int) -> None:
    endpoint.tell(refused(status, "unknown field response_format"), streamed("{}"))
    assert chat(endpoint).complete(ASKED, SCHEMA).text == "{}"
    assert ["response_format" in request.body for request in endpoint.asked] == [True, False]


def test_an_endpoint_that_knows_no_schema_is_remembered(endpoint: Endpoint) -> None:
    endpoint.tell(refused(400, "unknown field response_format"), streamed("1"), streamed("2"))
    model = chat(endpoint)
    model.complete(ASKED, SCHEMA)
    model.complete(ASKED, SCHEMA)
    assert ["response_format" in request.body for request in endpoint.asked] == [True, False, False]


def test_a_prompt_that_is_too_long_does_not_cost_the_schema_for_good(endpoint: Endpoint) -> None:
    too_long = refused(400, "This model's maximum context length is 8192 tokens: context_length_exceeded")
    endpoint.tell(too_long, too_long, streamed("{}"))
    model = chat(endpoint)
    assert failure(model).startswith("small failed")
    model.complete(ASKED, SCHEMA)
    assert ["response_format" in request.body for request in endpoint.asked] == [True, False, True]


def test_a_refused_key_is_said_with_the_way_out(endpoint: Endpoint) -> None:
    endpoint.tell(refused(401, f"Incorrect API key provided: {KEY}"))
    assert failure(chat(endpoint)) == f"{endpoint.url} refused the key. Check OPENAI_API_KEY."


def test_an_unknown_model_is_said_with_the_way_out(endpoint: Endpoint) -> None:
    endpoint.tell(refused(404, "The model small does not exist"))
    assert failure(chat(endpoint)) == f"{endpoint.url} has no small. Check HEARTHSIDE_MODEL and OPENAI_BASE_URL."


def test_a_rate_limit_is_said(endpoint: Endpoint) -> None:
    endpoint.tell(refused(429, "slow down"))
    assert failure(chat(endpoint)) == "small is over its rate limit or quota."


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_error_of_the_server_is_a_failed_model(endpoint: Endpoint, status: int) -> None:
    endpoint.tell(refused(status, "boom"))
    assert failure(chat(endpoint)).startswith("small failed")
    assert len(endpoint.asked) == 1


def test_a_passing_error_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.tell(refused(503, "warming up", **{"retry-after-ms": "1"}), streamed("{}"))
    assert chat(endpoint).complete(ASKED, SCHEMA).text == "{}"


def test_nobody_at_the_address_is_said_with_the_way_out() -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1"
    assert failure(chat(url)) == f"No model answers at {url}. Check OPENAI_BASE_URL."


def test_a_server_that_says_nothing_is_given_up(endpoint: Endpoint) -> None:
    endpoint.tell(Answer(b"", stalls=True))
    assert failure(chat(endpoint, timeout=0.2)) == "small did not answer within 0.2 s."


def test_a_server_that_falls_silent_in_the_middle_is_given_up(endpoint: Endpoint) -> None:
    endpoint.tell(Answer(chunk({"role": "assistant", "content": "Dear"}), stalls=True))
    assert failure(chat(endpoint, timeout=0.2)) == "small did not answer within 0.2 s."


def test_a_connection_that_breaks_in_the_middle_is_a_failed_model(endpoint: Endpoint) -> None:
    headers = {"content-type": "text/event-stream", "content-length": "100000"}
    endpoint.tell(Answer(chunk({"role": "assistant", "content": "Dear"}), headers=headers))
    assert failure(chat(endpoint)).startswith("No model answers")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Welcome to the router</body></html>",
        b'{"choices": [{"message": {"role": "assistant", "content": "not a stream"}}]}',
        b"data: {oops\n\n",
        b"data: \xff\xfe\n\n",
        b"data: 5\n\n",
        b"data: [1, 2]\n\n",
        b'data: {"choices": "x"}\n\n',
        b'data: {"choices": [{"index": 0, "delta": null}]}\n\n',
        b'data: {"choices": [{"index": 0, "delta": {"content": {"deep": 1}}}]}\n\n',
        b"\0" * 1000,
    ],
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_an_answer_that_is_no_chat_completion_is_a_failed_model(endpoint: Endpoint, body: bytes) -> None:
    endpoint.tell(Answer(body))
    told = f"{endpoint.url} does not answer like a chat model. Check OPENAI_BASE_URL."
    assert failure(chat(endpoint)) == told


def test_an_error_inside_the_stream_is_a_failed_model(endpoint: Endpoint) -> None:
    error = b"data: " + json.dumps({"error": {"message": f"out of memory {KEY}"}}).encode() + b"\n\n"
    endpoint.tell(Answer(chunk({"role": "assistant", "content": "Dear"}) + error))
    assert failure(chat(endpoint)).startswith("small failed")


@pytest.mark.parametrize(
    "answer",
    [
        *(refused(status, f"You sent {KEY}") for status in (401, 403, 404, 409, 413, 429, 500)),
        Answer(f"data: {KEY}\n\n".encode()),
        Answer(f"{KEY} <html>".encode(), 418, {"content-type": "text/html", **NO_RETRY}),
    ],
)
def test_no_message_repeats_the_key(endpoint: Endpoint, answer: Answer) -> None:
    endpoint.tell(answer)
    assert KEY not in failure(chat(endpoint))


def test_no_message_repeats_a_login_or_a_key_in_the_address() -> None:
    port = closed_port()
    told = failure(chat(f"http://maja:{KEY}@127.0.0.1:{port}/v1?api-key={KEY}"))
    assert told == f"No model answers at http://127.0.0.1:{port}/v1. Check OPENAI_BASE_URL."


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_what_stays_on_this_machine_takes_no_proxy(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with running() as proxy:
        monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        endpoint.tell(streamed("{}"))
        assert chat(endpoint).complete(ASKED, SCHEMA).text == "{}"
        assert proxy.asked == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v1", "http://localhost:11434/v1", "http://LOCALHOST/v1", "https://[::1]:8000/v1"]
)
def test_an_endpoint_on_this_machine_is_not_remote(url: str) -> None:
    assert not chat(url).remote


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "http://192.168.1.20:8080/v1",
        "http://0.0.0.0:8080/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost@example.com/v1",
        "http://example.com/localhost",
        "localhost:8080/v1",
        "",
    ],
)
def test_every_other_endpoint_is_remote(url: str) -> None:
    assert chat(url).remote


def test_without_an_address_it_is_openai() -> None:
    model = OpenAIChat("small", base_url=None, api_key=None, timeout=1, max_tokens=1)
    assert model.remote
