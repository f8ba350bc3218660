"""Prompt templates: one file per version, with front matter that says what it is for and what goes in.

A file `NAME@VERSION.md` has a YAML front matter, then a `# system` and a `# user` part in Jinja.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256

import yaml
from jinja2 import StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, ValidationError

from prompts.errors import BadFile
from prompts.files import ROOT, read_yaml

_JINJA = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False, autoescape=False)


class Template(BaseModel):
    """A prompt, ready to be filled. `hash` identifies the file's content; two versions never share one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    system: str
    user: str
    hash: str

    def render(self, **values: object) -> tuple[str, str]:
        """The system and the user text. Raises KeyError where the values are not exactly the declared inputs."""
        if set(values) != set(self.inputs):
            raise KeyError(f"{self.name}@{self.version} wants {sorted(self.inputs)}, got {sorted(values)}")
        system, user = (_JINJA.from_string(part).render(**values).strip() for part in (self.system, self.user))
        return system, user


class MoveText(BaseModel):
    """What a move is called and what it is there to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    purpose: str


def versions(name: str) -> tuple[int, ...]:
    """The versions of a prompt that exist, oldest first."""
    return tuple(sorted(int(path.stem.split("@")[1]) for path in (ROOT / "templates").glob(f"{name}@*.md")))


@cache
def template(name: str, version: int | None = None) -> Template:
    """A version of a prompt, by default the newest.

    Raises KeyError for one that does not exist, BadFile for a broken one.
    """
    available = versions(name)
    chosen = version if version is not None else max(available, default=0)
    if chosen not in available:
        raise KeyError(f"{name}@{chosen}")
    path = ROOT / "templates" / f"{name}@{chosen}.md"
    source = path.read_text(encoding="utf-8")
    try:
        _, head, body = source.split("---\n", 2)
        system, user = body.split("\n# user\n", 1)
        result = Template(
            **yaml.safe_load(head),
            system=system.split("# system\n", 1)[1],
            user=user,
            hash=sha256(source.encode()).hexdigest()[:12],
        )
        if (result.name, result.version) != (name, chosen):
            raise ValueError(f"it calls itself {result.name}@{result.version}")
        for part in (result.system, result.user):
            _JINJA.parse(part)
        return result
    except (ValueError, IndexError, TypeError, ValidationError, yaml.YAMLError, TemplateSyntaxError) as error:
        raise BadFile(f"{path}: expected front matter, then “# system” and “# user”: {error}") from error


@cache
def move_texts() -> Mapping[tuple[str, str], MoveText]:
    """(kind, move) -> what it is called and what it is there to do."""
    return {
        (kind, move): MoveText(**text)
        for kind, moves in read_yaml(ROOT / "moves.yaml").items()
        for move, text in moves.items()
    }
