"""`benchwright pipelines`: what there is, what one does, and one tried on a single case."""

import json
import shlex
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation.class_docs import option_docs
from evaluation.pipelines import pipeline_process
from evaluation.pipelines.catalogue import PIPELINES
from evaluation.pipelines.descriptions import description_of
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.pipeline_process import end_processes
from evaluation.requests.evaluation_request import read_request

Command = Callable[..., Any]
OWN = '''
from dataclasses import dataclass, field
from typing import ClassVar

from evaluation.pipelines.pipeline import MODEL, Pipeline, PipelineResult, one_reply
from evaluation.pipelines.stages import AskModel

@dataclass(frozen=True, kw_only=True)
class Mine(Pipeline):
    """Asks once, and breaks where it is told to."""

    name: ClassVar[str] = "mine"
    summary: ClassVar[str] = "asks once"

    breaks: str
    """Where it breaks."""
    other: str = field(default="", metadata=MODEL)

    def run(self, task):
        print("noise")
        if self.breaks == "before":
            raise ValueError("no")
        reply = yield from one_reply(AskModel(stage="only", messages=task.messages))
        if self.breaks == "behind":
            raise ValueError("too bad")
        return PipelineResult(answer=reply.text)
'''


@pytest.fixture(autouse=True)
def processes() -> Iterator[None]:
    yield
    end_processes()
    pipeline_process._processes.clear()


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "mine.py").write_text(OWN)
    return f"{tmp_path}/mine.py:Mine"


@pytest.fixture
def tried(benchwright: Command, ollama_by_script: ScriptedOllama, prefect_api: str) -> Command:
    """Runs `benchwright pipelines try ARGUMENTS` on a server with the model `good`."""
    ollama_by_script.add("good", lambda chat: Reply(text=f"reply to {len(chat.body['messages'])} messages"))

    def command(*words: object) -> Any:
        return benchwright("pipelines", "try", *words, "--endpoint", ollama_by_script.url)

    return command


def test_all_are_listed_with_what_they_do_and_their_options(benchwright: Command) -> None:
    said = benchwright("pipelines", "list")

    assert 0 == said.code
    for name, kind in PIPELINES.items():
        assert f"\n {name} " in said.out
        assert kind.summary in said.out
    assert "rounds, critique_prompt, revision_prompt" in said.out
    assert "--candidate 'llama3.1:8b pipeline=self_consistency n=5'" in said.out
    assert list(PIPELINES) == [each["name"] for each in benchwright("pipelines", "list", "--json").json]


def test_one_is_shown_with_its_source_its_options_and_how_to_name_it(benchwright: Command) -> None:
    said = benchwright("pipelines", "show", "cascade")
    found = benchwright("pipelines", "show", "cascade", "--json").json

    assert "source        Chen et al. 2023" in said.out
    assert "other models  large" in said.out
    assert "  threshold           a number; 0.5 unless given\n" in said.out
    assert (
        "                      A signal below it asks the larger model: from 0 to 1, for `logprob` 0 or less."
        in said.out
    )
    assert "--candidate 'llama3.1:8b pipeline=cascade large=llama3.1:70b'" in said.out
    assert ["large"] == [option["name"] for option in found["options"] if option["is_model"]]


def test_the_values_between_which_an_option_chooses_are_explained() -> None:
    unexplained = [
        f"{kind.name} {field.name}={value}"
        for kind in PIPELINES.values()
        for field in fields(kind)
        if get_origin(choice := get_type_hints(kind)[field.name]) is Literal
        for value in get_args(choice)
        if f"`{value}`" not in description_of(kind).docstring + option_docs(kind)[field.name]
    ]
    assert unexplained == []


def test_a_cascade_says_what_a_log_probability_means_and_what_happens_without_one(benchwright: Command) -> None:
    said = " ".join(benchwright("pipelines", "show", "cascade").out.split())
    for words in ("mean log-probability of the answer's tokens", "Ollama from 0.12.11", "an alarm `no_signal`", "-0.5"):
        assert words in said


def test_one_without_options_and_source_says_nothing_of_them(benchwright: Command) -> None:
    said = benchwright("pipelines", "show", "direct")

    assert "options" not in said.out
    assert "other models" not in said.out
    assert "--candidate 'llama3.1:8b pipeline=direct'" in said.out


def test_a_class_of_ones_own_is_shown_too(benchwright: Command, own: str) -> None:
    said = benchwright("pipelines", "show", own)
    found = benchwright("pipelines", "show", own, "--json").json

    assert "pipeline      mine\nwhat it does  asks once\n" in said.out
    assert "other models  other" in said.out
    assert "Where it breaks." in said.out
    assert f"--candidate 'llama3.1:8b pipeline={own} breaks=…'" in said.out
    assert [("breaks", True), ("other", False)] == [(each["name"], each["required"]) for each in found["options"]]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("refin", "unknown pipeline 'refin'; did you mean 'refine'?"),
        ("Refine", "unknown pipeline 'Refine'; did you mean 'refine'?"),
        ("nowhere.py:Mine", "cannot read the pipeline's file"),
    ],
)
def test_a_wrong_name_is_refused_as_text_and_as_json(benchwright: Command, name: str, message: str) -> None:
    said = benchwright("pipelines", "show", name)
    as_json = benchwright("pipelines", "show", name, "--json")

    assert (2, "") == (said.code, said.out)
    assert message in said.err
    assert 2 == as_json.code
    assert message in json.loads(as_json.out)["error"]["message"]


def test_a_try_prints_the_trace_and_stores_nothing(tried: Command, benchwright: Command, database: str) -> None:
    said = tried("good pipeline=refine", "--prompt", "What is 1?")

    assert 0 == said.code
    assert "prompt as sent: user:\n  │ What is 1?\n" in said.out
    for stage, text in {
        "draft": "reply to 1 messages",
        "critique 1": "reply to 3 messages",
        "revision 1": "reply to 5 messages",
    }.items():
        assert f"{stage}:\n  │ {text}\n" in said.out
    assert "answer:\n  │ reply to 5 messages\n" in said.out
    assert "new results database" not in said.err
    assert [] == benchwright("runs", "--json", "--db", database).json


def test_a_try_asks_as_many_at_once_as_it_has_slots_and_says_how_to_have_more(
    tried: Command, ollama_by_script: ScriptedOllama
) -> None:
    together = threading.Barrier(3, timeout=60)

    def answer(_chat: Chat) -> Reply:
        together.wait()
        return Reply(text="one of three")

    ollama_by_script.add("good", answer)
    said = tried("good pipeline=self_consistency n=3", "--prompt", "What is 1?", "--slots", 3, "--timeout", 100)

    assert 0 == said.code, said.err
    assert "sample 3:\n  │ one of three\n" in said.out
    assert "1 request at a time" not in said.err
    ollama_by_script.add("good")
    alone = tried("good pipeline=direct", "--prompt", "What is 1?")
    assert "1 request at a time; --slots N if the server serves more" in alone.err


def test_a_try_asks_one_case_of_a_benchmark_that_the_seed_chooses(
    tried: Command, ollama_by_script: ScriptedOllama, benchmark: Path
) -> None:
    first, again, other = (
        tried("good pipeline=direct", "--benchmark", benchmark, "--seed", seed) for seed in (1, 1, 3)
    )

    assert [0, 0, 0] == [said.code for said in (first, again, other)]
    assert "case c" in first.out
    assert _case_of(first.out) == _case_of(again.out)
    assert 3 == sum(ollama_by_script.asked("good").values())
    assert _case_of(first.out) != _case_of(other.out)


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ("good pipeline=refin", "unknown pipeline 'refin'; did you mean 'refine'?"),
        ("good pipeline=refine round=2", "did you mean 'rounds'"),
        ("good pipeline=refine rounds=many", "pipeline 'refine': rounds='many' is not allowed"),
        ("good pipeline=refine rounds=0", "refine: rounds=0 must be from 1"),
        ("good pipeline=cascade", "pipeline 'cascade' needs the option 'large'"),
        ("nobody pipeline=refine", "unknown model 'nobody'"),
        ("good pipeline={own}", "pipeline 'mine' needs the option 'breaks'"),
        ("good pipeline={own} breaks=x other=good", ""),
        ("good pipeline={own} break=x", "unknown option of the pipeline 'mine': 'break'; did you mean 'breaks'"),
    ],
)
def test_what_is_wrong_with_a_candidate_is_said_before_anything_is_asked(
    tried: Command, ollama_by_script: ScriptedOllama, own: str, candidate: str, message: str
) -> None:
    said = tried(candidate.format(own=own), "--prompt", "What is 1?")

    if not message:
        assert 0 == said.code
        return
    assert (2, "") == (said.code, said.out)
    assert message in said.err
    assert not ollama_by_script.asked("good")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give either a benchmark or a prompt"),
        (("--prompt", "What?", "--benchmark", "gsm8k"), "give either a benchmark or a prompt"),
        (("--benchmark", "nowhere.jsonl"), "no such file"),
    ],
)
def test_a_try_needs_a_prompt_or_a_benchmark_that_there_is(
    tried: Command, words: tuple[str, ...], message: str
) -> None:
    said = tried("good pipeline=refine", *words)

    assert (2, "") == (said.code, said.out)
    assert message in said.err


@pytest.mark.parametrize(("breaks", "why"), [("before", "ValueError: no"), ("behind", "ValueError: too bad")])
def test_one_of_ones_own_that_raises_is_a_failure_with_its_line_and_no_answer(
    tried: Command, own: str, breaks: str, why: str
) -> None:
    said = tried(f"good pipeline={own} breaks={breaks}", "--prompt", "What is 1?")

    assert 0 == said.code
    assert "The candidate failed: pipeline_failed (scored as an empty answer):" in said.out
    assert f"run() raised {why} (line " in said.out
    assert "noise" not in said.out
    assert "answer:\n  │ reply" not in said.out
    assert ("only:\n  │ reply to 1 messages\n" in said.out) is (breaks == "behind")


def test_a_server_that_fails_is_named_with_the_stage(tried: Command, ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("good", lambda _: Reply(status=400, error="invalid option"))

    said = tried("good pipeline=refine", "--prompt", "What is 1?")

    assert 3 == said.code
    assert "The server failed: bad_option (counted, not scored):\n  │ stage 'draft': " in said.out


def _case_of(page: str) -> str:
    (line,) = [line for line in page.splitlines() if line.startswith("case ")]
    return line.split(" · ")[0]


@pytest.mark.parametrize("name", PIPELINES)
def test_the_example_of_each_pipeline_runs_as_it_is_printed(
    benchwright: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text("Spiders have eight legs.")
    (tmp_path / "report.yaml").write_text("sections:\n  - name: Summary\n    prompt: 'Summarize: {document}'\n")

    last = benchwright("pipelines", "show", name).out.splitlines()[-1]
    (candidate,) = shlex.split(last.partition("--candidate ")[2].rstrip("`"))
    (asked,) = read_request({"benchmarks": ["summarization"], "candidates": [candidate]}).all_candidates()

    assert f"For example: `--candidate {shlex.quote(candidate)}`" == last
    assert name == asked.pipeline
    parse_pipeline(name, asked.pipeline_options)


def test_defaults_that_stand_for_something_else_are_said_in_words(benchwright: Command) -> None:
    options = {
        each["name"]: each["type"] for each in benchwright("pipelines", "show", "retrieval", "--json").json["options"]
    }

    assert "a whole number; that of the preset unless given" == options["chunk_size"]
    assert "a whole number; an eighth of chunk_size unless given" == options["chunk_overlap"]
    assert not [words for words in options.values() if "-1 unless" in words or "-2 unless" in words]


def test_an_option_of_pipelines_without_a_pipeline_names_those_that_have_it(benchwright: Command) -> None:
    swept = benchwright("sweep", "--benchmark", "summarization", "--model", "a:1b", "--param", "chunk_size=64,128")
    fixed = benchwright("evaluate", "--benchmark", "summarization", "--model", "a:1b", "--option", "chunk_size=64")

    assert 2 == swept.code == fixed.code
    for said in (swept.err, fixed.err):
        assert "an option of the pipelines map_reduce and retrieval, and no pipeline is named" in said
    command = (
        "`benchwright sweep --benchmark summarization --model a:1b --option pipeline=map_reduce --param "
        "chunk_size=64,128"
    )
    assert command in swept.err
    assert "pipeline=retrieval corpus=docs/ embedder=nomic-embed-text" in swept.err
