"""What can be set, read once: command-line flag, then environment, then settings.toml in the home folder."""

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.errors import Misconfigured

DEFAULT_HOME = Path("~/.hearthside")


class Settings(BaseSettings):
    """All settings. Each can be given as HEARTHSIDE_<NAME>, or in settings.toml; keys by the names OpenAI uses."""

    model_config = SettingsConfigDict(env_prefix="HEARTHSIDE_", env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Field(default=DEFAULT_HOME, description="the one folder that holds all state")
    cache_dir: Path | None = Field(
        default=None, description="what is made once on a machine, of no community's texts; default: in the home folder"
    )
    # A URL may carry a password, so none of them is printed with the settings.
    database_url: str | None = Field(
        default=None, repr=False, description="SQLAlchemy URL; default: SQLite in the home folder"
    )
    chroma_url: str | None = Field(
        default=None, repr=False, description="a Chroma server; default: embedded, in the home folder"
    )

    model: str | None = Field(default=None, description="name of a chat model; without one the phrasebook writes")
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("OPENAI_API_KEY", "openai_api_key")
    )
    openai_base_url: str | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url")
    )
    embedding_model: str | None = Field(
        default=None, description="name of an embeddings model at an endpoint; without one the built-in embeds"
    )
    embedding_url: str | None = Field(
        default=None, repr=False, description="where that endpoint is; default: OPENAI_BASE_URL"
    )
    embedding_key: SecretStr | None = Field(
        default=None, description="its key; default: OPENAI_API_KEY, if it is there"
    )
    local_model: Path | None = Field(default=None, description="a GGUF file to run in this process")
    prompt_version: int | None = Field(default=None, description="version of the prompt; default: the newest")
    model_timeout: float = Field(default=120.0, gt=0, description="seconds")
    evidence_tokens: int = Field(default=1500, ge=100, description="tokens of evidence sent to the model")
    output_tokens: int = Field(default=1500, ge=100, description="tokens the model may answer with")
    price_in: float | None = Field(default=None, ge=0, description="dollars for a million tokens sent")
    price_out: float | None = Field(default=None, ge=0, description="dollars for a million tokens answered")

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    login: SecretStr | None = Field(default=None, description="name:password; needed for any host but loopback")
    webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="what a webhook proves itself with; without one there is none"
    )
    webhook_rate: str = Field(default="60/minute", description="how often a client may call it")

    @field_validator("home", "cache_dir", "local_model", mode="after")
    @classmethod
    def _expand(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path is not None else None

    @field_validator("openai_base_url", "chroma_url", "embedding_url", mode="after")
    @classmethod
    def _reachable(cls, url: str | None) -> str | None:
        if url:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
                raise ValueError("is no address; write it like http://127.0.0.1:8000")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings().get("home") or env_settings().get("home") or DEFAULT_HOME
        file = Path(str(home)).expanduser() / "settings.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    @property
    def sql_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'hearthside.db'}"

    @property
    def chroma_path(self) -> Path:
        return self.home / "chroma"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def machine_cache(self) -> Path:
        return self.cache_dir or self.cache

    @property
    def embeddings_url(self) -> str:
        return self.embedding_url or self.openai_base_url or "https://api.openai.com/v1"

    def profile_path(self, community: str) -> Path:
        """Where a community's community.yaml lies."""
        return self.home / "communities" / community / "community.yaml"


def read_settings(**flags: Any) -> Settings:
    """The settings, flags first; flags that are None were not given. Raises Misconfigured naming what is wrong."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except (ValidationError, ValueError) as error:
        problems = (
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            if isinstance(error, ValidationError)
            else f"settings.toml: {error}"
        )
        raise Misconfigured(f"A setting is not valid: {problems}") from error


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def without_login(url: str) -> str:
    """A URL that can be shown: a name, a password or a key in it is left out."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
