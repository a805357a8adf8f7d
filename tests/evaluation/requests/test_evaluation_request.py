"""What a person may ask for, word by word, and what is refused with which message."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.requests.evaluation_request import CandidateRequest, EvaluationRequest, parse_options, read_request
from evaluation.requests.prices import Price, PriceTable
from evaluation.requests.request_file import read_request_file, request_as_yaml

SMALLEST: dict[str, Any] = {"benchmarks": ["b"], "models": ["m"]}


def test_a_candidate_is_read_from_words_as_in_a_shell() -> None:
    found = CandidateRequest.parse("llama3.2:3b temperature=0.2 num_ctx=8192 profile=concise think=false")
    assert ("llama3.2:3b", {"temperature": "0.2", "num_ctx": "8192"}, "concise", False) == (
        found.model,
        found.options,
        found.profile,
        found.think,
    )


def test_stop_words_are_parted_by_bars_and_may_hold_blanks() -> None:
    assert {"stop": ["the end", "###"]} == CandidateRequest.parse("m 'stop=the end|###'").options


@pytest.mark.parametrize(
    "text",
    ["m", "m temperature=0.2 'stop=the end|###' profile=concise think=high", "m use_mmap=true think=false"],
)
def test_a_candidate_written_as_text_is_read_back(text: str) -> None:
    once = CandidateRequest.parse(text)
    assert once == CandidateRequest.parse(once.as_text())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not begin with a model's name"),
        ("temperature=0.2", "does not begin with a model's name"),
        ("m 'temperature=0.2", "No closing quotation"),
        ("m temperature", "option 'temperature' is not of the form key=value"),
        ("m temperature=", "option 'temperature=' has no value"),
        ("m pipeline=", "option 'pipeline=' has no value"),
        ("m temperature=0 temperature=1", "option 'temperature' is given 2 times: '0', '1'"),
        ("m pipeline=refine pipeline=direct", "option 'pipeline' is given 2 times: 'refine', 'direct'"),
        ("m pipeline=few_shot k=2 k=2", "option 'k' is given 2 times: '2', '2'"),
        ("m pipeline=few_shot K=2", "did you mean 'k'?"),
        ("m =2", "option '=2' is not of the form key=value"),
        ("m tempreature=1", "unknown option 'tempreature'; did you mean 'temperature'?"),
        ("m temperature=warm", "option temperature='warm' is not a number from 0 to 10"),
        ("m temperature=11", "option temperature='11' is out of bounds; allowed: a number from 0 to 10"),
        ("m temperature=nan", "option temperature='nan' is not a number"),
        ("m num_ctx=1.5", "option num_ctx='1.5' is not a whole number"),
        ("m use_mmap=perhaps", "option use_mmap='perhaps' is not true or false"),
        ("m think=deeply", "invalid think='deeply'; allowed: true, false, low, medium, high, max"),
        ("m seed=3", "option seed is derived for each case"),
    ],
)
def test_a_wrong_word_of_a_candidate_is_named_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CandidateRequest.parse(text)
    assert message in caught.value.message


def test_a_seed_among_the_options_is_refused_with_the_flag_that_sets_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_request({**SMALLEST, "options": ["seed=3"]})
    assert "Give the run's seed with --seed." == caught.value.next_step


def test_common_options_hold_for_models_and_not_for_candidates() -> None:
    request = read_request(
        {
            **SMALLEST,
            "candidates": ["n top_k=3"],
            "options": ["temperature=0.5", "think=true", "profile=concise"],
            "system": "Be brief.",
        }
    )
    plain, own = request.all_candidates()
    assert ("m", {"temperature": "0.5"}, "concise", "Be brief.", True) == (
        plain.model,
        plain.options,
        plain.profile,
        plain.system,
        plain.think,
    )
    assert ("n", {"top_k": "3"}, None, None, None) == (own.model, own.options, own.profile, own.system, own.think)


def test_options_may_be_a_mapping_and_one_name_may_stand_alone_as_in_a_file() -> None:
    request = read_request(
        {"benchmarks": "b", "models": "m", "options": {"temperature": 0.5, "use_mmap": True, "stop": ["a", "b"]}}
    )
    assert (["b"], ["m"]) == (request.benchmarks, request.models)
    assert {"temperature": "0.5", "use_mmap": "true", "stop": ["a", "b"]} == parse_options(request.options)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"models": ["m"]}, "no benchmark: give at least one with --benchmark (or `benchmarks` in the file)"),
        ({"benchmarks": [], "models": ["m"]}, "no benchmark: give at least one"),
        ({"benchmarks": ["b"]}, "no model: give at least one of `models` or `candidates`"),
        ({**SMALLEST, "modles": ["x"]}, "unknown key 'modles' (did you mean 'models'?); known: benchmarks, models"),
        ({**SMALLEST, "slot": 1, "xyzzy": 2}, "unknown keys 'slot' (did you mean 'slots'?), 'xyzzy'; known: bench"),
        ({**SMALLEST, "limit": 0}, "limit must be at least 1 (got 0)"),
        ({**SMALLEST, "repeats": 0}, "repeats must be at least 1 (got 0)"),
        ({**SMALLEST, "repeats": 10_001}, "repeats must be at most 10000 (got 10001)"),
        ({**SMALLEST, "seed": -1}, "seed must be at least 0 (got -1)"),
        ({**SMALLEST, "slots": "many"}, "slots must be a whole number (got 'many')"),
        ({**SMALLEST, "models": [7]}, "models.0 must be text (got 7)"),
        ({**SMALLEST, "embedded": "perhaps"}, "embedded must be true or false (got 'perhaps')"),
        ({**SMALLEST, "timeout_s": 0.0}, "timeout_s must be more than 0 (got 0.0)"),
        ({**SMALLEST, "case_timeout_s": -2}, "case_timeout_s must be more than 0 (got -2)"),
        ({**SMALLEST, "max_failures": "101%"}, "max_failures '101%' is neither a share like 10%"),
        ({**SMALLEST, "max_failures": "-1"}, "max_failures '-1' is neither"),
        ({**SMALLEST, "max_failures": True}, "max_failures must be text (got True)"),
        ({**SMALLEST, "fail_under": ["bleu"]}, "--fail-under 'bleu' is not of the form METRIC=VALUE"),
        ({**SMALLEST, "fail_under": ["bleu=high"]}, "--fail-under 'bleu=high' is not of the form METRIC=VALUE"),
        ({**SMALLEST, "fail_under": ["=3"]}, "--fail-under '=3' is not of the form METRIC=VALUE"),
    ],
)
def test_a_wrong_field_of_a_request_is_named_with_its_value(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_request(given)
    assert message in caught.value.message
    assert 1 == caught.value.message.count(message)
    assert caught.value.next_step


def test_the_next_step_names_the_option_of_the_command_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_request({**SMALLEST, "timeout_s": 0, "gpu_tag": 3})
    assert "Correct --gpu-tag, --timeout: " in str(caught.value.next_step)


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"options": ["temperature=hot"]}, {"fail_under": ["bleu"]}])
def test_the_source_of_a_wrong_value_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"^the command line with run\.yaml: ") as caught:
        read_request({**SMALLEST, **wrong}, source="the command line with run.yaml")
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "n_cases", "allowed"),
    [("10%", 100, 10), ("10%", 9, 0), ("2.5 %", 100, 2), ("0%", 50, 0), ("100%", 7, 7), ("3", 1000, 3), ("0", 9, 0)],
)
def test_the_failure_budget_is_a_share_rounded_down_or_a_number(text: str, n_cases: int, allowed: int) -> None:
    assert allowed == EvaluationRequest(**SMALLEST, max_failures=text).failure_budget(n_cases)


def test_a_failure_budget_may_be_written_as_a_number_in_a_file() -> None:
    assert 4 == read_request({**SMALLEST, "max_failures": 4}).failure_budget(100)


def test_checks_are_read_by_metric() -> None:
    request = read_request({**SMALLEST, "fail_under": ["token_f1=0.5", "latency_s=2"]})
    assert {"token_f1": 0.5, "latency_s": 2.0} == request.thresholds()


def test_a_request_written_as_a_file_is_read_back_and_leaves_out_what_has_its_default(tmp_path: Path) -> None:
    request = read_request({**SMALLEST, "candidates": ["n 'stop=é|b'"], "limit": 3, "options": ["top_k=1"]})
    path = tmp_path / "evaluation.yaml"
    path.write_text(request_as_yaml(request), encoding="utf-8")
    assert request == read_request(read_request_file(path), source=str(path))
    assert "timeout_s" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"benchmarks: [", "is not YAML"),
        (b"- a\n- b\n", "holds a list, expected a mapping of the options of evaluate"),
        (b"", "holds a NoneType"),
        (b"\xff\xfe\x00", "is not YAML"),
    ],
)
def test_a_file_that_is_no_request_is_refused_by_its_path(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "evaluation.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_request_file(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert "`benchwright show RUN --as-yaml` prints an example." == caught.value.next_step


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the options .*: no such file") as caught:
        read_request_file(tmp_path / "nowhere.yaml")
    assert f"Check the path; it is read from {Path.cwd()}." == caught.value.next_step


def test_an_unknown_option_lists_those_that_exist() -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_options(["xyzzy=1"])
    assert {"temperature", "num_ctx", "stop"} <= set(caught.value.known)


def test_a_benchmark_file_beside_the_request_file_is_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text("{}")
    path = tmp_path / "evaluation.yaml"
    path.write_text("benchmarks: [mine.jsonl, summarization]\nmodels: m\n", encoding="utf-8")
    assert [str(tmp_path / "mine.jsonl"), "summarization"] == read_request_file(path)["benchmarks"]
    path.write_text("benchmarks: mine.jsonl\n", encoding="utf-8")
    assert [str(tmp_path / "mine.jsonl")] == read_request_file(path)["benchmarks"]


def test_a_metric_of_ones_own_file_is_named_by_its_whole_path_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    request = read_request({"benchmarks": "b", "models": "m", "metrics": ["own.py:Name(x=1)", "exact_match"]})
    assert [f"{tmp_path.resolve()}/own.py:Name(x=1)", "exact_match"] == request.metrics


def test_a_metric_beside_the_request_file_is_found_from_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.yaml"
    path.write_text("metrics: [own.py:Name, exact_match, 3]\n", encoding="utf-8")
    assert [f"{tmp_path.resolve()}/own.py:Name", "exact_match", 3] == read_request_file(path)["metrics"]
    path.write_text("metrics: own.py:Name\n", encoding="utf-8")
    assert [f"{tmp_path.resolve()}/own.py:Name"] == read_request_file(path)["metrics"]


def test_prices_in_a_file_beside_the_request_file_become_part_of_the_request(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("models: {m: {per_kwh: 0.5}}", encoding="utf-8")
    path = tmp_path / "evaluation.yaml"
    path.write_text("benchmarks: b\nmodels: m\nprices: prices.yaml\n", encoding="utf-8")
    request = read_request(read_request_file(path))
    assert {"electricity_per_kwh": None, "models": {"m": {"per_kwh": 0.5}}} == request.prices
    assert PriceTable(by_model=(("m", Price(per_kwh=0.5)),)) == request.price_table()
    assert PriceTable() == read_request({"benchmarks": "b", "models": "m"}).price_table()


def test_a_price_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(ConfigurationError, match="prices: models → m must have either"):
        read_request({"benchmarks": "b", "models": "m", "prices": {"models": {"m": {}}}})


@pytest.mark.parametrize("named", [{"judges": [""]}, {"judges": ["judge", " "]}, {"embedder": ""}])
def test_a_model_of_metrics_without_a_name_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="an empty name; write MODEL or MODEL@ENDPOINT"):
        read_request({"benchmarks": ["b"], "models": ["m"], **named})


@pytest.mark.parametrize("named", [{"judges": ["judge@"]}, {"judges": ["@server"]}, {"embedder": "embedder@ "}])
def test_a_model_of_metrics_without_its_model_or_its_server_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="is neither MODEL nor MODEL@ENDPOINT") as caught:
        read_request({"benchmarks": ["b"], "models": ["m"], **named})
    assert caught.value.next_step is not None
    assert f"Correct --{'judge' if 'judges' in named else 'embedder'}: " in caught.value.next_step


def test_prices_are_a_table_or_the_name_of_a_block() -> None:
    def prices(value: Any) -> Any:
        return read_request({"benchmarks": ["b"], "models": ["m"], "prices": value}).prices

    assert "block:cloud" == prices("block:cloud")
    assert None is prices("")
    with pytest.raises(ConfigurationError, match="neither `block:NAME`"):
        prices("cloud")
    with pytest.raises(ConfigurationError, match="were not read"):
        read_request({"benchmarks": ["b"], "models": ["m"], "prices": "block:cloud"}).price_table()
