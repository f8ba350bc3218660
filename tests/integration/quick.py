"""Hearthside in a process of its own, with quick fakes in place of the embedder and the language detector."""

from assistant.bootstrap import House
from tests import making
from ui import cli


def use_quick_models() -> None:
    understanding = making.understanding()
    for name, part in (("embedder", understanding.embedder), ("understanding", understanding)):
        setattr(House, name, part)


if __name__ == "__main__":
    use_quick_models()
    cli.main()
