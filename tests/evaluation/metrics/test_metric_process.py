"""A metric from a user's file measures in a process of its own: what it does there fails its own scores alone."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evaluation.case import Case
from evaluation.errors import ConfigurationError
from evaluation.generation import Generation
from evaluation.metrics.exact_match import ExactMatch
from evaluation.metrics.guarded_calls import BrokenMetricError
from evaluation.metrics.metric import Metric
from evaluation.metrics.metric_process import MeasuringEndedError, MetricProcess, is_ours
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.requests import EmbedText
from evaluation.scores import Measurement, ScoreFailure

OWN = '''
import os, re, sys, time
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.metric import CorpusMetric
from evaluation.metrics.requests import EmbedText
from evaluation.scores import Measurement, ScoreFailure


class Label(str):
    pass


@dataclass(frozen=True, kw_only=True)
class Own(CorpusMetric):
    """Does what the answer says."""

    name: ClassVar[str] = "own"
    unit: ClassVar[str] = "fraction"
    value_range: ClassVar[tuple[float, float]] = (0, 100)

    factor: float = 1.0

    def measure(self, case, generations, answers):
        return eval(generations[0].answer)

    def requests(self, case, generations):
        return (EmbedText(model="m", digest="d", text=case.prompt),)

    def combine(self, values):
        return self.factor * max(values)

    def aggregate(self, rows):
        if self.factor < 0:
            os._exit(3)
        return sum(row.evidence[0] for row in rows) * self.factor
'''


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Metric]:
    """The metric of a user's file, with options."""
    (tmp_path / "own.py").write_text(OWN)
    return lambda options="": parse_metric(f"{tmp_path}/own.py:Own({options})")


@pytest.fixture
def apart() -> Iterator[MetricProcess]:
    with MetricProcess(limit_s=120.0) as measuring:
        yield measuring


def said(apart: MetricProcess, metric: Metric, answer: str) -> Any:
    case = Case(case_id="a", prompt="what?")
    return apart.measured(metric, case, (Generation(text=answer, answer=answer),), {})


def test_what_is_sound_comes_back_as_plain_values(apart: MetricProcess, own: Callable[..., Metric]) -> None:
    found = said(apart, own("factor=3.0"), "Measurement(value=self.factor, label=Label('l'), evidence=(1, Label('x')))")

    assert Measurement(value=3.0, label="l", evidence=(1.0, "x")) == found
    assert [str, str] == [type(found.label), type(found.evidence[1])]
    assert said(apart, own(), "None") is None
    assert ScoreFailure(kind="own_word", message="why") == said(
        apart, own(), "ScoreFailure(kind='own_word', message='why')"
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("0.5", "metric_returned_nonsense", "measure() returned 0.5, a float; it must return a Measurement"),
        ("float('nan')", "metric_returned_nonsense", "measure() returned nan, a float"),
        ("'good'", "metric_returned_nonsense", "measure() returned 'good', a str"),
        ("(_ for _ in ()).throw(KeyboardInterrupt)", "metric_raised", "measure() raised KeyboardInterrupt"),
        ("sys.exit(1)", "metric_raised", "measure() raised SystemExit: 1"),
        ("self.measure(case, generations, answers)", "metric_raised", "measure() raised RecursionError"),
        ("(_ for _ in ()).throw(MemoryError)", "metric_raised", "measure() raised MemoryError"),
        ("os._exit(0)", "metric_ended_its_process", "own: its process exited (exit code 0)"),
        ("os.kill(os.getpid(), 11)", "metric_ended_its_process", "by signal 11"),
    ],
)
def test_whatever_it_does_fails_its_own_score_and_the_next_case_is_measured(
    apart: MetricProcess, own: Callable[..., Metric], answer: str, kind: str, words: str
) -> None:
    failure = said(apart, own(), answer)

    assert kind == failure.kind
    assert words in failure.message
    assert Measurement(value=1.0) == said(apart, own(), "Measurement(value=1)")


def test_what_it_prints_or_reads_is_no_answer(apart: MetricProcess, own: Callable[..., Metric]) -> None:
    assert Measurement(value=1.0) == said(apart, own(), "print('noise', flush=True) or Measurement(value=1)")
    assert "EOFError" in said(apart, own(), "input()").message


@pytest.mark.parametrize("answer", ["time.sleep(3600)", "re.match('(a*)*b', 'a' * 99)"])
def test_one_that_never_returns_is_ended_also_where_it_keeps_the_interpreter_to_itself(
    own: Callable[..., Metric], answer: str
) -> None:
    with MetricProcess(limit_s=0.5) as apart:
        failure = said(apart, own(), answer)
        assert "metric_timed_out" == failure.kind
        assert "own: did not return within 0.5 s" in failure.message
        assert "BENCHWRIGHT_METRIC_TIMEOUT_S" in failure.message


def test_a_file_that_never_loads_in_its_process_names_the_setting_for_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(f"import sys, time\nif '-P' in sys.orig_argv: time.sleep(3600)\n{OWN}")
    monkeypatch.setenv("BENCHWRIGHT_IMPORT_TIMEOUT_S", "1")
    with MetricProcess() as apart:
        failure = said(apart, parse_metric(f"{tmp_path}/own.py:Own"), "None")

    assert "metric_timed_out" == failure.kind
    assert "raise BENCHWRIGHT_IMPORT_TIMEOUT_S (now 1 s)" in failure.message


@pytest.mark.parametrize(
    "import_time",
    [
        "while True: pass",
        "while True:\n    try: pass\n    except Exception: pass",
        "import time; time.sleep(3600)",
        "import threading; threading.Event().wait()",
    ],
)
@pytest.mark.parametrize("is_in_thread", [False, True])
def test_a_file_that_never_loads_in_the_command_is_refused_within_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, import_time: str, is_in_thread: bool
) -> None:
    (tmp_path / "own.py").write_text(f"{import_time}\n{OWN}")
    monkeypatch.setenv("BENCHWRIGHT_IMPORT_TIMEOUT_S", "0.5")

    def load() -> str:
        with pytest.raises(ConfigurationError) as error:
            parse_metric(f"{tmp_path}/own.py:Own")
        return f"{error.value.message} {error.value.next_step}"

    with ThreadPoolExecutor(1) as pool:
        message = pool.submit(load).result() if is_in_thread else load()

    assert (
        "own.py' was not loaded within 0.5 s and was stopped raise BENCHWRIGHT_IMPORT_TIMEOUT_S (now 0.5 s)" in message
    )
    (tmp_path / "own.py").write_text(OWN)
    assert "own" == parse_metric(f"{tmp_path}/own.py:Own").name  # the next one is not kept waiting


def test_one_that_closes_its_pipes_fails_its_score_without_a_traceback(
    apart: MetricProcess, own: Callable[..., Metric], capfd: pytest.CaptureFixture[str]
) -> None:
    failure = said(apart, own(), "__import__('os').closerange(3, 200)")

    assert "metric_ended_its_process" == failure.kind
    assert "Traceback" not in capfd.readouterr().err


def test_after_three_calls_in_a_row_that_never_returned_it_is_asked_no_more(own: Callable[..., Metric]) -> None:
    with MetricProcess(limit_s=0.3) as apart:
        kinds = [said(apart, own(), "time.sleep(3600)").kind for _ in range(5)]

    assert ["metric_timed_out"] * 3 + ["metric_given_up"] * 2 == kinds


def test_whoever_waits_for_it_is_let_go_by_closing_from_another_thread(own: Callable[..., Metric]) -> None:
    apart = MetricProcess(limit_s=600.0)
    closing = threading.Timer(1.0, apart.close)
    closing.start()
    began = time.monotonic()
    with pytest.raises(MeasuringEndedError):
        said(apart, own(), "time.sleep(3600)")
    closing.join()

    assert time.monotonic() - began < 60
    with pytest.raises(MeasuringEndedError):
        said(apart, own(), "None")


def test_a_file_that_changed_since_is_measured_as_it_was_when_it_was_named(
    apart: MetricProcess, own: Callable[..., Metric], tmp_path: Path
) -> None:
    metric = own()
    (tmp_path / "own.py").unlink()

    assert Measurement(value=1.0) == said(apart, metric, "Measurement(value=1)")


def test_requests_and_numbers_over_many_values_are_had_there_too(
    apart: MetricProcess, own: Callable[..., Metric]
) -> None:
    metric: Any = own("factor=2.0")
    rows = [Measurement(value=1, evidence=(float(n),)) for n in range(5)]

    wanted = apart.requested(metric, Case(case_id="a", prompt="p"), (Generation(text="x", answer="x"),))
    assert (EmbedText(model="m", digest="d", text="p"),) == wanted
    assert 6.0 == apart.combining(metric)([1.0, 3.0])
    aggregate = apart.aggregating(metric)
    assert [20.0, 8.0, 16.0] == [aggregate(rows), aggregate([rows[4]]), aggregate([rows[4], rows[4]])]
    with pytest.raises(BrokenMetricError, match="its process exited"):
        apart.aggregating(own("factor=-1.0"))(rows)  # type: ignore[arg-type]
    with pytest.raises(BrokenMetricError, match="outside its own range"):
        apart.combining(metric)([99.0])


def test_our_own_metrics_are_measured_here(apart: MetricProcess, own: Callable[..., Metric]) -> None:
    found = apart.measured(ExactMatch(), Case(case_id="a", references=("x",)), (Generation(text="x", answer="x"),), {})

    assert (True, False) == (is_ours(ExactMatch()), is_ours(own()))
    assert isinstance(found, Measurement)
    assert 1.0 == found.value


def test_its_process_ends_with_whoever_asked(own: Callable[..., Metric]) -> None:
    with MetricProcess() as apart:
        pid = int(said(apart, own(), "Measurement(value=1, label=str(os.getpid()))").label)
        assert pid != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
