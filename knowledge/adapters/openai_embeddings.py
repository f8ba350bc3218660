"""Vectors from any OpenAI-compatible endpoint. The features of the signal heads stay the built-in encoder's."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from urllib.parse import urlsplit

import numpy as np
import openai

from knowledge.adapters.e5 import Splitter
from knowledge.embedding import Embedder, Encoding, Vectors, encode_pooled
from knowledge.errors import EmbeddingFailed

_BATCH = 64
"""Texts in one request."""
_AT_ONCE = 4
"""Requests in flight: more would run into the limits of small accounts."""
_CHARACTERS = 4000
"""Longer texts are embedded in chunks. Common models take 8,192 tokens, and a character is seldom more than two."""


class OpenAIEmbedder:
    """An endpoint's vectors, normalised, and the features of `built_in`.

    Texts leave as the mask returns them that `masking` makes, anew for each call.
    """

    def __init__(
        self,
        model: str,
        *,
        url: str,
        key: str | None,
        built_in: Embedder,
        masking: Callable[[], Callable[[str], str]] = lambda: str,
        local: bool = False,
        timeout: float = 60.0,
    ) -> None:
        """`local`: the endpoint is on this machine, and no proxy is asked on the way. `timeout` in seconds."""
        self._model = model
        self._url = url
        self._key = key
        self._built_in = built_in
        self._masking = masking
        self._local = local
        self._timeout = timeout
        self._split = Splitter(len, _CHARACTERS)
        self._opening = Lock()

    @property
    def name(self) -> str:
        """Model and host: two servers may mean two things by one name."""
        return f"{self._model}@{urlsplit(self._url).hostname}"

    def encode(self, texts: Sequence[str]) -> Encoding:
        """Raises EmbeddingFailed where the endpoint does not give a vector for each text."""
        vectors = encode_pooled(list(map(self._masking(), texts)), self._split, self._encode)
        return Encoding(vectors, self._built_in.encode(texts).features)

    def encode_query(self, text: str) -> Vectors:
        """Raises EmbeddingFailed where the endpoint does not give a vector."""
        return np.asarray(encode_pooled([self._masking()(text)], self._split, self._encode)[0])

    @property
    def _client(self) -> openai.OpenAI:
        with self._opening:
            return self._opened

    @cached_property
    def _opened(self) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=self._url,
            api_key=self._key or "none",  # a local endpoint needs no key, but the client insists on one
            timeout=self._timeout,
            max_retries=3,
            http_client=openai.DefaultHttpxClient(trust_env=False) if self._local else None,
        )

    def _encode(self, texts: list[str]) -> Vectors:
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        with self._translated(), ThreadPoolExecutor(_AT_ONCE) as threads:
            vectors = np.concatenate(list(threads.map(self._ask, batches)))
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            if not (np.isfinite(norms).all() and norms.all()):
                raise ValueError("a vector without a direction")
            return np.asarray(vectors / norms, dtype=np.float32)

    def _ask(self, texts: list[str]) -> Vectors:
        # An empty text is refused by OpenAI.
        answer = self._client.embeddings.create(
            model=self._model, input=[text or " " for text in texts], encoding_format="float"
        )
        ordered = sorted(answer.data, key=lambda item: item.index)
        if [item.index for item in ordered] != list(range(len(texts))):
            raise ValueError("not one vector for each text")
        return np.array([item.embedding for item in ordered], dtype=np.float32)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Nothing that the endpoint says goes into a message: it may repeat the key, or a text."""
        parts = urlsplit(self._url)
        where = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        try:
            yield
        except openai.APITimeoutError as error:
            raise EmbeddingFailed(f"{where} gave no vectors within {self._timeout:g} s.") from error
        except openai.APIConnectionError as error:
            raise EmbeddingFailed(
                f"No embeddings endpoint answers at {where}. Check HEARTHSIDE_EMBEDDING_URL."
            ) from error
        except openai.AuthenticationError as error:
            raise EmbeddingFailed(f"{where} refused the key. Check HEARTHSIDE_EMBEDDING_KEY.") from error
        except openai.NotFoundError as error:
            raise EmbeddingFailed(
                f"{where} has no {self._model}. Check HEARTHSIDE_EMBEDDING_MODEL and HEARTHSIDE_EMBEDDING_URL."
            ) from error
        except openai.RateLimitError as error:
            raise EmbeddingFailed(
                f"{self._model} is over its rate limit or quota. What is missing is embedded later."
            ) from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise EmbeddingFailed(
                f"{where} does not answer like an embeddings endpoint ({type(error).__name__}). "
                "Check HEARTHSIDE_EMBEDDING_URL and HEARTHSIDE_EMBEDDING_MODEL."
            ) from error
