"""The fields of an outcome as one flat list."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluation.errors import FailureKind
from evaluation.exports.answers import OF_AN_ANSWER
from evaluation.exports.files import write_file
from evaluation.exports.writers import Format
from evaluation.generation import Failure, Generation, PromptState, Timing
from evaluation.outcome_fields import FIGURES, KINDS, answer_of, failure_of, figures_of, flat_values, names_of
from evaluation.passage import Passage

FULL = Generation(
    answer="a",
    text="<a>",
    thinking="hm",
    finish_reason="length",
    own_failure=FailureKind.EMPTY_ANSWER,
    message="nothing",
    prompt_tokens=1,
    output_tokens=2,
    cached_tokens=3,
    timing=Timing(total_s=1.0, ttft_s=0.5, queue_s=0.1, load_s=0.2, prompt_s=0.3, generate_s=0.4),
    cold=True,
    reused=True,
    prompt_state=PromptState.CACHED,
    n_attempts=4,
    seed=5,
    energy_j=6.0,
)


@pytest.mark.parametrize("answer", [FULL, replace(FULL, timing=None), Generation(answer="", text="")])
def test_an_answer_comes_back_from_its_flat_values(answer: Generation) -> None:
    assert answer == answer_of(flat_values(answer) | {"id": 7})


def test_a_failure_comes_back_from_its_flat_values() -> None:
    failure = Failure(kind=FailureKind.TIMED_OUT, message="late", n_attempts=2, seed=3, total_s=4.0)
    assert failure == failure_of(failure.kind, flat_values(failure))


def test_figures_are_all_but_the_texts() -> None:
    texts = {"answer": "", "text": "", "thinking": None, "finish_reason": None, "own_failure": None, "message": None}
    assert set(KINDS) == {*FIGURES, *texts}
    assert replace(FULL, **texts) == figures_of({name: flat_values(FULL)[name] for name in FIGURES})


def test_members_of_enumerations_are_words_and_each_field_has_one_kind() -> None:
    values = flat_values(FULL)
    assert ("cached", "empty_answer") == (values["prompt_state"], values["own_failure"])
    assert [str, str] == [type(values[name]) for name in ("prompt_state", "own_failure")]
    assert {"cold", "reused"} == names_of(bool)
    assert {"prompt_tokens", "output_tokens", "cached_tokens", "n_attempts", "seed"} == names_of(int)


def test_the_columns_of_an_export_are_those_of_the_first_release_and_what_people_wrote() -> None:
    of_run = "run_id benchmark benchmark_version candidate model digest fingerprint endpoint case_id repeat"
    of_answer = "answer text thinking finish_reason failure own_failure message prompt_tokens output_tokens"
    of_time = "cached_tokens total_s ttft_s queue_s load_s prompt_s generate_s cold reused prompt_state n_attempts seed"
    of_server = "effective_context vram_share energy_j started_at finished_at"
    assert [*f"{of_run} {of_answer} {of_time} {of_server}".split(), "tags", "notes"] == list(OF_AN_ANSWER)


def test_the_types_of_exported_columns_are_those_of_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    write_file(path, tuple(KINDS), [flat_values(FULL)], Format.PARQUET)
    table = pq.read_table(path)
    assert [flat_values(FULL)] == table.to_pylist()
    types = {bool: "bool", int: "int64", float: "double"}
    assert {name: types.get(kind, "string") for name, kind in KINDS.items()} == {
        field.name: str(field.type) for field in table.schema
    }


def test_the_passages_of_an_answer_are_no_column() -> None:
    answer = replace(FULL, sources=(Passage(document="guide.md", position=0, text="Spiders have eight legs."),))
    assert "sources" not in KINDS
    assert flat_values(FULL) == flat_values(answer)
