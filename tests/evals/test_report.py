"""The three faces of results: a table, JSON, and a page that is safe to open and complete in itself."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evals import report
from evals.compare import Regression
from evals.run import CaseResult, Results, RunResult
from evals.scorers import SCORERS

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' {{7*7}} ${7*7}"
FETCHES = {"src", "href", "xlink:href", "action", "data", "poster", "srcset"}


def case(id_: str = "reply-en", language: str = "en", **changes: Any) -> CaseResult:
    values: dict[str, Any] = {
        "case": id_,
        "kind": "reply",
        "language": language,
        "outcome": "draft",
        "text": "Hello Anna,",
        "by_model": 0.5,
        "scores": dict.fromkeys(SCORERS, 1.0),
        "explanations": dict.fromkeys(SCORERS, "fine"),
        "seconds": 0.25,
    }
    return CaseResult(**{**values, **changes})


def results(*runs: RunResult) -> Results:
    made = runs or (RunResult(writer="phrasebook", cases=(case(),)),)
    return Results(suite="core", at=datetime(2026, 12, 1, 9, tzinfo=UTC), runs=made)


class Page(HTMLParser):
    """What stands in a page: its tags, the addresses it fetches from, its handlers, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def fetched(self) -> list[str]:
        found = [value for _, attributes in self.tags for name, value in attributes.items() if name in FETCHES]
        return [value for value in found if value and not value.startswith("#")]

    @property
    def handlers(self) -> list[str]:
        return [name for _, attributes in self.tags for name in attributes if name.startswith("on")]


def page(of: Results, folder: Path, *regressions: Regression) -> Page:
    _, html = report.write(of, regressions, folder)
    return Page(html.read_text(encoding="utf-8"))


def test_the_table_has_a_row_for_each_writer_and_a_column_for_each_score() -> None:
    runs = [RunResult(writer=name, cases=(case(), case("two"))) for name in ("phrasebook", "model@2")]
    title, head, *rows = report.table(results(*runs)).splitlines()
    assert title == "core: 2 cases"
    assert head.split() == ["writer", *SCORERS, "by", "model", "seconds"]
    assert [row.split() for row in rows] == [
        [name, *["1.000"] * len(SCORERS), "50%", "0.5"] for name in ("phrasebook", "model@2")
    ]


def test_the_columns_of_the_table_stand_below_each_other() -> None:
    runs = [RunResult(writer=name, cases=(case(),)) for name in ("phrasebook", "m")]
    _, head, one, other = report.table(results(*runs)).splitlines()
    assert one.index("1.000") == other.index("1.000") == head.index("outcome")


def test_a_score_that_no_case_had_anything_to_say_to_is_a_dash_and_no_zero(tmp_path: Path) -> None:
    silent = case(scores={**dict.fromkeys(SCORERS, 1.0), "grounding": None})
    made = results(RunResult(writer="phrasebook", cases=(silent,)))
    assert report.table(made).splitlines()[2].split()[4] == "–"
    assert "0.000" not in page(made, tmp_path).text


def test_the_json_can_be_read_back(tmp_path: Path) -> None:
    made = results(RunResult(writer="model@2", model="qwen", prompt="write@2", cases=(case(text="سلام"),)))
    data, _ = report.write(made, [], tmp_path / "new" / "folder")
    assert Results.model_validate_json(data.read_bytes()) == made


def test_a_write_that_breaks_off_leaves_the_results_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = report.write(results(), [], tmp_path)

    def torn(path: Path, text: str, encoding: str) -> int:
        path.write_bytes(text.encode()[:9])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", torn)
    with pytest.raises(OSError, match="No space"):
        report.write(results(RunResult(writer="model@2", cases=(case(),))), [], tmp_path)
    assert Results.model_validate_json(data.read_bytes()) == results()


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    planted = case(text=HOSTILE, explanations=dict.fromkeys(SCORERS, HOSTILE))
    run = RunResult(writer="model@2", model=HOSTILE, prompt=HOSTILE, cases=(planted,))
    worse = Regression(HOSTILE, HOSTILE, "1.000", "0.000")
    shown = page(Results(suite=HOSTILE, at=results().at, runs=(run,)), tmp_path, worse)
    assert {tag for tag, _ in shown.tags} & {"script", "img", "iframe", "object", "link"} == set()
    assert shown.handlers == []
    assert shown.text.count(HOSTILE) >= 5
    assert any(attributes.get("title") == HOSTILE for _, attributes in shown.tags)


def test_the_page_needs_nothing_from_outside(tmp_path: Path) -> None:
    _, html = report.write(results(), [], tmp_path)
    assert page(results(), tmp_path).fetched == []
    style = html.read_text(encoding="utf-8")
    assert "@import" not in style
    assert "url(http" not in style


@pytest.mark.parametrize(("language", "way"), [("ar", "rtl"), ("fa", "rtl"), ("sv", "ltr"), ("zu", "ltr")])
def test_a_text_runs_in_the_direction_of_its_language(tmp_path: Path, language: str, way: str) -> None:
    shown = page(results(RunResult(writer="phrasebook", cases=(case(language=language),))), tmp_path)
    assert [attributes["dir"] for tag, attributes in shown.tags if tag == "pre"] == [way]


def test_a_failed_score_and_a_silent_one_look_different(tmp_path: Path) -> None:
    scores = {**dict.fromkeys(SCORERS, 1.0), "length": 0.2, "variety": None}
    shown = page(results(RunResult(writer="phrasebook", cases=(case(scores=scores),))), tmp_path)
    classes = [attributes.get("class") for tag, attributes in shown.tags if tag == "td" and "title" in attributes]
    assert classes.count("bad") == 1
    assert classes.count("none") == 1


def test_regressions_come_first_and_only_where_there_are_any(tmp_path: Path) -> None:
    told = page(results(), tmp_path, Regression("phrasebook", "safety of a", "passed", "failed")).text
    assert "Worse than the baseline" in told
    assert "phrasebook: safety of a was passed, is failed" in told
    assert "Worse than the baseline" not in page(results(), tmp_path).text


def test_the_plot_is_one_svg_with_a_bar_for_each_writer_and_score() -> None:
    runs = [RunResult(writer=name, cases=(case(),)) for name in ("phrasebook", "model@1", "model@2")]
    drawn = ElementTree.fromstring(report.plot(results(*runs)))
    assert drawn.tag.endswith("svg")
    patches = [group for group in drawn.iter() if group.get("id", "").startswith("patch_")]
    assert len(patches) >= 3 * len(SCORERS)


def test_a_plot_can_be_drawn_where_a_score_is_missing() -> None:
    silent = case(scores={**dict.fromkeys(SCORERS, 1.0), "grounding": None})
    assert report.plot(results(RunResult(writer="phrasebook", cases=(silent,)))).startswith("<svg")
