"""Any OpenAI-compatible endpoint, through LangChain. Vendor errors are translated here and go no further."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from urllib.parse import urlsplit

import openai
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable
from pydantic import SecretStr

from assistant.errors import NoAnswer
from assistant.ports import ChatAnswer, ChatMessage
from assistant.settings import is_loopback, without_login

OPENAI = "https://api.openai.com/v1"
_MESSAGES = {"system": SystemMessage, "user": HumanMessage}


class OpenAIChat:
    """`assistant.ports.ChatModel`. Streams inside, so that giving up frees the server at once."""

    def __init__(
        self, model: str, *, base_url: str | None, api_key: SecretStr | None, timeout: float, max_tokens: int
    ) -> None:
        self.name = model
        self._base_url = base_url or OPENAI
        self._api_key = api_key
        self._timeout = timeout
        self._max_tokens = max_tokens
        self._takes_schema = True
        self._lock = Lock()

    @property
    def remote(self) -> bool:
        return not is_loopback(urlsplit(self._base_url).hostname or "")

    @cached_property
    def _client(self) -> BaseChatModel:
        return init_chat_model(
            self.name,
            model_provider="openai",
            base_url=self._base_url,
            # What is unmasked because it stays on this machine must not leave it through a proxy of the environment.
            http_client=None if self.remote else openai.DefaultHttpxClient(trust_env=False),
            # A local endpoint needs no key, but the client insists on one.
            api_key=self._api_key or SecretStr("none"),
            timeout=self._timeout,
            max_retries=2,
            max_tokens=self._max_tokens,
            temperature=0.3,
            seed=7,
            stream_usage=True,
            use_responses_api=False,
        )

    def complete(self, messages: Sequence[ChatMessage], schema: Mapping[str, object]) -> ChatAnswer:
        with self._lock:  # the client is built once
            client = self._client
        prompt: list[BaseMessage] = [_MESSAGES[message.role](message.text) for message in messages]
        with self._translated():
            if self._takes_schema:
                try:
                    return _stream(client.bind(extra_body={"response_format": _held_to(schema)}), prompt)
                except (openai.BadRequestError, openai.UnprocessableEntityError):
                    pass  # not every endpoint knows response_format: ask in words alone
            answer = _stream(client, prompt)
            self._takes_schema = False
            return answer

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Nothing that the endpoint says goes into a message: it may repeat the key."""
        where = without_login(self._base_url)
        try:
            yield
        except openai.APITimeoutError as error:
            raise NoAnswer(f"{self.name} did not answer within {self._timeout:g} s.") from error
        except openai.APIConnectionError as error:
            raise NoAnswer(f"No model answers at {where}. Check OPENAI_BASE_URL.") from error
        except openai.AuthenticationError as error:
            raise NoAnswer(f"{where} refused the key. Check OPENAI_API_KEY.") from error
        except openai.NotFoundError as error:
            raise NoAnswer(f"{where} has no {self.name}. Check HEARTHSIDE_MODEL and OPENAI_BASE_URL.") from error
        except openai.RateLimitError as error:
            raise NoAnswer(f"{self.name} is over its rate limit or quota.") from error
        except openai.OpenAIError as error:
            raise NoAnswer(f"{self.name} failed: {type(error).__name__}.") from error
        except _NOT_A_STREAM as error:
            raise NoAnswer(f"{where} does not answer like a chat model. Check OPENAI_BASE_URL.") from error


_NOT_A_STREAM = (ValueError, TypeError, AttributeError, LookupError, AssertionError)
"""What the client trips over when the answer is an error page, another protocol or damaged."""


def _held_to(schema: Mapping[str, object]) -> dict[str, object]:
    return {"type": "json_schema", "json_schema": {"name": "draft", "schema": dict(schema), "strict": True}}


def _stream(client: Runnable[LanguageModelInput, AIMessage], prompt: list[BaseMessage]) -> ChatAnswer:
    total: AIMessageChunk | None = None
    for chunk in client.stream(prompt):
        if isinstance(chunk, AIMessageChunk):
            total = chunk if total is None else total + chunk
    if total is None:
        return ChatAnswer("", 0, 0)
    usage = total.usage_metadata
    return ChatAnswer(str(total.text), usage["input_tokens"] if usage else 0, usage["output_tokens"] if usage else 0)
