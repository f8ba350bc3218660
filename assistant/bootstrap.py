"""Puts the parts together: settings in, open stores and desks out. The only place that knows every adapter."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from assistant.adapters.database import open_database
from assistant.adapters.sql import SqlDeskStore
from assistant.community import Profile, read_profile
from assistant.desk import PHRASEBOOK, Desk
from assistant.errors import BadProfile, Misconfigured, NotFound
from assistant.ports import ChatModel, Writer
from assistant.settings import Settings
from assistant.writing.model import ModelWriter, Price
from knowledge.adapters.sql import SqlMessageStore
from knowledge.history import Understanding
from knowledge.languages import LanguageModel
from knowledge.signals import load_heads
from prompts.templates import template

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from assistant.adapters.local_model import LocalModel
    from knowledge.adapters.chroma import ChromaIndex
    from knowledge.adapters.e5 import E5Embedder

WRITERS = ("auto", "phrasebook", "model")


class House:
    """Everything one process has open. Parts are opened when they are first needed, and closed together."""

    def __init__(self, settings: Settings, as_of: datetime | None = None) -> None:
        self.settings = settings
        self._as_of = as_of
        self.indexing = RLock()  # held by whoever indexes: two threads would embed the same messages twice
        self._desks: dict[tuple[str, str], Desk] = {}
        self._profiles: dict[Path, tuple[tuple[int, int], Profile]] = {}

    def __enter__(self) -> "House":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the stores, so that another process can have them."""
        for name in ("index", "engine", "local_model"):
            part = self.__dict__.pop(name, None)
            if part is not None:
                part.dispose() if name == "engine" else part.close()
        self.__dict__.pop("chat", None)
        self._desks.clear()

    @cached_property
    def engine(self) -> "Engine":
        self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return open_database(self.settings.sql_url)

    @cached_property
    def messages(self) -> SqlMessageStore:
        return SqlMessageStore(self.engine)

    @cached_property
    def store(self) -> SqlDeskStore:
        return SqlDeskStore(self.engine)

    @cached_property
    def embedder(self) -> "E5Embedder":
        from knowledge.adapters.e5 import E5Embedder

        return E5Embedder()

    @cached_property
    def index(self) -> "ChromaIndex":
        """Raises StoreBusy where another process holds the embedded store."""
        from knowledge.adapters.chroma import ChromaIndex

        if self.settings.chroma_url:
            return ChromaIndex.server(self.settings.chroma_url, self.embedder.name)
        return ChromaIndex.embedded(self.settings.chroma_path, self.embedder.name)

    @cached_property
    def understanding(self) -> Understanding:
        return Understanding(self.embedder, LanguageModel(), load_heads())

    @cached_property
    def local_model(self) -> "LocalModel":
        from assistant.adapters.local_model import LocalModel

        if self.settings.local_model is None:
            raise Misconfigured("No local model is set: give a GGUF file as HEARTHSIDE_LOCAL_MODEL.")
        return LocalModel(self.settings.local_model)

    @cached_property
    def chat(self) -> ChatModel:
        """The chat model of the settings: a local one, or any OpenAI-compatible endpoint."""
        from assistant.adapters.chat_model import OpenAIChat

        settings = self.settings
        if settings.local_model is not None:
            return self.local_model.chat(timeout=settings.model_timeout, max_tokens=settings.output_tokens)
        if settings.model is None:
            raise Misconfigured(
                "No model is set. Set HEARTHSIDE_MODEL (with OPENAI_API_KEY, and OPENAI_BASE_URL for other endpoints), "
                "or HEARTHSIDE_LOCAL_MODEL; or use the phrasebook."
            )
        return OpenAIChat(
            settings.model,
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
            timeout=settings.model_timeout,
            max_tokens=settings.output_tokens,
        )

    @property
    def has_model(self) -> bool:
        return self.settings.model is not None or self.settings.local_model is not None

    def writer(self, name: str, profile: Profile, prompt_version: int | None = None) -> Writer:
        """A writer by name: "auto" is the model where one is set, else the phrasebook.

        Raises Misconfigured for an unknown name, a model that is not set or a prompt that does not exist.
        """
        if name not in WRITERS:
            raise Misconfigured(f"There is no writer “{name}”. Known: {', '.join(WRITERS)}.")
        if name == "phrasebook" or (name == "auto" and not self.has_model):
            return PHRASEBOOK
        from assistant.adapters.tokens import token_counter

        settings = self.settings
        try:
            prompt = template("write", prompt_version or settings.prompt_version)
        except KeyError as error:
            raise Misconfigured(f"There is no prompt {error.args[0]}.") from error
        priced = settings.price_in is not None and settings.price_out is not None
        return ModelWriter(
            self.chat,
            prompt,
            profile,
            PHRASEBOOK,
            token_counter(settings.cache / "tiktoken"),
            evidence_tokens=settings.evidence_tokens,
            price=Price(settings.price_in or 0.0, settings.price_out or 0.0) if priced else None,
        )

    def profile(self, community: str) -> Profile:
        """Raises NotFound, or BadProfile naming the file and the place."""
        path = self.profile_path(community)
        if not path.exists():
            known = ", ".join(self.messages.communities()) or "none yet; run `hearthside import` or `hearthside ui`"
            raise NotFound(f"There is no community “{community}”. Known: {known}.")
        profile = self._read_profile(path)
        if profile.id != community:
            raise BadProfile(f"{path}: its id is “{profile.id}”, but it lies in the folder of “{community}”.")
        return profile

    def _read_profile(self, path: Path) -> Profile:
        """Read anew when the file has changed: every click asks for it, and a long one takes a tenth of a second."""
        stamp = (path.stat().st_mtime_ns, path.stat().st_size)
        kept = self._profiles.get(path)
        if kept is None or kept[0] != stamp:
            kept = self._profiles[path] = stamp, read_profile(path)
        return kept[1]

    def profile_path(self, community: str) -> Path:
        return self.settings.profile_path(community)

    def choose(self, community: str | None) -> str:
        """The community asked for, or the only one. Raises NotFound where that is not clear."""
        if community is not None:
            return community
        known = list(self.messages.communities())
        if len(known) == 1:
            return known[0]
        if not known:
            raise NotFound("There is no community yet. Start with `hearthside ui` or `hearthside import PATH`.")
        raise NotFound(f"There are several communities: choose one with --community: {', '.join(known)}.")

    def desk(self, community: str, writer: str = "auto") -> Desk:
        """A community's desk. It is kept, and made anew when its profile has changed."""
        profile = self.profile(community)
        kept = self._desks.get((community, writer))
        if kept is None or kept.profile != profile:
            self.apply_channels(profile)
            kept = Desk(
                profile=profile,
                messages=self.messages,
                index=self.index,
                store=self.store,
                understanding=self.understanding,
                clock=self.clock(profile),
                writer=self.writer(writer, profile),
                present=self.present,
            )
            self._desks[community, writer] = kept
        return kept

    def apply_channels(self, profile: Profile) -> None:
        """Make the store follow the profile: what its channels are called and who can read them."""
        self.messages.save(profile.id, channels=[rule.channel for rule in profile.channels])

    def clock(self, profile: Profile) -> Callable[[], datetime]:
        """What time it is: as asked for, else now for a live community, else when an archive's last message came."""
        if self._as_of is not None or profile.live:
            return self.present
        return lambda: self.messages.newest(profile.id) or self.present()

    def present(self) -> datetime:
        """The present, or the time that was asked for."""
        return self._as_of or datetime.now(UTC)
