import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from scripted_ollama import Reply, ScriptedOllama
from stored_runs import MOMENT, REQUEST, Asked, answer, asked, numbers, right, store_run, wrong

from deployments.cli.show.command import _request_as_yaml
from deployments.cli.terminal.run_results import print_invocation
from evaluation.candidate import Candidate
from evaluation.case import Case
from evaluation.errors import FailureKind, StoreError
from evaluation.escaping import for_terminal
from evaluation.generation import Failure, Generation
from evaluation.records.status import Status
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.request_file import read_request_file
from evaluation.run_results.run_result import invocation_result
from evaluation.store.gpu_samples import GpuSample, save_gpu_samples
from evaluation.store.holders import take_hold
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]
DOWN = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens on port 9", n_attempts=8)
EMPTY = Generation(text="<think>", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="not a word")
HOSTILE = "\x1b[31mred\x9b2J [red]markup[/red] \u202egnp.exe | `tick` =cmd() <script>alert(1)</script>"


@pytest.fixture
def store(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with open_store(database) as opened:
        yield opened


def shown_lines(said: Any) -> list[str]:
    assert 0 == said.code, said.err
    lines: list[str] = said.out.splitlines()
    return lines


def test_a_run_on_a_gpu_of_this_machine_shows_what_it_did(benchwright: Command, store: Store) -> None:
    run_id = store_run(store, asked("a:1b", right(numbers(1))), cases=numbers(1))
    sample = GpuSample(endpoint="here", gpu_index=0, gpu_name="NVIDIA H100", sampled_at=MOMENT, power_w=312.0)
    save_gpu_samples(store, f"of-{run_id}", [sample])

    out = benchwright("show", run_id).out

    assert "The endpoints' GPUs during the evaluation, and the energy of its answers\n" in out
    assert "here, GPU 0 (NVIDIA H100): 312 W (at most 312 W); 1 sample\n" in out


def test_a_run_shows_results_failures_and_sources(benchwright: Command, store: Store) -> None:
    cases = numbers(4)
    run_id = store_run(
        store,
        asked("a:1b", right(cases) | {"c2": DOWN, "c3": EMPTY}),
        asked("b:1b", right(cases)),
        cases=cases,
    )

    out = benchwright("show", run_id).out

    assert "numbers · 4 cases · run run-1 · completed" in out
    assert "b:1b        1.000 [0.510, 1.000]        4/4   0" in out
    assert "a:1b        0.667 [0.208, 0.939]        2/4   1 server_down, 1 empty_answer (own)" in out
    assert "on 3 cases; counting the 1 server failure as zero: 0.500 [0.150, 0.850]" in out
    assert "1 server_down (the server's, not scored)\n    a:1b: 1 × nobody listens on port 9\n" in out
    assert "    for example case c2, a:1b, 8 requests\n" in out
    assert "1 empty_answer (the candidate's own, scored as an empty answer)" in out
    assert "    a:1b: 1 × not a word\n    for example case c3, a:1b, 1 request\n" in out
    assert "Latency in seconds" in out
    for fact in ("of-run-1", "0.1.0+gabc", "flow-1", "digest-of-b:1b", "ollama 0.33.0", "seed 7", "num_ctx=4096"):
        assert fact in out
    assert out.endswith("One case in full: benchwright show run-1 --case c0\n")


def test_show_alone_and_last_are_the_newest_run(benchwright: Command, store: Store) -> None:
    cases = numbers(1)
    store_run(store, asked("a:1b", right(cases)), cases=cases, run_id="old")
    store_run(store, asked("a:1b", right(cases)), cases=cases, run_id="new")

    assert "run new" in benchwright("show").out
    assert benchwright("show").out == benchwright("show", "last").out == benchwright("show", "ne").out


def test_a_run_as_json_is_as_from_evaluate_with_more_keys(benchwright: Command, store: Store) -> None:
    cases = numbers(3)
    store_run(store, asked("a:1b", right(cases) | {"c2": DOWN}), cases=cases)

    found = benchwright("show", "run-1", "--json").json

    assert ("run-1", "completed", "numbers", "exact_match") == tuple(
        found[name] for name in ("run_id", "status", "benchmark", "headline")
    )
    (candidate,) = found["candidates"]
    assert (3, 2, 1, {"server_down": 1}) == tuple(
        candidate[name] for name in ("n_cases", "n_ok", "n_failed", "failures")
    )
    assert (1.0, 2) == tuple(candidate["metrics"]["exact_match"][name] for name in ("value", "n"))
    assert ["c2"] == [failure["example"]["case_id"] for failure in found["failure_examples"]]
    assert ["c0", "c1", "c2"] == found["case_ids"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.CANCELLED, ["cancelled: Ctrl-C", "They were not scored."]),
        (Status.FAILED, ["failed: Ctrl-C", "They were not scored."]),
        (Status.RUNNING, ["interrupted", "They were not scored: the process that worked on the run is gone."]),
    ],
)
def test_a_run_that_did_not_end_well_says_what_it_has(
    benchwright: Command, store: Store, status: Status, words: list[str]
) -> None:
    cases = numbers(3)
    store_run(
        store,
        asked("a:1b", {"c0": answer("0"), "c1": DOWN}),
        asked("b:1b", given_up="its server is gone"),
        cases=cases,
        status=status,
        reason="Ctrl-C",
        scored=False,
    )

    out = benchwright("show").out

    for word in [*words, "2 of 6 outcomes are stored: 1 answer, 1 failure of the server."]:
        assert word in out
    assert "b:1b was given up: its server is gone" in out
    assert "Latency" not in out


def test_a_run_that_is_worked_on_is_running(benchwright: Command, store: Store) -> None:
    store_run(store, asked("a:1b", {"c0": answer("0")}), cases=numbers(2), status=Status.RUNNING, scored=False)
    take_hold(store, ["run-1"])

    out = benchwright("show").out

    assert "run-1 · running" in out
    assert "A candidate is scored once it has been asked all cases; judges and programs follow at the end." in out


def test_a_run_without_a_candidate_or_an_outcome_is_shown(benchwright: Command, store: Store) -> None:
    store_run(store, cases=numbers(1), status=Status.PLANNED, scored=False, flow_run_ids=())

    out = benchwright("show").out

    assert "numbers · 1 case · run run-1 · planned" in out
    assert "No cases were asked yet." in out
    assert "flow runs" not in out


def test_repeats_and_a_limit_are_said(benchwright: Command, store: Store) -> None:
    cases = numbers(3)
    outcomes = {"c0": [answer("0"), DOWN], "c1": [answer("1"), answer("1")]}
    store_run(store, asked("a:1b", outcomes), cases=cases, n_repeats=2, limit=2)

    out = benchwright("show").out

    assert "numbers · 2 cases × 2 repeats · run run-1 · completed" in out
    assert "2 cases, 2 times each, seed 7, limit 2" in out
    assert "for example case c0, repeat 2 of 2, a:1b, 8 requests" in out


def test_options_that_all_share_stand_once_and_others_with_their_candidate(benchwright: Command, store: Store) -> None:
    cases = numbers(1)
    warm = Asked(candidate=Candidate(model="a:1b", digest=None, options={"temperature": 0.8}, endpoint_identity="x"))
    store_run(store, asked("a:1b", details={"family": "llama", "quantization": "Q4_0"}), asked("b:1b"), cases=cases)
    store_run(store, asked("a:1b"), warm, cases=cases, run_id="differing")

    assert 1 == benchwright("show", "run-1").out.count("temperature=0.0")
    assert "a:1b (llama, Q4_0)" in benchwright("show", "run-1").out
    differing = benchwright("show", "differing").out
    assert 1 == differing.count("temperature=0.0 num_ctx=4096")
    assert 1 == differing.count("temperature=0.8 num_ctx=4096")
    assert "none: unverified weights" in differing


def test_an_unknown_run_is_named_with_those_that_exist(benchwright: Command, store: Store) -> None:
    store_run(store, asked("a:1b"), cases=numbers(1))

    said = benchwright("show", "nun-1", "--json")

    assert 2 == said.code
    assert "unknown run 'nun-1'" in said.json["error"]["message"]
    assert "run-1" in said.err


def test_an_empty_store_has_no_last_run(benchwright: Command) -> None:
    said = benchwright("show")

    assert (2, "") == (said.code, said.out)
    assert "unknown run 'last'. None is known yet." in said.err


def test_at_80_columns_no_table_is_cut_or_broken(
    benchwright: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    cases = numbers(12)
    models = ["qwen2.5-coder:7b-instruct-q4_K_M-and-a-very-long-name-indeed-it-does-not-end", "b:1b"]
    metrics = ("exact_match", "token_f1", "rouge_l", "chrf")
    store_run(store, *(asked(model, right(cases) | {"c0": DOWN}) for model in models), cases=cases, metrics=metrics)

    lines = shown_lines(benchwright("show"))
    table = lines[: next(i for i, line in enumerate(lines) if line.startswith("* headline"))]

    assert 80 >= max(map(len, table))
    assert 2 * 3 == sum("1.000 [0.741, 1.000]" in line for line in table)
    assert "exact_match *" in "\n".join(table)
    assert not any("…" in line for line in table)
    assert any(line.rstrip().endswith("1 server_down") for line in table)


def test_in_a_pipe_a_row_stays_one_line_without_colour(benchwright: Command, store: Store) -> None:
    cases = numbers(12)
    name = "qwen2.5-coder:7b-instruct-q4_K_M"
    metrics = ("exact_match", "token_f1", "rouge_1", "rouge_2", "rouge_l", "chrf", "bleu")
    store_run(store, asked(name, right(cases)), cases=cases, metrics=metrics)

    out = benchwright("show").out
    row = next(line for line in out.splitlines() if line.startswith(name))

    assert "\x1b" not in out
    assert row.count("[") == 7 + 2
    assert "12/12" in row


def test_a_name_wider_than_any_screen_is_folded_not_cut(
    benchwright: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    cases = numbers(2)
    store_run(store, asked("a-model-of-many-words:70b", right(cases)), cases=cases)

    lines = shown_lines(benchwright("show"))
    table = lines[: next(i for i, line in enumerate(lines) if line.startswith("* headline"))]

    assert "a-model-of-many-words:70b" in "".join(line[:17].strip() for line in table)
    assert any("1.000 [0.342, 1.000]" in line for line in table)


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_model_or_a_server_wrote_is_only_text(benchwright: Command, store: Store, as_json: bool) -> None:
    cases = (Case(case_id=f"id {HOSTILE}", prompt=HOSTILE, references=(HOSTILE,)), *numbers(2))
    outcomes = {
        cases[0].case_id: answer(HOSTILE, thinking=HOSTILE, finish_reason=HOSTILE),
        "c0": Failure(kind=FailureKind.RUNNER_CRASHED, message=HOSTILE + "\nrun run-1 · completed"),
        "c1": Generation(text=HOSTILE, answer="", own_failure=FailureKind.REPEATED_ITSELF, message=HOSTILE),
    }
    store_run(store, asked(f"evil:{HOSTILE}", outcomes), cases=cases, status=Status.FAILED, reason=HOSTILE)
    options = ["--json"] if as_json else []

    pages = [benchwright("show", *options)]
    pages += [benchwright("show", "--case", case.case_id, *options) for case in cases]

    for page in pages:
        assert 0 == page.code, page.err
        assert page.out == for_terminal(page.out)
        assert "[red]markup[/red]" in page.out
        assert not any(line.startswith("run run-1 · completed") for line in page.out.splitlines())
        if as_json:
            assert any(HOSTILE in text for text in _texts(page.json))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def test_what_was_asked_for_is_printed_and_reads_back_the_same(
    benchwright: Command, store: Store, tmp_path: Path
) -> None:
    request = REQUEST | {
        "candidates": ["c:1b temperature=0.2 'stop=a b|c'"],
        "options": ["temperature=0.1"],
        "system": "Réponds «brièvement»: # no comment\n- no list",
        "max_failures": "5",
        "fail_under": ["exact_match=0.5"],
        "embedded": True,
    }
    store_run(store, asked("a:1b"), cases=numbers(3), request=request)
    file = tmp_path / "again.yaml"

    said = benchwright("show", "run-1", "--as-yaml")
    file.write_text(said.out, encoding="utf-8")

    assert read_request(request) == read_request(read_request_file(file))
    assert "Réponds" in said.out
    assert "timeout_s" not in said.out


def test_a_printed_request_is_harmless_and_still_the_same(benchwright: Command, store: Store) -> None:
    request = REQUEST | {"system": HOSTILE}
    store_run(store, asked("a:1b"), cases=numbers(3), request=request)

    out = benchwright("show", "--as-yaml").out

    assert out == for_terminal(out)
    assert read_request(request) == read_request(yaml.safe_load(out))


@pytest.mark.parametrize("options", [("--json",), ("--case", "c0")])
def test_as_yaml_stands_alone(benchwright: Command, store: Store, options: tuple[str, ...]) -> None:
    store_run(store, asked("a:1b"), cases=numbers(1))

    said = benchwright("show", "--as-yaml", *options)

    assert 2 == said.code
    assert "--as-yaml cannot be combined" in said.err


def test_a_request_that_can_no_longer_be_read_is_named(benchwright: Command, store: Store) -> None:
    store_run(store, asked("a:1b"), cases=numbers(1), request={"models": ["a:1b"], "colour": "red"})

    said = benchwright("show", "--as-yaml")

    assert (2, "") == (said.code, said.out)
    assert "what was asked for in run 'run-1'" in said.err
    assert "unknown key 'colour'" in said.err


def test_a_lost_request_is_said_to_be(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store_run(store, asked("a:1b"), cases=numbers(1))
    monkeypatch.setattr("evaluation.store.plans.find_invocation", lambda *_: None)

    with pytest.raises(StoreError, match="does not hold what was asked for in run 'run-1'"):
        _request_as_yaml(store, "run-1")


def test_the_case_to_look_at_is_one_word_for_a_shell(benchwright: Command, store: Store) -> None:
    store_run(store, asked("a:1b"), cases=(Case(case_id="it's; rm", prompt="?", references=("x",)),))

    assert """--case 'it'"'"'s; rm'""" in benchwright("show").out


def test_the_sentence_about_the_baseline_stands_below_the_table(benchwright: Command, store: Store) -> None:
    cases = numbers(8)
    store_run(store, asked("a:1b", right(cases)), asked("baseline-lead", wrong(cases)), cases=cases)

    assert "exact_match: a:1b is better than baseline-lead by 100.0 points" in benchwright("show").out


def test_an_alarm_is_part_of_the_story(benchwright: Command, store: Store) -> None:
    cases = numbers(3)
    store_run(store, asked("a:1b", wrong(cases)), cases=cases)

    assert "alarm: exact_match is 0 for every candidate" in benchwright("show").err


def test_what_was_reused_and_what_did_not_fit_the_gpu_is_said(benchwright: Command, store: Store) -> None:
    cases = numbers(2)
    given = {case_id: replace(given, reused=case_id == "c0") for case_id, given in right(cases).items()}
    store_run(store, asked("a:1b", given, vram_share=0.25), cases=cases)

    shown = shown_lines(benchwright("show"))

    assert "a:1b: 1 of 2 reused from earlier runs (excluded from timing figures)" in shown
    assert "warning: partly or fully on the CPU: a:1b (75 %)" in shown


def test_an_invocation_shows_each_of_its_runs(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    cases = numbers(2)
    store_run(store, asked("a:1b", right(cases)), cases=cases)
    found = invocation_result(store, "of-run-1")

    print_invocation(store, replace(found, runs=(*found.runs, replace(found.runs[0], benchmark="letters"))))

    out = capsys.readouterr().out
    assert "numbers · 2 cases · run run-1" in out
    assert "letters · 2 cases · run run-1" in out
    assert "Where the numbers come from" not in out


def test_a_classification_shows_how_each_candidate_tells_the_classes_apart(
    benchwright: Command, evaluate: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    cases = tmp_path / "mail.jsonl"
    rows = [("sell", "spam"), ("buy", "spam"), ("hello", "ham"), ("lunch", "ham")]
    labels = ["spam", "ham"]
    lines = [{"id": prompt, "prompt": prompt, "references": [label], "choices": labels} for prompt, label in rows]
    cases.write_text("\n".join(map(json.dumps, lines)))
    answers = dict(rows) | {"buy": "ham"}
    ollama_by_script.add(
        "model", lambda chat: Reply(text=next(answers[prompt] for prompt in answers if prompt in chat.prompt))
    )
    words = ("--benchmark", cases, "--model", "model", "--endpoint", ollama_by_script.url)
    assert 0 == evaluate(*words, "--metric", "macro_f1").code

    lines_shown = shown_lines(benchwright("show", "last"))

    start = lines_shown.index("Classes: model")
    shown = [line.split() for line in lines_shown[start + 1 : start + 12] if line.strip()]
    assert ["ham", "0.667", "1.000", "0.800", "2", "3"] in shown
    assert ["spam", "1.000", "0.500", "0.667", "2", "1"] in shown
    assert ["spam", "1", "1"] in shown
