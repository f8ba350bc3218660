"""Where the data files of this package are, and how a YAML file is read."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from prompts.errors import BadFile

ROOT = Path(str(files("prompts")))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping. Raises BadFile with the line where the syntax breaks."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadFile(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise BadFile(f"{path}: expected a mapping at the top")
    return data


def places(error: ValidationError) -> str:
    """What a validation found, each with its place in the file."""
    return "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())


def languages(folder: str) -> tuple[str, ...]:
    """The language codes that have a file in `folder`, sorted."""
    return tuple(sorted(path.stem for path in (ROOT / folder).glob("*.yaml")))
