"""Puts the parts together: settings in, open stores and desks out. The only place that knows every adapter."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from secrets import token_bytes
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.adapters.database import open_database
from assistant.adapters.sql import SqlDeskStore
from assistant.community import Profile, read_profile
from assistant.desk import PHRASEBOOK, Desk
from assistant.errors import BadProfile, Misconfigured, NotFound
from assistant.forgetting import Stores, left_out, recognise, withdraw
from assistant.forgotten import Marks
from assistant.ports import ChatModel, Writer
from assistant.settings import Settings, is_loopback
from assistant.writing.model import ModelWriter, Price
from knowledge.adapters.sql import SqlMessageStore
from knowledge.embedding import Embedder
from knowledge.errors import EmbeddingFailed
from knowledge.history import Understanding
from knowledge.languages import LanguageModel
from knowledge.signals import load_heads
from prompts.files import languages
from prompts.templates import template

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from assistant.adapters.erasers import Drafts, Files
    from assistant.adapters.local_model import LocalModel
    from knowledge.adapters.chroma import ChromaIndex
    from knowledge.adapters.embedding_cache import VectorCache
    from knowledge.adapters.onnx_e5 import BuiltInEmbedder

WRITERS = ("auto", "phrasebook", "model")
ANSWERS = 60.0
"""Seconds after which an endpoint is asked again whether it still has the model before."""


class House:
    """Everything one process has open. Parts are opened when they are first needed, and closed together."""

    def __init__(self, settings: Settings, as_of: datetime | None = None) -> None:
        self.settings = settings
        self._as_of = as_of
        self.indexing = RLock()  # held by whoever indexes: two threads would embed the same messages twice
        self._desks: dict[tuple[str, str], Desk] = {}
        self._befores: dict[str, tuple[float, Embedder | None]] = {}
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
        self.vector_cache.close()
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
    def built_in(self) -> "BuiltInEmbedder":
        """The embedder that is always there. The signal heads read its features."""
        from knowledge.adapters.onnx_e5 import BuiltInEmbedder

        return BuiltInEmbedder(self.settings.machine_cache)

    @cached_property
    def embedder(self) -> Embedder:
        """What embeds for the search: the endpoint of the settings, or the built-in one. No text is embedded twice."""
        from knowledge.adapters.embedding_cache import CachedEmbedder

        model = self.settings.embedding_model
        return CachedEmbedder(self._endpoint(model) if model else self.built_in, self.vector_cache)

    @cached_property
    def vector_cache(self) -> "VectorCache":
        from knowledge.adapters.embedding_cache import VectorCache

        return VectorCache(self.settings.cache / "embeddings.db")

    def _endpoint(self, model: str) -> Embedder:
        from knowledge.adapters.openai_embeddings import OpenAIEmbedder

        settings = self.settings
        # OpenAI's key goes to nobody else: with an address of its own, an endpoint needs a key of its own.
        key = settings.embedding_key or (None if settings.embedding_url else settings.openai_api_key)
        local = is_loopback(urlsplit(settings.embeddings_url).hostname or "")
        return OpenAIEmbedder(
            model,
            url=settings.embeddings_url,
            key=key.get_secret_value() if key else None,
            built_in=self.built_in,
            masking=(lambda: str) if local else self.masking,
            local=local,
        )

    def masking(self) -> Callable[[str], str]:
        """Hides personal data and the names of all members from an endpoint that is not on this machine."""
        from assistant.writing.masking import Mask
        from assistant.writing.model import ordinary_words

        communities = self.messages.communities()
        names = frozenset(name for community in communities for name in self.messages.all_names(community))
        own = {word for name in communities.values() for word in name.split()}
        ordinary = frozenset(own).union(*map(ordinary_words, languages("phrasebooks")))
        # One mask for each text: the same text always leaves as the same, and nothing is ever put back.
        return lambda text: Mask("ZZ", names, ordinary).hide(text)

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

    def searched(self, community: str) -> tuple["ChromaIndex", Understanding]:
        """The index to search, with what asks it: that of the embedder before, while the present one's is filled."""
        serving = self.messages.serving(community)
        before = None if serving in (None, self.embedder.name) else self._before(serving)
        if before is None:
            return self.index, self.understanding
        return self.index.beside(before.name), self.understanding._replace(embedder=before)

    def _before(self, name: str) -> Embedder | None:
        """The embedder of this name, if it can still be asked: the built-in one, or another model at the endpoint."""
        if name == self.built_in.name:
            return self.built_in
        if self.settings.embedding_model is None:
            return None  # nothing is sent to an endpoint that the settings do not name any more
        asked, before = self._befores.get(name, (None, None))
        if asked is None or monotonic() - asked > ANSWERS:  # it may have gone, or come back, in the meantime
            embedder = before or self._endpoint(name.rpartition("@")[0])
            before = embedder if embedder.name == name and _answers(embedder) else None
            self._befores[name] = monotonic(), before
        return before

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
        index, understanding = self.searched(community)
        kept = self._desks.get((community, writer))
        if kept is None or kept.profile != profile or kept.index.embedder != index.embedder:
            self.apply_rules(profile)
            kept = Desk(
                profile=profile,
                messages=self.messages,
                index=index,
                store=self.store,
                understanding=understanding,
                clock=self.clock(profile),
                writer=self.writer(writer, profile),
                present=self.present,
            )
            self._desks[community, writer] = kept
        return kept

    def apply_rules(self, profile: Profile) -> None:
        """Make the store follow the profile: what its channels are called, who can read them, who is one person, and
        whose posts are left out.
        """
        known = self.messages.channels(profile.id)
        changed = [channel for channel in profile.ruled_channels(known) if channel != known.get(channel.id)]
        if changed:  # every command comes by here: those that only read must not wait for a writer
            self.messages.save(profile.id, channels=changed)
        self.messages.merge_members(profile.id, profile.aliases)
        withdraw(profile, self.messages, self.left_out(profile), [self._files(profile.id), self._drafts(profile.id)])

    def left_out(self, profile: Profile) -> set[str]:
        """The ids of members whose posts are not to be used."""
        return left_out(profile, self.messages)

    def forgetting(self, community: str) -> Stores:
        """All that holds traces of a community's members. Raises Misconfigured where the key of the digests is gone."""
        from assistant.adapters.erasers import EmbeddingCache, Messages, Vectors

        if not any(map(self.messages.forgotten, self.messages.communities())):
            self._make_key()
        self.forgotten(community)
        erasers = (
            self._files(community),
            self._drafts(community),
            EmbeddingCache(self.vector_cache),
            Vectors(lambda: self.index, community, self.settings.chroma_url is not None),
            Messages(self.messages, community, self.engine.dialect.name),
        )
        return Stores(self.profile(community), self.messages, erasers, self._key())

    def forgotten(self, community: str) -> Marks:
        """What recognises those who asked to be forgotten. Raises Misconfigured where its key is gone."""
        return recognise(self.messages, community, self._key())

    def _files(self, community: str) -> "Files":
        from assistant.adapters.erasers import Files

        return Files(self.settings.home, self.profile_path(community))

    def _drafts(self, community: str) -> "Drafts":
        from assistant.adapters.erasers import Drafts

        return Drafts(self.store, community)

    def _key(self) -> bytes:
        """The key by which forgotten members are recognised, of this home folder alone; empty where there is none."""
        return self._key_file.read_bytes() if self._key_file.exists() else b""

    def _make_key(self) -> None:
        if not self._key():
            partial = self._key_file.with_suffix(f".{os.getpid()}.part")
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600)
            partial.write_bytes(token_bytes(32))
            with suppress(FileExistsError):  # another process was quicker: its key counts
                os.link(partial, self._key_file)
            partial.unlink()

    @property
    def _key_file(self) -> Path:
        return self.settings.home / "forgotten.key"

    def clock(self, profile: Profile) -> Callable[[], datetime]:
        """What time it is: as asked for, else now for a live community, else when an archive's last message came."""
        if self._as_of is not None or profile.live:
            return self.present
        return lambda: self.messages.newest(profile.id) or self.present()

    def present(self) -> datetime:
        """The present, or the time that was asked for."""
        return self._as_of or datetime.now(UTC)


def _answers(embedder: Embedder) -> bool:
    """Whether an endpoint still has a model that the settings no longer name."""
    try:
        embedder.encode_query("?")
    except EmbeddingFailed:
        return False
    return True
