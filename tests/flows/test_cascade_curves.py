"""The curve of a cascade from one run's stored stages equals separate runs at each threshold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from looking_back import only_run, outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from written_reports import text_of_html, written

from deployments.cli.show.cascade_page import print_cascade_page
from deployments.cli.show.command import show
from evaluation import load_cascades
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.generation import Failure
from evaluation.reports.documents.formats import ReportFormat
from evaluation.reports.runs.cascade_report import curve_rows
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.results.as_json import as_json, from_json
from evaluation.results.cascade_curves import CascadeCurve, CascadePoint, CascadeResult
from evaluation.run_results.cascade_result import cascade_result
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
N = 12


def of_small(chat: Chat) -> Reply:
    """Empty on 1; by number a refusal, JSON or words, a token's log-probability, and samples that agree or not."""
    number = int(right(chat).text)
    if number == 1:
        return Reply(text="")
    logprobs = {"logprobs": [{"logprob": -0.25 * (number % 4)}]}
    if number % 3 == 0:
        return Reply(text="I don't know.", final=logprobs, prompt_tokens=5 + number)
    text = str(number) if chat.options["seed"] % N < number else f"{chat.options['seed'] % 3} or so"
    return Reply(text=text, final=logprobs, prompt_tokens=5 + number)


def of_large(chat: Chat) -> Reply:
    """Right, but for an empty answer to 3, and a server that fails on 6."""
    number = int(right(chat).text)
    if number == 6:
        return Reply(status=500, error="llama runner process has terminated: signal: killed")
    return Reply(text="" if number == 3 else str(number), prompt_tokens=40 + number)


def curve_of(store: Store, invocation_id: str = "one", label: str | None = None) -> CascadeCurve:
    curves = cascade_result(store, only_run(store, invocation_id).plan.run_id).curves
    return next(curve for curve in curves if label is None or curve.label == label)


def n_escalated(store: Store, invocation_id: str, place: int) -> int:
    """Cases of a candidate for which the larger model was asked, whatever came of it."""
    row_id = only_run(store, invocation_id).candidates[place].run_candidate_id
    rows = load_stages(store, row_id, [f"c{n}" for n in range(N)])
    answered = sum("escalated" in [row.name for row in stages] for stages in rows.values())
    return answered + sum(isinstance(each.row.outcome, Failure) for each in outcomes(store, invocation_id, place))


@pytest.mark.parametrize("signal", ["agreement n=3", "logprob", "refusal", "format"])
def test_the_curve_of_one_run_equals_separate_runs_at_every_threshold(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, signal: str
) -> None:
    ollama_by_script.add("small", of_small)
    ollama_by_script.add("big", of_large)
    cascade, path = f"small pipeline=cascade large=big signal={signal}", benchmark_file(N)
    begin = -0.5 if signal == "logprob" else 0.5
    evaluate(path, candidates=[f"{cascade} threshold={begin} ask_both=true"], max_failures="100%", invocation_id="one")
    n_asked = len(ollama_by_script.chats)
    curve = curve_of(store)
    assert n_asked == len(ollama_by_script.chats)
    points = [point for point in curve.points if point.threshold is not None]
    labels = [f"{cascade} threshold={point.threshold!r}" for point in points]

    evaluate(path, candidates=labels, max_failures="100%", invocation_id="two")

    assert len(points) >= 2
    assert {1} == {sum(point.is_of_run for point in curve.points)}
    separate = list(results(store, "two").items())
    for place, (point, (label, candidate)) in enumerate(zip(points, separate, strict=True)):
        assert n_escalated(store, "two", place) == point.n_escalated
        assert candidate.n_failed == point.n_failed
        assert point.figures.quality is not None
        of_run = candidate.metrics["exact_match"].mean
        assert of_run is not None
        assert (of_run.value, of_run.low, of_run.high, of_run.n_cases) == numbers_of(point, "quality")
        for name in ("prompt_tokens", "output_tokens"):
            mean = candidate.metrics[name].mean
            assert mean is not None
            assert (mean.value, mean.low, mean.high, mean.n_cases) == numbers_of(point, name)
        seconds = candidate.metrics["latency_s"].mean
        of_its_own = next(each for each in curve_of(store, "two", label).points if each.is_of_run)
        assert seconds is not None
        assert seconds.value == pytest.approx(numbers_of(of_its_own, "latency_s")[0], rel=1e-12)
    assert n_escalated(store, "one", 0) >= max(point.n_escalated for point in points)


def numbers_of(point: CascadePoint, name: str) -> tuple[float, float | None, float | None, int]:
    estimate = getattr(point.figures, name)
    return estimate.value, estimate.low, estimate.high, estimate.n_cases


def test_without_ask_both_the_curve_ends_where_the_larger_model_was_not_asked(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda chat: Reply(text="x", final=logprob(chat)))
    ollama_by_script.add("big")
    cascade, path = "small pipeline=cascade large=big signal=logprob threshold=-0.4", benchmark_file(8)
    evaluate(path, candidates=[cascade], invocation_id="one")
    evaluate(path, candidates=[f"{cascade} ask_both=true"], invocation_id="two")

    part, whole = curve_of(store, "one"), curve_of(store, "two")

    assert [-0.75, -0.5, -0.25] == [point.threshold for point in part.points]
    assert [-0.75, -0.5, -0.25, 0.0, None] == [point.threshold for point in whole.points]
    assert [point.figures.quality for point in part.points] == [point.figures.quality for point in whole.points][:3]
    assert [0, 2, 4, 6, 8] == [point.n_escalated for point in whole.points]
    assert "ask_both=true would add 2 thresholds" in part.notes[0]
    assert part.large_alone is None
    assert whole.large_alone is not None
    assert whole.large_alone.quality is not None
    assert 1.0 == whole.large_alone.quality.value
    assert [False, False, True, False, False] == [point.is_of_run for point in whole.points]


@pytest.mark.parametrize("fails", ["small", "big"])
def test_a_case_on_which_a_server_fails_stands_in_the_tables_and_on_the_page(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, fails: str
) -> None:
    def failing(chat: Chat) -> Reply:
        is_broken = chat.model == fails and chat.prompt == "What is 3?"
        broken = Reply(status=500, error="llama runner process has terminated: signal: killed")
        return broken if is_broken else Reply(text=right(chat).text, final=logprob(chat))

    ollama_by_script.add("small", failing)
    ollama_by_script.add("big", failing)
    cascade = "small pipeline=cascade large=big signal=logprob threshold=-0.4 ask_both=true"

    evaluate(benchmark_file(8), candidates=[cascade], max_failures="100%", invocation_id="one")

    curve = curve_of(store)
    rows = curve_rows(curve)
    assert {tuple(rows[0])} == {tuple(row) for row in rows}
    assert curve.large_alone is not None
    assert "1" in {row["failed"] for row in rows} or fails == "small"
    page = str(invocation_as_markdown(store, invocation_result(store, "one")))
    assert all(row["threshold"].rstrip(" *") in page for row in rows)
    print_cascade_page(cascade_result(store, only_run(store, "one").plan.run_id))


def logprob(chat: Chat) -> dict[str, Any]:
    return {"logprobs": [{"logprob": -0.25 * (int(right(chat).text) % 4)}]}


@pytest.mark.parametrize(("answer", "shares"), [("I don't know.", [0, 1]), ("7", [0, 1])])
def test_one_case_and_a_tie_at_the_threshold(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    answer: str,
    shares: list[float],
) -> None:
    ollama_by_script.add("small", lambda _: Reply(text=answer))
    ollama_by_script.add("big")
    cascade = "small pipeline=cascade large=big signal=refusal ask_both=true threshold=1"

    evaluate(benchmark_file(1), candidates=[cascade], invocation_id="one")

    curve = curve_of(store)
    assert shares == [point.share_escalated.value for point in curve.points if point.share_escalated is not None]
    is_tied = answer == "7"  # a signal of 1 is not below a threshold of 1
    assert [is_tied, not is_tied] == [point.is_of_run for point in curve.points]
    assert ([1.0, None] if is_tied else [0.0, 1.0]) == [point.threshold for point in curve.points]
    assert curve.choice is None


def test_a_result_of_cascades_is_the_same_after_json_and_has_a_row_for_each_threshold(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda chat: Reply(text="x", final=logprob(chat)))
    ollama_by_script.add("big")
    evaluate(
        benchmark_file(24),
        candidates=["small pipeline=cascade large=big signal=logprob threshold=-0.4 ask_both=true"],
        invocation_id="one",
    )

    result = cascade_result(store, only_run(store).plan.run_id)

    assert result == from_json(CascadeResult, as_json(result))
    frame = result.to_frame()
    assert [0.0, 0.25, 0.5, 0.75, 1.0] == frame["share_escalated"].tolist()
    assert frame["quality"].tolist() == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    choice = result.curves[0].choice
    assert choice is not None
    assert (None, 1.0, 1.0) == (choice.threshold, choice.quality.value, choice.validated_quality.value)


def test_the_share_and_the_curve_are_on_the_terminal_the_page_and_in_a_notebook(
    evaluate: Evaluate,
    store: Store,
    store_url: str,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    ollama_by_script.add("small", lambda chat: Reply(text="x", final=logprob(chat)))
    ollama_by_script.add("big")
    cascade = "small pipeline=cascade large=big signal=logprob threshold=-0.4 ask_both=true"
    evaluate(benchmark_file(24), candidates=[cascade], invocation_id="one")
    run_id = only_run(store).plan.run_id

    show(run=run_id, db=store_url)
    in_short = capsys.readouterr().out
    show(run=run_id, cascade=True, db=store_url)
    in_full = " ".join(capsys.readouterr().out.split())
    show(run=run_id, cascade=True, as_json=True, db=store_url)
    printed = json.loads(capsys.readouterr().out)
    result = load_cascades(run_id, db=store_url)
    page = invocation_as_markdown(store, invocation_result(store, "one"))
    report = text_of_html(written(store, run_id, ReportFormat.HTML))

    assert "cascade: 50% [31%, 69%] escalated to big" in in_short.replace(" %", "%")
    assert f"benchwright show {run_id} --cascade" in in_short
    assert "every case" in in_full
    assert "big alone" in in_full
    assert "Chosen and measured on different cases (5 folds): 1.000" in in_full
    assert result == from_json(CascadeResult, printed)
    assert "Cascade over its threshold" in report
    assert "Chosen and measured on different cases (5 folds): 1.000" in report
    assert "### Cascades" in page
    assert "big alone" in page
    html = result._repr_html_()
    assert "data:image/svg+xml;base64," in html
    (tmp_path / "cascade.html").write_text(html)
    with pytest.raises(ConfigurationError, match="cannot be combined"):
        show(run=run_id, cascade=True, case="c1", db=store_url)


def test_a_run_without_a_cascade_is_told_so_and_an_unknown_metric_is_named(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small")
    ollama_by_script.add("big")
    evaluate(benchmark_file(2), candidates=["small"], invocation_id="one")
    evaluate(benchmark_file(2), candidates=["small pipeline=cascade large=big"], invocation_id="two")

    with pytest.raises(ConfigurationError, match="has no candidate with pipeline=cascade"):
        cascade_result(store, only_run(store).plan.run_id)
    with pytest.raises(UnknownNameError, match="rouge"):
        cascade_result(store, only_run(store, "two").plan.run_id, metric="rouge")


def test_each_stage_costs_what_its_own_model_costs_and_no_cost_is_told_without_both_prices(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda chat: Reply(text="x", final=logprob(chat)))
    ollama_by_script.add("big")
    cascade = "small pipeline=cascade large=big signal=logprob threshold=-0.4 ask_both=true"
    small, big = [{"input_per_million": price, "output_per_million": 0.0} for price in (1.0, 100.0)]
    for invocation_id, models in (("one", {"small": small, "big": big}), ("two", {"small": small})):
        path = benchmark_file(4, name=invocation_id)
        evaluate(path, candidates=[cascade], invocation_id=invocation_id, prices={"models": models})

    both, only_small = curve_of(store, "one"), curve_of(store, "two")

    costs = [point.figures.cost_usd.value * 1e6 for point in both.points if point.figures.cost_usd is not None]
    assert [9 + 900 * share for share in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx(costs)
    assert both.large_alone is not None
    assert both.large_alone.cost_usd is not None
    assert 900 == pytest.approx(both.large_alone.cost_usd.value * 1e6)
    assert only_small.points[-1].figures.cost_usd is None
    (of_both,), (of_small,) = (
        run_result(store, only_run(store, invocation_id).plan.run_id).candidates for invocation_id in ("one", "two")
    )
    assert 9 + 900 == pytest.approx(1e6 * of_both.metrics["cost_usd"].value)  # both are asked in every case
    assert 4 * (9 + 900) == pytest.approx(1e6 * of_both.metrics["cost_usd"].quantities["total"].value)
    assert "cost_usd" not in of_small.metrics


def test_a_metric_that_asks_a_model_has_a_value_only_where_every_answer_was_scored(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("small", lambda chat: Reply(text="xyz", final=logprob(chat)))
    ollama_by_script.add("big")
    ollama_by_script.add("embedder", capabilities=("embedding",))
    cascade = "small pipeline=cascade large=big signal=logprob threshold=-0.4 ask_both=true"
    path = benchmark_file(4, metrics=["semantic_similarity", "exact_match"])
    evaluate(path, candidates=[cascade], embedder="embedder", invocation_id="one")
    n_embedded = ollama_by_script.embedded.total()

    (curve,) = cascade_result(store, only_run(store).plan.run_id, metric="semantic_similarity").curves

    assert n_embedded == ollama_by_script.embedded.total()
    assert [point.is_of_run for point in curve.points] == [point.figures.quality is not None for point in curve.points]
    of_run = results(store)[cascade].metrics["semantic_similarity"].mean
    point = next(each for each in curve.points if each.is_of_run)
    assert of_run is not None
    assert numbers_of(point, "quality")[0] == of_run.value
    assert any("semantic_similarity asks embedder" in note for note in curve.notes)
    assert curve.choice is None
