"""A candidate that is written and read back is the same candidate, whatever its texts and options are."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ollama_modelfile import read_modelfile
from random_candidates import LETTERS, TEXTS, candidates, exported

from evaluation.candidate import Candidate, PromptProfile
from evaluation.candidate_files.configuration import Call
from evaluation.candidate_files.modelfile import as_modelfile
from evaluation.candidate_files.reading import read_candidate
from evaluation.candidate_files.request_body import LONGEST_TEXT, MOST_NAMES
from evaluation.candidate_files.writing import WRITERS
from evaluation.case import PromptTemplate
from evaluation.errors import ConfigurationError
from evaluation.options import MODELS_OWN

ENDINGS = {"yaml": "yaml", "python": "py", "openai": "json"}
EVIDENCE = st.dictionaries(st.sampled_from(["verdict", "run", "notes"]), TEXTS)
CALLS = st.builds(
    Call,
    provider=st.just("ollama"),
    url=st.just("http://box:11434"),
    options=st.just({"temperature": 0.0}),
    prompt=st.builds(PromptTemplate, system=st.none() | TEXTS, template=TEXTS),
)
THOROUGH = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("form", WRITERS)
@given(candidate=candidates(), evidence=EVIDENCE, call=CALLS)
@THOROUGH
def test_the_same_candidate_is_read_back(
    form: str, candidate: Candidate, evidence: dict[str, str], call: Call, tmp_path: Path
) -> None:
    path = tmp_path / f"winner.{ENDINGS[form]}"
    text = WRITERS[form](exported(candidate, evidence=evidence, call=call))
    path.write_bytes(text.encode())

    loaded = read_candidate(path)

    assert candidate.fingerprint == loaded.fingerprint == loaded.written_fingerprint
    assert candidate == loaded.candidate
    assert not loaded.is_changed
    assert "\x1b" not in text
    assert "\u202e" not in text


@given(candidate=candidates(), evidence=EVIDENCE)
@THOROUGH
def test_a_request_keeps_the_limits_of_metadata(candidate: Candidate, evidence: dict[str, str]) -> None:
    metadata = json.loads(WRITERS["openai"](exported(candidate, evidence=evidence)))["metadata"]

    assert len(metadata) <= MOST_NAMES
    assert all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in metadata.values())


@given(candidate=candidates(), evidence=EVIDENCE, call=CALLS)
@THOROUGH
def test_a_python_file_runs_nothing_of_what_it_holds(
    candidate: Candidate, evidence: dict[str, str], call: Call
) -> None:
    tree = ast.parse(WRITERS["python"](exported(candidate, evidence=evidence, call=call)))

    known = ast.parse(WRITERS["python"](exported(Candidate(model="a", digest="b"), call=call)))
    assert [type(statement) for statement in known.body] == [type(statement) for statement in tree.body]
    assert n_calls(known) == n_calls(tree)


def n_calls(tree: ast.AST) -> int:
    """How many calls a program holds."""
    return sum(isinstance(node, ast.Call) for node in ast.walk(tree))


@given(candidate=candidates(), evidence=EVIDENCE)
@THOROUGH
def test_a_modelfile_says_what_ollama_reads_and_nothing_else(candidate: Candidate, evidence: dict[str, str]) -> None:
    export = exported(candidate, evidence=evidence)
    if not all(letter.isascii() and (letter.isalnum() or letter in "._:/-") for letter in candidate.model):
        return
    try:
        text = as_modelfile(export, providers={"ollama"})
    except ConfigurationError:
        return

    directives = read_modelfile(text)

    assert ("FROM", candidate.model) == directives[0]
    assert 1 == [name for name, _ in directives].count("FROM")
    assert {"FROM", "SYSTEM", "MESSAGE user", "MESSAGE assistant"} >= {
        name for name, _ in directives if not name.startswith("PARAMETER ")
    }
    numbers = {
        name.removeprefix("PARAMETER "): value
        for name, value in directives
        if name.startswith("PARAMETER ") and name != "PARAMETER stop"
    }
    expected = {name: value for name, value in candidate.options.items() if name != "stop" and value != MODELS_OWN}
    assert expected.keys() == numbers.keys()
    assert [json.loads(numbers[name]) == value for name, value in expected.items()] == [True] * len(expected)
    if candidate.profile.system and "system prompt differs slightly" not in text:
        assert candidate.profile.system.replace("\r\n", "\n") == dict(directives)["SYSTEM"].replace("\r\n", "\n")
    if "examples differ slightly" not in text:
        turns = [turn for name, turn in directives if name.startswith("MESSAGE")]
        worded = [
            part
            for example in candidate.profile.examples
            for part in (candidate.profile.template.replace("{prompt}", example.prompt), example.answer)
        ]
        assert worded == turns


@given(text=st.text(LETTERS | st.sampled_from("\n\r\t \"'|>:#-"), max_size=40))
@THOROUGH
def test_yaml_holds_any_text_exactly(text: str, tmp_path: Path) -> None:
    candidate = Candidate(model="a:1b", digest="d", profile=PromptProfile(name="own", system=text))
    path = tmp_path / "one.yaml"
    path.write_bytes(WRITERS["yaml"](exported(candidate)).encode())

    assert text == read_candidate(path).candidate.profile.system


def test_prompts_are_readable_in_yaml() -> None:
    profile = PromptProfile(name="concise", system="Antworte kurz.\nKeine Erklärung.", template="Frage: {prompt}")
    text = WRITERS["yaml"](exported(Candidate(model="llama3.1:8b", digest="d", profile=profile), evidence={"run": "r"}))

    assert "model: llama3.1:8b\n" in text
    assert "  system: |-\n    Antworte kurz.\n    Keine Erklärung.\n" in text
    assert '  template: "Frage: {prompt}"\n' in text
    assert "# run: r\n" in text
