"""Results for people: a table on the terminal, JSON, and an HTML page with a plot that needs nothing from outside."""

import io
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from evals.compare import Regression
from evals.run import Results
from evals.scorers import PASS, SCORERS
from knowledge.languages import direction

_COLOURS = ("#a04a2b", "#5b7f95", "#8a9a5b", "#c8a24a", "#7a6a86")


def number(value: float | None) -> str:
    """A mean as it is shown; a dash where no case gave the scorer anything to say."""
    return "–" if value is None else f"{value:.3f}"


def table(results: Results) -> str:
    """One row for each writer: the mean of each score, the share of model-written sentences, the time."""
    head = ["writer", *SCORERS, "by model", "seconds"]
    rows = [
        [run.writer, *(number(run.means.get(name)) for name in SCORERS), f"{run.by_model:.0%}", f"{run.seconds:.1f}"]
        for run in results.runs
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join([f"{results.suite}: {len(results.runs[0].cases)} cases", *lines])


def plot(results: Results) -> str:
    """Grouped bars, a group for each score and a bar for each writer, as SVG."""
    # Not pyplot: it keeps its figures in one place for all threads, and the desk draws in several.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2))
    axes = figure.subplots()
    width = 0.8 / len(results.runs)
    for number, run in enumerate(results.runs):
        places = [position + number * width for position in range(len(SCORERS))]
        heights = [run.means.get(name, 0.0) for name in SCORERS]
        axes.bar(places, heights, width=width * 0.92, label=run.writer, color=_COLOURS[number % len(_COLOURS)])
    axes.axhline(PASS, color="#888888", linewidth=0.8, linestyle=":")
    axes.set_xticks([p + 0.4 - width / 2 for p in range(len(SCORERS))], list(SCORERS))
    axes.set_ylim(0, 1.05)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=len(results.runs), loc="upper center", bbox_to_anchor=(0.5, 1.18))
    image = io.StringIO()
    figure.savefig(image, format="svg", bbox_inches="tight")
    return image.getvalue()[image.getvalue().index("<svg") :]


def write(results: Results, regressions: Sequence[Regression], folder: Path) -> tuple[Path, Path]:
    """Write results.json and report.html into a folder. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "results.json", folder / "report.html"
    source = (files("evals") / "report.html.jinja").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
    html = template.render(
        results=results,
        regressions=regressions,
        plot=plot(results),
        names=list(SCORERS),
        passing=PASS,
        direction=direction,
        number=number,
    )
    for path, text in ((data, results.model_dump_json(indent=1)), (page, html)):
        partial = path.with_suffix(".part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return data, page
