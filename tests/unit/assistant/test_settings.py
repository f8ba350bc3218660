from pathlib import Path
from typing import Any

import pytest

from assistant.errors import Misconfigured
from assistant.settings import Settings, is_loopback, read_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEARTHSIDE_HOME", str(tmp_path))
    return tmp_path


def in_file(home: Path, text: str) -> None:
    (home / "settings.toml").write_text(text, encoding="utf-8")


VALUES = [
    ("model", "HEARTHSIDE_MODEL", "from-{}"),
    ("database_url", "HEARTHSIDE_DATABASE_URL", "sqlite:///{}.db"),
    ("chroma_url", "HEARTHSIDE_CHROMA_URL", "http://{}:8000"),
    ("openai_base_url", "OPENAI_BASE_URL", "http://{}/v1"),
    ("host", "HEARTHSIDE_HOST", "{}"),
]


@pytest.mark.parametrize(("name", "variable", "value"), VALUES)
def test_the_environment_wins_over_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, variable: str, value: str
) -> None:
    in_file(home, f'{name} = "{value.format("file")}"')
    assert getattr(read_settings(), name) == value.format("file")
    monkeypatch.setenv(variable, value.format("environment"))
    assert getattr(read_settings(), name) == value.format("environment")


@pytest.mark.parametrize(("name", "variable", "value"), VALUES)
def test_a_flag_wins_over_the_environment_and_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, variable: str, value: str
) -> None:
    in_file(home, f'{name} = "{value.format("file")}"')
    monkeypatch.setenv(variable, value.format("environment"))
    flag: dict[str, Any] = {name: value.format("flag")}
    assert getattr(read_settings(**flag), name) == value.format("flag")


def test_a_flag_that_was_not_given_hides_nothing(home: Path) -> None:
    in_file(home, "port = 1234")
    assert read_settings(port=None).port == 1234


@pytest.mark.parametrize("name", ["openai_api_key", "OPENAI_API_KEY"])
def test_the_key_may_stand_in_the_file_under_either_name(home: Path, name: str) -> None:
    in_file(home, f'{name} = "from-file"')
    assert key(read_settings()) == "from-file"


@pytest.mark.parametrize("name", ["openai_api_key", "OPENAI_API_KEY"])
def test_the_key_in_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    in_file(home, f'{name} = "from-file"')
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    assert key(read_settings()) == "from-environment"


def key(settings: Settings) -> str | None:
    return settings.openai_api_key.get_secret_value() if settings.openai_api_key else None


def test_the_file_is_looked_for_in_the_home_of_the_flag(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    in_file(home, 'model = "here"')
    in_file(other, 'model = "there"')
    assert read_settings(home=other).model == "there"


def test_a_home_may_begin_with_a_tilde(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HEARTHSIDE_HOME", "~/desk")
    (home / "desk").mkdir()
    in_file(home / "desk", 'local_model = "~/model.gguf"')
    settings = read_settings()
    assert settings.home == home / "desk"
    assert settings.local_model == home / "model.gguf"


def test_without_any_setting_everything_is_in_the_home_folder(home: Path) -> None:
    settings = read_settings()
    assert settings.sql_url == f"sqlite:///{home / 'hearthside.db'}"
    assert settings.chroma_path == home / "chroma"
    assert settings.profile_path("club") == home / "communities" / "club" / "community.yaml"
    assert (settings.model, settings.host, settings.port) == (None, "127.0.0.1", 7860)


@pytest.mark.parametrize("variable", ["HEARTHSIDE_MODEL", "HEARTHSIDE_PRICE_IN", "OPENAI_API_KEY", "OPENAI_BASE_URL"])
def test_an_empty_variable_is_one_that_is_not_set(home: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    before = read_settings()
    monkeypatch.setenv(variable, "")
    assert read_settings() == before


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("port", 0),
        ("port", 65536),
        ("port", "http"),
        ("price_in", -1),
        ("evidence_tokens", 99),
        ("model_timeout", 0),
        ("openai_base_url", "localhost:8000"),
        ("chroma_url", "ftp://somewhere"),
        ("chroma_url", "http://somewhere:0"),
    ],
)
def test_what_is_not_valid_is_named(home: Path, flag: str, value: object) -> None:
    with pytest.raises(Misconfigured, match=flag):
        read_settings(**{flag: value})


def test_a_variable_that_is_not_valid_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTHSIDE_PORT", "many")
    with pytest.raises(Misconfigured, match="port: Input should be a valid integer"):
        read_settings()


def test_a_file_that_is_no_toml_is_named_with_the_line(home: Path) -> None:
    in_file(home, 'model = "a"\nport =\nhost = "b"')
    with pytest.raises(Misconfigured, match=r"settings.toml.*line 2"):
        read_settings()


SECRETS = {
    "openai_api_key": "sk-hemligt",
    "login": "maja:hemligt-lösen",
    "database_url": "postgresql://maja:hemligt@db.example/house",
    "chroma_url": "https://maja:hemligt@chroma.example",
    "openai_base_url": "https://maja:hemligt@models.example/v1",
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_printed_with_the_settings(home: Path, name: str) -> None:
    settings = read_settings(**{name: SECRETS[name]})
    assert "hemligt" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("name", ["openai_api_key", "login"])
def test_no_secret_stands_in_an_error(home: Path, name: str) -> None:
    in_file(home, f'{name} = "hemligt"\nport = 0\n')
    with pytest.raises(Misconfigured) as problem:
        read_settings()
    assert "hemligt" not in str(problem.value)


@pytest.mark.parametrize("name", ["openai_base_url", "chroma_url"])
def test_no_password_of_a_bad_address_stands_in_an_error(home: Path, name: str) -> None:
    with pytest.raises(Misconfigured) as problem:
        read_settings(**{name: "ftp://maja:hemligt@somewhere"})
    assert "hemligt" not in str(problem.value)


@pytest.mark.parametrize(("host", "here"), [("127.8.8.8", True), ("::1", True), ("::", False), ("", False)])
def test_a_host_is_this_machine_or_it_is_not(host: str, here: bool) -> None:
    assert is_loopback(host) is here
