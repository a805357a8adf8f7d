"""Charts drawn in a process of their own: the same pictures, and words where there are none."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sample_charts import KINDS, boxes
from work_done_once import DRAW_ELSEWHERE

from evaluation.charts import drawing, rendering
from evaluation.charts.drawing import ChartsNotDrawnError, as_png, as_svgs
from evaluation.charts.rendering import as_svg


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DrawingProcess", DRAW_ELSEWHERE)


@pytest.mark.usefixtures("_elsewhere")
def test_a_process_of_its_own_draws_the_same_pictures() -> None:
    charts = [make("a <b> \x00 \ud800 & \u202e", 0.25) for make in KINDS.values()]

    assert [as_svg(chart) for chart in charts] == as_svgs(charts)


@pytest.mark.usefixtures("_elsewhere")
def test_a_process_of_its_own_draws_the_same_file() -> None:
    chart = boxes("a <b> \x00 \ud800 & \u202e", 0.25)

    assert rendering.as_png(chart) == as_png(chart)


@pytest.mark.usefixtures("_elsewhere")
def test_a_module_in_the_working_folder_is_not_taken_for_one_of_the_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("altair", "vl_convert", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken')")
    monkeypatch.chdir(tmp_path)

    assert as_svgs([boxes("a", 1.0)])


@pytest.mark.usefixtures("_elsewhere")
def test_a_process_that_was_started_before_draws_once_and_is_ended_where_nothing_is_asked_of_it() -> None:
    with drawing.DrawingProcess() as process:
        (svg,) = process.as_svgs([boxes("a", 1.0)])
        with pytest.raises(ChartsNotDrawnError):
            process.as_svgs([boxes("b", 1.0)])
    with drawing.DrawingProcess() as unused:
        child = unused._child
        assert child is not None
        assert child.is_alive()

    assert as_svg(boxes("a", 1.0)) == svg
    assert not child.is_alive()


def test_without_charts_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DrawingProcess", None)

    assert [] == as_svgs([])


WITH_LITTLE_ADDRESS_SPACE = """
import resource
from evaluation.charts.chart import BoxChart
from evaluation.charts.drawing import ChartsNotDrawnError, as_svgs
resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3,) * 2)
try:
    as_svgs([BoxChart(title="t", description="d", rows=(), x_title="x")])
except ChartsNotDrawnError as error:
    print(error)
"""


def test_where_the_libraries_cannot_run_the_reason_is_said_and_the_process_goes_on() -> None:
    """As under `ulimit -v`: V8 ends the process that has no address space for it."""
    argv = [sys.executable, "-c", WITH_LITTLE_ADDRESS_SPACE]

    shown = subprocess.run(argv, capture_output=True, text=True, check=True)

    assert re.fullmatch(r"the process that draws ended \(.*\d+\)\n", shown.stdout)
    assert "" == shown.stderr


def test_a_process_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DrawingProcess", DRAW_ELSEWHERE)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(ChartsNotDrawnError, match=r"cannot be started: .*No such file"):
        as_svgs([boxes("a", 1.0)])


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DrawingProcess", DRAW_ELSEWHERE)
    monkeypatch.setattr(drawing, "stretched_s", lambda _: 0.01)

    with pytest.raises(ChartsNotDrawnError, match=r"^not drawn within 0 s"):
        as_svgs([boxes("a", 1.0)])


def test_a_chart_that_the_libraries_refuse_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(chart: object, *, narrow: bool) -> str:
        raise ValueError("no such mark")

    monkeypatch.setattr("evaluation.charts.drawing_child.as_svg", refuse)

    with pytest.raises(ChartsNotDrawnError, match=r"^ValueError: no such mark$"):
        as_svgs([boxes("a", 1.0)])


@pytest.mark.parametrize(
    "module",
    [
        "deployments.cli.app",
        "evaluation.charts.drawing",
        "evaluation.reports.runs.page",
        "evaluation.reports.notebook",
        "tasks.publish",
    ],
)
def test_who_shows_charts_does_not_load_what_draws_them(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'altair', 'vl_convert', 'narwhals'}} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)

    assert "[]" == shown.stdout.strip()
