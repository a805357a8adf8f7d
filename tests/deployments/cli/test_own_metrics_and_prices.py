"""A metric of the user's own and prices of the user's own, from the command line to the results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama

Command = Callable[..., Any]
OWN = '''
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.metric import Metric
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class Evenness(Metric):
    """1 where the answer is even, else 0."""

    name: ClassVar[str] = "evenness"
    unit: ClassVar[str] = "fraction"

    strict: bool = False

    def measure(self, case, generations, answers):
        if self.strict and case.case_id == "c3":
            raise ArithmeticError("three is too much")
        return Measurement(value=float(int(generations[0].answer) % 2 == 0))
'''
PRICES = "models:\n  good*: {input_per_million: 1.5, output_per_million: 2.5}\n"


@pytest.fixture(autouse=True)
def good(ollama_by_script: ScriptedOllama) -> None:
    """A model that knows every answer."""
    ollama_by_script.add("good")


def test_a_metric_of_ones_own_file_is_measured_and_scored_again_from_elsewhere(
    evaluate: Command, benchwright: Command, benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    said = evaluate(
        "--benchmark", benchmark, "--model", "good", "--metric", "own.py:Evenness", "--metric", "exact_match", "--json"
    )

    assert 0 == said.code
    (run,) = said.json["runs"]
    (candidate,) = run["candidates"]
    assert (0.5, 6) == tuple(candidate["metrics"]["evenness"][key] for key in ("value", "n"))
    assert "Evenness(strict=False)|v1+file:" in run["metrics"]["evenness"]
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    again = benchwright("score", run["run_id"], "--metric", "../own.py:Evenness(strict=True)", "--json")
    assert 0 == again.code
    (alarm,) = [alarm for alarm in again.json["alarms"] if alarm["kind"] == "score_failures"]
    assert ("good", 1) == (alarm["candidate"], alarm["n"])
    shown = benchwright("show", run["run_id"], "--case", "c3").out
    assert "evenness: measure() raised ArithmeticError: three is too much" in " ".join(shown.split())


@pytest.fixture
def begun(evaluate: Command, benchmark: Path, tmp_path: Path) -> Path:
    """The file of a metric by which a run of three of six cases was measured."""
    (tmp_path / "own.py").write_text(OWN)
    said = evaluate(
        *("--benchmark", benchmark, "--model", "good", "--limit", 3),
        *("--metric", f"{tmp_path}/own.py:Evenness", "--metric", "exact_match"),
    )
    assert 0 == said.code
    return tmp_path / "own.py"


def test_a_resume_with_nothing_left_but_a_metric_whose_file_is_gone_or_changed_is_refused(
    begun: Path, benchwright: Command
) -> None:
    changes: list[tuple[Callable[[], object], str]] = [
        (begun.unlink, "own.py' is gone"),
        (lambda: begun.write_text(OWN.replace("== 0", "== 1")), "own.py' was changed since the run began"),
        (lambda: begun.write_text("broken("), "own.py' was changed since: "),
    ]
    for change, words in changes:
        change()
        refused = benchwright("evaluate", "--resume", "last")

        said = " ".join(refused.err.split())
        assert 2 == refused.code
        assert "measures by 'evenness', and its file '" in said
        assert words in said
        assert "Put the file back as it was, or name it where it is now: --metric PATH.py:Evenness" in said


def test_a_resume_takes_the_same_metric_from_another_file_and_no_other_metric(
    begun: Path, benchwright: Command, tmp_path: Path
) -> None:
    (tmp_path / "else").mkdir()
    moved = begun.rename(tmp_path / "else" / "moved.py")
    (tmp_path / "other.py").write_text(OWN.replace("evenness", "oddness"))
    for metric, words in (
        (f"{tmp_path}/other.py:Evenness", "is not a metric of this run, and a resume cannot add metrics"),
        (f"{moved}:Evenness(strict=True)", "is not a metric of this run, and a resume cannot add metrics"),
        ("bleu", "--metric is fixed for a run"),
    ):
        refused = benchwright("evaluate", "--resume", "last", "--limit", 6, "--metric", metric)
        assert 2 == refused.code
        assert words in " ".join(refused.err.split())

    grown = benchwright("evaluate", "--resume", "last", "--limit", 6, "--metric", f"{moved}:Evenness", "--json")
    assert 0 == grown.code
    assert 6 == grown.json["runs"][0]["candidates"][0]["metrics"]["evenness"]["n"]
    again = benchwright("evaluate", "--resume", "last", "--json")
    assert 0 == again.code


def test_a_resume_with_answers_to_be_had_goes_on_without_a_metric_that_is_gone(
    begun: Path, benchwright: Command
) -> None:
    begun.unlink()
    grown = benchwright("evaluate", "--resume", "last", "--limit", 6, "--json")

    assert 0 == grown.code
    (candidate,) = grown.json["runs"][0]["candidates"]
    assert ({"evenness": 3, "exact_match": 6}, 6) == (candidate["n_scored"], candidate["n_ok"])
    assert {"evenness": {"metric_lost": 3}} == candidate["score_failures"]
    begun.write_text(OWN)
    back = benchwright("evaluate", "--resume", "last", "--json")
    assert 0 == back.code
    (candidate,) = back.json["runs"][0]["candidates"]
    assert ({}, 6) == (candidate["score_failures"], candidate["metrics"]["evenness"]["n"])


def test_a_benchmark_that_names_code_is_refused_before_anything_runs(
    evaluate: Command, tmp_path: Path, without_servers: None
) -> None:
    (tmp_path / "own.py").write_text("raise AssertionError('it ran')")
    path = tmp_path / "b.jsonl"
    path.write_text(
        f'{{"benchmark": {{"metrics": ["{tmp_path}/own.py:X"]}}}}\n{{"prompt": "a", "references": ["a"]}}\n'
    )
    said = evaluate("--benchmark", path, "--model", "good")

    assert (2, "") == (said.code, said.out)
    assert "which is a Python file; a benchmark may not load code" in said.err


def test_answers_are_priced_by_a_file_of_prices(
    evaluate: Command, benchwright: Command, benchmark: Path, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    said = evaluate(
        "--benchmark", benchmark, "--model", "good", "--metric", "exact_match", "--json", "--prices", prices
    )

    assert 0 == said.code
    metrics = said.json["runs"][0]["candidates"][0]["metrics"]
    n_in, n_out, cost = (metrics[name]["value"] for name in ("prompt_tokens", "output_tokens", "cost_usd"))
    assert n_in > 0
    assert (1.5 * n_in + 2.5 * n_out) / 1e6 == pytest.approx(cost)
    assert 6 * cost == pytest.approx(metrics["cost_usd"]["total"]["value"])
    shown = benchwright("show", "last").out
    assert "USD/answer" in shown
    assert "USD in all" in shown


def test_a_resume_keeps_the_prices_of_its_run(
    evaluate: Command, benchwright: Command, benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    monkeypatch.setenv("BENCHWRIGHT_PRICES", str(prices))
    evaluate("--benchmark", benchmark, "--model", "good", "--limit", 3)
    monkeypatch.setenv("BENCHWRIGHT_PRICES", "/nowhere/prices.yaml")

    assert "output_per_million: 2.5" in benchwright("show", "last", "--as-yaml").out
    grown = benchwright("evaluate", "--resume", "last", "--limit", 6, "--json")
    assert 0 == grown.code
    assert 6 == grown.json["runs"][0]["candidates"][0]["metrics"]["cost_usd"]["n"]
    refused = benchwright("evaluate", "--resume", "last", "--prices", prices)
    assert 2 == refused.code
    assert "--prices is fixed for a run" in refused.err


@pytest.mark.parametrize(
    ("text", "words"), [("models: {a: {per_kwh: -1}}", "must not be negative"), (None, "cannot read the prices")]
)
def test_bad_prices_are_one_message_before_anything_runs(
    evaluate: Command, benchmark: Path, tmp_path: Path, without_servers: None, text: str | None, words: str
) -> None:
    prices = tmp_path / "prices.yaml"
    if text is not None:
        prices.write_text(text)
    said = evaluate("--benchmark", benchmark, "--model", "good", "--prices", prices)

    assert (2, "") == (said.code, said.out)
    assert words in said.err
