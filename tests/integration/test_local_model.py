"""A real model in this process: the smallest there is, behind llama.cpp's own server."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from assistant import usecases
from assistant.adapters.chat_model import OpenAIChat
from assistant.adapters.local_model import LocalModel
from assistant.bootstrap import House
from assistant.desk import PHRASEBOOK
from assistant.domain import Brief
from assistant.errors import Misconfigured, ModelFailed
from assistant.ports import ChatMessage
from assistant.settings import Settings
from assistant.writing.model import ModelWriter
from prompts.templates import template
from tests import making

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"mood": {"type": "string", "enum": ["calm", "angry"]}, "stars": {"type": "integer", "enum": [1, 2]}},
    "required": ["mood", "stars"],
    "additionalProperties": False,
}
ASKED = (ChatMessage("system", "You answer with JSON."), ChatMessage("user", "Anna writes: lovely coffee! How is she?"))


@pytest.fixture(scope="module")
def model(smollm: Path) -> Iterator[LocalModel]:
    model = LocalModel(smollm)
    yield model
    model.close()


def chat(model: LocalModel, max_tokens: int = 60) -> OpenAIChat:
    return model.chat(timeout=120, max_tokens=max_tokens)


def test_the_answer_keeps_to_the_schema(model: LocalModel) -> None:
    answer = chat(model).complete(ASKED, SCHEMA)
    said = json.loads(answer.text)
    assert said.keys() == {"mood", "stars"}
    assert said["mood"] in ("calm", "angry")
    assert said["stars"] in (1, 2)


def test_tokens_are_counted_and_limited(model: LocalModel) -> None:
    answer = chat(model, max_tokens=5).complete(ASKED, SCHEMA)
    assert answer.tokens_in > 10
    assert answer.tokens_out == 5


def test_the_same_question_gets_the_same_answer(model: LocalModel) -> None:
    assert chat(model).complete(ASKED, SCHEMA) == chat(model).complete(ASKED, SCHEMA)


def test_texts_for_it_stay_on_this_machine(model: LocalModel) -> None:
    assert not chat(model).remote


def test_who_has_not_the_key_is_refused(model: LocalModel) -> None:
    stranger = OpenAIChat(model.name, base_url=_url(model), api_key=SecretStr("guessed"), timeout=20, max_tokens=5)
    with pytest.raises(ModelFailed, match="refused the key"):
        stranger.complete(ASKED, SCHEMA)


def test_a_prompt_beyond_its_context_is_a_failed_model(model: LocalModel) -> None:
    with pytest.raises(ModelFailed):
        chat(model).complete([ChatMessage("user", "word " * 9000)], SCHEMA)


def test_a_draft_by_a_small_model_and_the_phrasebook_has_nothing_that_blocks(model: LocalModel) -> None:
    writer = ModelWriter(chat(model, max_tokens=150), template("write"), making.profile(), PHRASEBOOK, len)
    post = making.message("m1", "Thanks, the coffee was lovely and delicious!")
    desk = making.desk(post, writer=writer)
    draft = usecases.draft_brief(desk, Brief(kind="reply", language="en", post="m1", situation="praise"))
    assert draft.blocking == ()
    assert [segment.move for segment in draft.segments] == [move.id for move in draft.plan.moves]
    assert {segment.author for segment in draft.segments} <= {"model", "phrasebook"}
    print(draft.provenance, draft.segments, draft.findings)


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(Misconfigured, match="HEARTHSIDE_LOCAL_MODEL must name a GGUF file"):
        LocalModel(Path("nowhere.gguf"))


def test_a_file_that_is_no_model_is_said(tmp_path: Path) -> None:
    file = tmp_path / "holiday.gguf"
    file.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        LocalModel(file)


def test_closing_the_house_frees_the_model(smollm: Path, tmp_path: Path) -> None:
    with House(Settings(home=tmp_path, local_model=smollm)) as house:
        chat_before = house.chat
        address = urlsplit(_url(house.local_model))
        assert _listens(address.hostname, address.port)
    assert not _listens(address.hostname, address.port)
    with pytest.raises(ModelFailed, match="No model answers"):
        chat_before.complete(ASKED, SCHEMA)


def _url(model: LocalModel) -> str:
    return f"{model._server.listening_address}/v1"


def _listens(host: str | None, port: int | None) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
