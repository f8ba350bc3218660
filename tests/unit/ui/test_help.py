"""What --help says without looking into the parts: it must not fall behind them."""

from typer.testing import CliRunner

from knowledge.importers import FORMATS
from ui.cli import app


def test_help_names_every_format_that_can_be_imported() -> None:
    shown = CliRunner().invoke(app, ["import", "--help"], env={"COLUMNS": "200"}).output
    _, _, listed = " ".join(shown.split()).partition("--format")
    missing = [format_.name for format_ in FORMATS if format_.name not in listed.partition("default: by content")[0]]
    assert not missing
