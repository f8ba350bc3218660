"""Embeddings of an endpoint, over real HTTP on this machine."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.bootstrap import ANSWERS, House
from assistant.settings import read_settings
from assistant.writing.masking import Mask
from knowledge.adapters.e5 import NAME
from knowledge.adapters.openai_embeddings import OpenAIEmbedder
from knowledge.embedding import Encoding, Vectors
from knowledge.errors import EmbeddingFailed
from tests import making
from tests.integration.endpoint import Answer, Endpoint, refused, running

JSON = {"content-type": "application/json"}


class BuiltIn:
    """One feature for each text: its length."""

    name = "built-in"

    def encode(self, texts: Sequence[str]) -> Encoding:
        lengths = np.array([[len(text)] for text in texts], dtype=np.float32)
        return Encoding(lengths, lengths)

    def encode_query(self, text: str) -> Vectors:
        return np.asarray(self.encode([text]).vectors[0])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as endpoint:
        yield endpoint


def embedder(endpoint: Endpoint, **changes: object) -> OpenAIEmbedder:
    given = {"url": endpoint.url, "key": "sk-secret", "built_in": BuiltIn(), "local": True, **changes}
    return OpenAIEmbedder("small-model", **given)  # type: ignore[arg-type]  # as the names say


def vectors(*rows: Sequence[float], order: Sequence[int] | None = None) -> Answer:
    """An answer as OpenAI words it."""
    numbered = enumerate(rows) if order is None else zip(order, rows, strict=True)
    data = [{"object": "embedding", "index": index, "embedding": row} for index, row in numbered]
    body = {"object": "list", "data": data, "model": "small-model", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    return Answer(json.dumps(body).encode(), 200, JSON)


def test_vectors_are_the_endpoints_and_features_the_built_in_encoders(endpoint: Endpoint) -> None:
    endpoint.tell(vectors((3, 4), (0, 2)))
    encoding = embedder(endpoint).encode(["one", "three"])
    assert np.allclose(encoding.vectors, np.array([[0.6, 0.8], [0, 1]]))
    assert encoding.features.tolist() == [[3], [5]]
    (request,) = endpoint.asked
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == "Bearer sk-secret"
    assert request.body["input"] == ["one", "three"]
    assert request.body["model"] == "small-model"


def test_each_text_gets_its_own_vector_whatever_order_they_come_in(endpoint: Endpoint) -> None:
    endpoint.tell(vectors((0, 1), (1, 0), order=(1, 0)))
    assert embedder(endpoint).encode(["a", "b"]).vectors.tolist() == [[1, 0], [0, 1]]


def test_a_question_is_one_vector(endpoint: Endpoint) -> None:
    endpoint.tell(vectors((0, 5)))
    assert embedder(endpoint).encode_query("where?").tolist() == [0, 1]


def test_many_texts_are_asked_for_in_parts(endpoint: Endpoint) -> None:
    endpoint.tell(*[vectors(*[(1, 0)] * 64)] * 2)
    assert embedder(endpoint).encode([str(n) for n in range(128)]).vectors.shape == (128, 2)
    assert sorted(len(request.body["input"]) for request in endpoint.asked) == [64, 64]


def test_a_long_text_is_sent_in_chunks_and_an_empty_one_as_a_space(endpoint: Endpoint) -> None:
    endpoint.tell(vectors((1, 0), (0, 1), (1, 0)))
    found = embedder(endpoint).encode([f"{'a ' * 1900}. {'b ' * 1900}", ""]).vectors
    assert np.allclose(found, [[0.5**0.5, 0.5**0.5], [1, 0]])
    assert endpoint.asked[0].body["input"][-1] == " "
    assert max(map(len, endpoint.asked[0].body["input"])) <= 4000


def test_personal_data_leaves_masked(endpoint: Endpoint) -> None:
    endpoint.tell(vectors((1, 0)), vectors((1, 0)))
    names = {"Ana Silva"}
    masked = embedder(endpoint, masking=lambda: lambda text: Mask("ZZ", frozenset(names)).hide(text))
    masked.encode(["Write to ana@example.com or +46 70 123 45 67, says Silva."])
    names.add("Bo")  # who came after
    masked.encode_query("Who is ana@example.com, Bo?")
    sent = json.dumps([request.body for request in endpoint.asked])
    assert not any(each in sent for each in ("ana@", "123 45", "Silva", "Bo"))
    assert "<EMAIL_1>" in sent


def test_while_a_new_model_fills_its_index_the_one_before_is_asked_if_the_endpoint_still_has_it(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    def searched(**settings: str) -> str:
        with House(read_settings(home=tmp_path, **settings), making.NOW) as house:
            making.furnish(house)
            house.messages.serve("club", "small-model@127.0.0.1")
            names = set()
            for _ in range(2):
                index, understanding = house.searched("club")
                names |= {index.embedder, understanding.embedder.name}
            (name,) = names
            return name

    larger = {"embedding_model": "large-model", "embedding_url": endpoint.url}
    endpoint.tell(vectors((0, 5)))
    assert searched(**larger) == "small-model@127.0.0.1"
    endpoint.tell(refused(404, "no such model"))
    assert searched(**larger) == "large-model@127.0.0.1"
    elsewhere = {**larger, "embedding_url": endpoint.url.replace("127.0.0.1", "localhost")}
    assert searched(**elsewhere) == "large-model@localhost"
    assert searched(embedding_url=endpoint.url) == NAME
    assert [request.body["model"] for request in endpoint.asked] == ["small-model", "small-model"]


def test_the_model_before_is_asked_for_again_from_time_to_time(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("assistant.bootstrap.monotonic", lambda: now)
    with House(read_settings(home=tmp_path, embedding_model="large-model", embedding_url=endpoint.url)) as house:
        making.furnish(house)
        house.messages.serve("club", "small-model@127.0.0.1")

        def searched(*answers: Answer) -> str:
            endpoint.tell(*answers)
            return house.searched("club")[1].embedder.name

        assert searched(vectors((0, 5))) == "small-model@127.0.0.1"
        assert searched() == "small-model@127.0.0.1"
        now += ANSWERS + 1
        assert searched(refused(404, "no such model")) == "large-model@127.0.0.1"
        assert searched() == "large-model@127.0.0.1"
        now += ANSWERS + 1
        assert searched(vectors((0, 5))) == "small-model@127.0.0.1"


def test_the_name_tells_models_and_hosts_apart(endpoint: Endpoint) -> None:
    assert embedder(endpoint).name == "small-model@127.0.0.1"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(401, "bad key sk-secret"), "refused the key"),
        (refused(404, "no such model"), "has no small-model"),
        (refused(429, "slow down"), "rate limit"),
        (refused(500, "sk-secret broke"), "does not answer like"),
        (Answer(b"<html>hello", 200, {"content-type": "text/html"}), "does not answer like"),
        (Answer(b"{}", 200, JSON), "does not answer like"),
        (vectors((1, 0), (1, 0)), "does not answer like"),
        (vectors((0, 0)), "does not answer like"),
    ],
)
def test_what_goes_wrong_is_said_without_the_key(endpoint: Endpoint, answer: Answer, words: str) -> None:
    endpoint.tell(answer)
    with pytest.raises(EmbeddingFailed, match=words) as caught:
        embedder(endpoint).encode(["text"])
    assert "sk-secret" not in str(caught.value)


def test_where_nobody_listens_that_is_said() -> None:
    with running() as gone:
        pass
    with pytest.raises(EmbeddingFailed, match="HEARTHSIDE_EMBEDDING_URL"):
        embedder(gone).encode(["text"])
