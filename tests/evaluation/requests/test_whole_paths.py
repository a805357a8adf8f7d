"""Where are the files of a request that is read elsewhere than where it was written?"""

import shlex
from pathlib import Path
from typing import Any

import pytest

from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest, read_request
from evaluation.requests.race_request import RaceRequest
from evaluation.requests.request_file import read_request_file
from evaluation.requests.score_request import ScoreRequest
from evaluation.requests.sweep_request import SweepRequest, read_sweep_request
from evaluation.requests.writing_request import WritingRequest

SEARCH = "m pipeline=retrieval corpus=docs/ embedder=e"
OWN = "m pipeline=mine.py:Mine depth=2"
REPORT = "m pipeline=sectioned sections=report.yaml"


def evaluation(**fields: Any) -> dict[str, Any]:
    return {"benchmarks": ["b"], **fields}


def test_no_path_is_resolved_before_it_is_known_whose_request_it_is() -> None:
    """Prefect validates a form's values in the worker, whose folder is nobody's."""
    fields = evaluation(candidates=[SEARCH, OWN], models=["m"], options=["pipeline=sectioned", "sections=r.yaml"])
    request = EvaluationRequest.model_validate(fields | {"metrics": ["own.py:Mine"]})
    assert (fields["candidates"], fields["options"]) == (request.candidates, request.options)
    assert ["own.py:Mine"] == request.metrics


def test_relative_paths_of_candidates_options_and_metrics_are_in_the_folder(tmp_path: Path) -> None:
    fields = evaluation(candidates=[SEARCH, OWN, REPORT], metrics=["own.py:Mine(x=1)", "exact_match"])
    request = EvaluationRequest.model_validate(fields).with_whole_paths(tmp_path)
    assert f"corpus={tmp_path}/docs" in shlex.split(request.candidates[0])
    assert f"pipeline={tmp_path}/mine.py:Mine" in shlex.split(request.candidates[1])
    assert f"sections={tmp_path}/report.yaml" in shlex.split(request.candidates[2])
    assert [f"{tmp_path}/own.py:Mine(x=1)", "exact_match"] == request.metrics
    assert request == request.with_whole_paths(Path("/elsewhere"))
    words = ["pipeline=retrieval", "corpus=docs", "embedder=e"]
    of_all = EvaluationRequest.model_validate(evaluation(models=["m"], options=words)).with_whole_paths(tmp_path)
    assert ["pipeline=retrieval", f"corpus={tmp_path}/docs", "embedder=e"] == of_all.options


def test_the_evaluation_of_a_race_and_of_a_comparison_is_in_the_folder_too(tmp_path: Path) -> None:
    inner = evaluation(candidates=[OWN, SEARCH])
    for request in (
        RaceRequest.model_validate({"evaluation": inner}),
        ComparisonRequest.model_validate({"evaluation": inner}),
    ):
        moved = request.with_whole_paths(tmp_path).evaluation
        assert moved is not None
        assert f"{tmp_path}/mine.py:Mine" in moved.candidates[0]
    assert ComparisonRequest(runs=["last"]) == ComparisonRequest(runs=["last"]).with_whole_paths(tmp_path)


@pytest.mark.parametrize(
    ("options", "parameters", "moved"),
    [
        (["pipeline=retrieval", "embedder=e"], ["corpus=docs,more"], {"corpus={}/docs,{}/more"}),
        ([], ["pipeline=one.py:Mine,two.py:Mine"], {"pipeline={}/one.py:Mine,{}/two.py:Mine"}),
        (["pipeline=sectioned"], ["sections=a.yaml,b.yaml"], {"sections={}/a.yaml,{}/b.yaml"}),
    ],
)
def test_paths_that_a_sweep_varies_are_in_the_folder(
    tmp_path: Path, options: list[str], parameters: list[str], moved: set[str]
) -> None:
    fields = {"evaluation": evaluation(models=["m"], options=options), "parameters": [*parameters, "temperature=0,1"]}
    request = SweepRequest.model_validate(fields).with_whole_paths(tmp_path)
    assert {text.replace("{}", str(tmp_path)) for text in moved} <= {*request.evaluation.options, *request.parameters}
    assert "temperature=0,1" == request.parameters[-1]


def test_a_sweep_from_the_command_line_stores_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inner = evaluation(models=["m"], options=["pipeline=retrieval", "embedder=e"])
    request = read_sweep_request({"evaluation": inner, "parameters": ["corpus=docs,more"]})
    assert [f"corpus={tmp_path}/docs,{tmp_path}/more"] == request.parameters


def test_a_suite_that_is_written_by_form_is_read_and_kept_in_the_folder(tmp_path: Path) -> None:
    request = WritingRequest(corpus="docs", model="a", check="b", out="suite.jsonl")
    moved = request.with_whole_paths(tmp_path)
    assert (f"{tmp_path}/docs", f"{tmp_path}/suite.jsonl") == (moved.corpus, moved.out)
    assert request == request.with_whole_paths()
    assert request.suite_name == moved.suite_name


def test_scoring_again_takes_its_metrics_from_the_folder(tmp_path: Path) -> None:
    assert [f"{tmp_path}/m.py:M"] == ScoreRequest(run="last", metrics=["m.py:M"]).with_whole_paths(tmp_path).metrics


def test_the_files_of_pipelines_that_a_request_file_names_are_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "evaluation.yaml"
    file.write_text(f"candidates: ['{OWN}', '{REPORT}']\noptions: {{pipeline: sectioned, sections: r.yaml}}\n")
    fields = read_request_file(file)
    assert f"{tmp_path}/mine.py:Mine" in fields["candidates"][0]
    assert f"sections={tmp_path}/report.yaml" in fields["candidates"][1]
    assert f"sections={tmp_path}/r.yaml" in fields["options"]


@pytest.mark.parametrize("text", ["m 'open", "m pipeline=no_such corpus=docs", "m word", ""])
def test_words_that_cannot_be_read_stay_and_are_refused_later(tmp_path: Path, text: str) -> None:
    request = EvaluationRequest.model_validate(evaluation(candidates=[text])).with_whole_paths(tmp_path)
    assert [text] == request.candidates


def test_the_command_line_reads_relative_paths_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    request = read_request(evaluation(candidates=["m pipeline=retrieval corpus=docs embedder=e"]))
    assert f"m pipeline=retrieval corpus={tmp_path}/docs embedder=e" == request.candidates[0]
