"""Pipelines as candidates name them: names, options as text, and what is said of wrong ones."""

from contextvars import copy_context
from dataclasses import fields
from pathlib import Path

import pytest

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.allowed_files import limit_files
from evaluation.options import OPTIONS
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.direct import Direct
from evaluation.pipelines.map_reduce import MapReduce
from evaluation.pipelines.option_values import RESERVED, SHADOWED
from evaluation.pipelines.parsing import parse_pipeline, pipeline_options
from evaluation.pipelines.pipeline import Pipeline
from evaluation.pipelines.retrieval import Retrieval
from evaluation.pipelines.sectioned import Section, Sectioned
from evaluation.pipelines.self_consistency import SelfConsistency
from evaluation.requests.evaluation_request import CandidateRequest
from evaluation.requests.pipeline_words import OF_EVERY_CANDIDATE

TEMPLATE = (
    "sections:\n  - {name: Facts, prompt: 'List facts: {document}'}\n  - {name: Risks, prompt: 'And {document}'}\n"
)


@pytest.mark.parametrize(
    ("name", "options", "pipeline"),
    [
        ("direct", {}, Direct()),
        ("map_reduce", {"chunk_size": "512"}, MapReduce(chunk_size=512)),
        (
            "self_consistency",
            {"n": "3", "sample_temperature": "1", "extractor": "Number", "reasoning": "yes"},
            SelfConsistency(n=3, sample_temperature=1.0, extractor="number", reasoning=True),
        ),
        (
            "cascade",
            {"large": "llama3.1:70b", "signal": "logprob", "threshold": "-.5"},
            Cascade(large="llama3.1:70b", signal="logprob", threshold=-0.5),
        ),
        (
            "retrieval",
            {"corpus": "docs", "method": "bm25", "top_k": "3"},
            Retrieval(corpus="docs", method="bm25", top_k=3),
        ),
    ],
)
def test_options_are_read_in_their_types(name: str, options: dict[str, str], pipeline: Pipeline) -> None:
    parsed = parse_pipeline(name, options)

    assert parsed == pipeline
    assert parsed.signature == pipeline.signature


def test_sections_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    path.write_text(TEMPLATE)

    pipeline = parse_pipeline("sectioned", {"sections": str(path), "parallel": "false"})

    assert pipeline == Sectioned(
        sections=(
            Section(name="Facts", prompt="List facts: {document}"),
            Section(name="Risks", prompt="And {document}"),
        ),
        parallel=False,
    )
    assert pipeline_options(Sectioned)["sections"] == "YAML file"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("sections: [", "is not YAML"),
        ("- a", "has no list of sections"),
        ("sections: [{prompt: x}]", "section 1 has no name"),
        ("sections: [{name: x, prompt: y, size: 3}]", "unknown key 'size'"),
    ],
)
def test_a_bad_template_is_named(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "report.yaml"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigurationError) as error:
        parse_pipeline("sectioned", {"sections": str(path)})

    assert message in str(error.value)
    assert "report.yaml" in str(error.value)
    assert error.value.next_step


@pytest.mark.parametrize(
    ("name", "options", "message", "step"),
    [
        ("map_reduce", {"chunk_size": "many"}, "='many' is not allowed", "=…: a whole number; 1024 unless given."),
        ("map_reduce", {"chunk_size": "1.5"}, "chunk_size='1.5' is not allowed", "a whole number"),
        ("map_reduce", {"chunk_size": ""}, "chunk_size='' is not allowed", "a whole number"),
        ("self_consistency", {"sample_temperature": "nan"}, "sample_temperature='nan'", "a number; 0.7 unless given"),
        ("self_consistency", {"reasoning": "maybe"}, "reasoning='maybe' is not allowed", "true or false; false unless"),
        ("self_consistency", {"extractor": "word"}, "extractor='word' is not allowed", "choice, label or text"),
        ("cascade", {}, "pipeline 'cascade' needs the option 'large'", "large: text"),
        ("cascade", {"large": ""}, "no larger model", "large=llama3.1:70b"),
        ("self_consistency", {"n": "1"}, "n=1 must be from 2 to 100", "n=5"),
        ("few_shot", {"k": "99"}, "k=99 must be from 1 to 64", "k=4"),
        ("refine", {"rounds": "0"}, "rounds=0 must be from 1", "rounds=2"),
        ("map_reduce", {"chunk_size": "0"}, "chunk_size=0 must be at least 1", "chunk_size=512"),
        ("map_reduce", {"note_tokens": "0"}, "note_tokens=0 must be at least 1", "note_tokens=256"),
        ("cascade", {"large": "b", "threshold": "7"}, "threshold=7 must be from 0 to 1", "threshold=0.5"),
        ("cascade", {"large": "b", "pattern": "("}, "is no regular expression", "leave pattern out"),
        ("map_reduce", {"map_prompt": "{text} {contxt}"}, "map_prompt has the unknown placeholder {contxt", "{number}"),
        ("map_reduce", {"combine_prompt": "{text}{total}"}, "combine_prompt has the unknown placeholder {", "{text}"),
        ("map_reduce", {"map_prompt": "{Text}"}, "the unknown placeholder {Text}", "{text}, {question}"),
        ("refine", {"critique_prompt": "Mend {answer}"}, "the unknown placeholder {answer}", "has no placeholders"),
        ("chain_of_thought", {"instruction": "On {question}"}, "unknown placeholder {question}", "no placeholders"),
    ],
)
def test_bad_values_are_refused_with_what_is_allowed(
    name: str, options: dict[str, str], message: str, step: str | None
) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_pipeline(name, options)

    assert message in error.value.message
    assert step is None or step in str(error.value.next_step)


def test_unknown_names_come_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="unknown pipeline 'cascad'; did you mean 'cascade'"):
        parse_pipeline("cascad", {})
    with pytest.raises(
        UnknownNameError, match="unknown option of the pipeline 'cascade': 'treshold'; did you mean 'thr"
    ):
        parse_pipeline("cascade", {"large": "b", "treshold": "1"})
    with pytest.raises(UnknownNameError, match="direct has no options"):
        parse_pipeline("direct", {"n": "1"})


def test_a_message_does_not_repeat_whole_prompts() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_pipeline("map_reduce", {"size": "1"})

    assert "map_prompt: text; Below is part" in str(error.value)
    assert "that matters for this task" not in str(error.value)


def test_a_form_names_only_files_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "report.yaml").write_text(TEMPLATE)

    def read(name: str, options: dict[str, str]) -> Pipeline:
        limit_files(None)
        return parse_pipeline(name, options)

    for name, options in (
        ("sectioned", {"sections": str(tmp_path / "report.yaml")}),
        ("retrieval", {"corpus": str(tmp_path), "method": "bm25"}),
    ):
        with pytest.raises(ConfigurationError, match="forms may name no files here"):
            copy_context().run(read, name, options)


def test_no_option_has_a_name_that_means_something_for_every_candidate() -> None:
    taken = {
        name: frozenset(option.name for option in fields(kind)) & RESERVED
        for name, kind in PIPELINES.items()
        if any(option.name in RESERVED for option in fields(kind))
    }

    assert taken == SHADOWED
    assert {*OPTIONS, "seed", "pipeline", *OF_EVERY_CANDIDATE} <= RESERVED


@pytest.mark.parametrize("text", [r"\boxed{answer}", r"\frac{a}{b}", "x^{n}", '{"best": 1}', "{{name}}", "{ name }"])
def test_braces_that_are_no_placeholder_stay(text: str) -> None:
    assert text in str(parse_pipeline("refine", {"critique_prompt": f"Mend it: {text}"}).critique_prompt)


def test_a_misspelt_placeholder_of_a_section_is_refused_with_its_section(tmp_path: Path) -> None:
    template = tmp_path / "report.yaml"
    template.write_text("sections: [{name: Summary, prompt: 'Sum up {documnt}'}]")

    with pytest.raises(ConfigurationError, match=r"section 'Summary' has the unknown placeholder \{documnt\}"):
        parse_pipeline("sectioned", {"sections": str(template)})


def test_a_very_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_pipeline("map_reduce", {"chunk_size": "9x" * 5_000})

    assert len(str(error.value)) < 400


def test_a_heading_may_be_empty(tmp_path: Path) -> None:
    template = tmp_path / "report.yaml"
    template.write_text("sections: [{name: Summary, prompt: 'Sum up {document}'}]")
    request = CandidateRequest.parse(f"m pipeline=sectioned sections={template} heading=")

    assert request == CandidateRequest.parse(request.as_text())
    assert parse_pipeline("sectioned", request.pipeline_options).heading == ""
