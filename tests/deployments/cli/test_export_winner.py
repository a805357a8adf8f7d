"""The winner of a run leaves as a file, asks its server as it was asked, and comes back as the same candidate."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_runs import candidate, cases_of, right_on, store_run
from evaluated_once import evaluate_once
from filled_stores import fill_by_copy
from keyed_openai import GOOD, keyed_openai
from ollama_modelfile import read_modelfile
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation.candidate import PromptProfile, WorkedExample
from evaluation.candidate_files.reading import read_candidate
from evaluation.records.status import Status
from evaluation.store.registry import save_profile
from evaluation.store.session import Store, open_store

Command = Callable[..., Any]
CASES = cases_of(60)
PROFILE = PromptProfile(
    name="brief",
    system='Say "only" the {number}.\nNothing else: é 日本',
    template='Q: """{prompt}"""\n# A:',
    examples=(WorkedExample(prompt="What is {1}?", answer="1\n"),),
)


def fill(store: Store) -> None:
    """A run that `good:1b` wins, one in which nothing is shown, one of a single candidate, and one that is not over."""
    good, bad = right_on(CASES, range(55)), right_on(CASES, range(20))
    store_run(
        store,
        candidate("good:1b", good, profile=PROFILE, options={"temperature": 0.2, "stop": ["<|x|>"]}, think=False),
        candidate("bad:1b", bad),
        cases=CASES,
        run_id="won",
    )
    alike = right_on(CASES, range(31)), right_on(CASES, range(30))
    store_run(
        store, candidate("good:1b", alike[0]), candidate("bad:1b", alike[1]), cases=CASES, run_id="tied", name="other"
    )
    store_run(store, candidate("good:1b", good), cases=CASES, run_id="alone", name="third")
    store_run(store, candidate("good:1b", good), cases=CASES, run_id="open", name="fourth", status=Status.RUNNING)
    store_run(store, cases=CASES, run_id="empty", name="fifth")


@pytest.fixture
def export(benchwright: Command, database: str) -> Command:
    """Runs `benchwright export RUN --winner` on a store of several runs."""
    fill_by_copy(database, fill)

    def command(run: str, *arguments: object) -> Any:
        return benchwright("export", run, "--winner", *arguments)

    return command


def fingerprint_in(database: str, run: str, label: str) -> str:
    from evaluation.run_results.run_result import run_result

    with open_store(database) as store:
        return next(each.fingerprint for each in run_result(store, run).candidates if each.label.startswith(label))


@pytest.mark.parametrize("name", ["winner.yaml", "winner.py", "winner.openai.json", "winner.json"])
def test_the_winner_is_written_with_its_evidence_and_read_back(
    export: Command, database: str, tmp_path: Path, name: str
) -> None:
    said = export("won", "--out", tmp_path / name)

    assert (0, "") == (said.code, said.out)
    text = (tmp_path / name).read_text()
    loaded = read_candidate(tmp_path / name)
    assert fingerprint_in(database, "won", "good:1b") == loaded.fingerprint == loaded.written_fingerprint
    for evidence in (
        "is better than",
        "0.917 [",
        "60 cases",
        "numbers, version ",
        "won, ",
        "digest-of-good:1b",
        "0.33.0",
    ):
        assert evidence in text
    assert "http://" not in text or name in ("winner.py", "winner.json")


def test_a_modelfile_holds_the_profile_and_the_evidence(export: Command) -> None:
    said = export("won", "--format", "modelfile")

    directives = read_modelfile(said.out)
    assert [
        ("FROM", "good:1b"),
        ("PARAMETER temperature", "0.2"),
        ("PARAMETER stop", "<|x|>"),
        ("SYSTEM", PROFILE.system),
        ("MESSAGE user", "Q: \"\"\"What is {1}?'''\n# A:"),
        ("MESSAGE assistant", "1\n"),
    ] == directives
    assert "the examples differ slightly" in said.out
    assert "\n# verdict: " in said.out
    assert "\n# exact_match: 0.917 [" in said.out


def test_where_nothing_is_shown_nobody_is_called_the_winner(export: Command) -> None:
    said = export("tied")

    assert (2, "") == (said.code, said.out)
    assert "no candidate of run tied is shown to be the best: " in said.err
    assert "--candidate 'good:1b' has the best exact_match" in " ".join(said.err.split())

    named = export("tied", "--candidate", "bad:1b")
    assert 0 == named.code
    assert "model: bad:1b\n" in named.out
    assert "# verdict: chosen by name, and not shown to be the best: " in named.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("open",), "run open is interrupted: it has no winner before"),
        (("alone",), "it was compared with no other candidate"),
        (("empty",), "run empty has no candidates"),
        (("nobody",), "unknown run 'nobody'"),
        (("won", "--candidate", "worse:1b"), "unknown candidate 'worse:1b'"),
        (("won", "--format", "csv"), "unknown form of --format 'csv'"),
        (("won", "--out", "winner.xml"), "cannot tell the format"),
        (("won", "--out", "/no/such/folder/winner.yaml"), "No such file or directory"),
        (("won", "--table", "scores"), "--winner exports a candidate"),
        (("won", "--candidate", "good:1b", "--candidate", "bad:1b"), "--winner exports one candidate"),
    ],
)
def test_what_cannot_be_exported_is_named(export: Command, arguments: tuple[str, ...], message: str) -> None:
    said = export(*arguments)

    assert (2, "") == (said.code, said.out)
    assert message in " ".join(said.err.split())


def numbers(chat: Chat) -> Reply:
    """The number in the question."""
    return Reply(text="".join(letter for letter in chat.prompt if letter.isdigit()))


LABEL = "good temperature=0.3 top_k=7 profile=brief think=false"


@pytest.fixture
def measure(evaluate: Command, benchmark: Path, database: str, ollama_by_script: ScriptedOllama) -> Callable[[], str]:
    """Evaluates a candidate with a profile of its own, and gives its fingerprint."""
    ollama_by_script.add("good", numbers, capabilities=("completion", "thinking"))
    with open_store(database) as store:
        save_profile(store, PROFILE)

    def command() -> str:
        words = ("--candidate", "good temperature=0.3 top_k=7 profile=brief", "--benchmark", benchmark, "--json")
        return str(evaluate(*words).json["runs"][0]["candidates"][0]["fingerprint"])

    return command


@pytest.fixture
def measured(measure: Callable[[], str], database: str) -> str:
    """The fingerprint of a candidate that was evaluated, which happens once for all tests."""
    return str(evaluate_once("winner", database, measure))


def test_the_program_sends_the_body_that_was_measured(
    benchwright: Command, measure: Callable[[], str], ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    measure()
    asked = {chat.body["options"]["seed"]: chat.body for chat in ollama_by_script.chats}
    assert 0 == benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / "winner.py").code
    n_before = len(ollama_by_script.chats)
    ended = [
        subprocess.run(
            [sys.executable, "-I", tmp_path / "winner.py", f"What is {number}?", "--seed", str(seed)],
            capture_output=True, text=True, check=True, env=os.environ | {"LLM_URL": ollama_by_script.url},
        )
        for seed, number in [(seed, body["messages"][-1]["content"][14]) for seed, body in asked.items()][:3]
    ]  # fmt: skip

    sent = [chat.body for chat in ollama_by_script.chats[n_before:]]
    assert 3 == len(sent)
    assert [asked[body["options"]["seed"]] for body in sent] == sent
    assert [body["messages"][-1]["content"][14] for body in sent] == [each.stdout.strip() for each in ended]


def test_a_program_refuses_other_weights_and_says_both(
    benchwright: Command, measured: str, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / "winner.py")
    ollama_by_script.add("good", numbers, digest="f" * 64)
    ended = subprocess.run(
        [sys.executable, "-I", tmp_path / "winner.py", "What is 1?"],
        capture_output=True, text=True, env=os.environ | {"LLM_URL": ollama_by_script.url},
    )  # fmt: skip

    assert 2 == ended.returncode
    assert "Traceback" not in ended.stderr
    assert f"good has the weights {'f' * 64} here, and was measured with " in ended.stderr


@pytest.mark.parametrize(
    ("words", "url", "said"),
    [
        ([], None, "the following arguments are required: prompt"),
        (["a", "b"], None, "unrecognized arguments: b"),
        ([" "], None, "the prompt is empty"),
        (["a"], "http://127.0.0.1:9", "cannot be reached"),
        (["a"], "nonsense", "gave no answer"),
    ],
)
def test_a_program_that_is_used_wrongly_says_so_and_exits_with_2(
    benchwright: Command, measured: str, tmp_path: Path, words: list[str], url: str | None, said: str
) -> None:
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / "winner.py")
    ended = subprocess.run(
        [sys.executable, "-I", tmp_path / "winner.py", *words],
        capture_output=True, text=True, env=os.environ | ({} if url is None else {"LLM_URL": url}),
    )  # fmt: skip

    assert 2 == ended.returncode
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", ["winner.yaml", "winner.py", "winner.openai.json", "winner.json"])
def test_evaluate_takes_the_file_and_measures_the_same_candidate(
    benchwright: Command, evaluate: Command, measured: str, benchmark: Path, tmp_path: Path, name: str
) -> None:
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / name)

    again = evaluate("--candidate", f"@{tmp_path / name}", "--benchmark", benchmark, "--limit", 2, "--json")

    assert (0, [measured]) == (again.code, [each["fingerprint"] for each in again.json["runs"][0]["candidates"]])


def test_a_profile_of_the_same_name_keeps_its_own_words(
    benchwright: Command, evaluate: Command, measured: str, benchmark: Path, database: str, tmp_path: Path
) -> None:
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / "winner.yaml")
    with open_store(database) as store:
        save_profile(store, PromptProfile(name="brief", system="Another one."))

    again = evaluate("--candidate", f"@{tmp_path / 'winner.yaml'}", "--benchmark", benchmark, "--limit", 1, "--json")

    assert [measured] == [each["fingerprint"] for each in again.json["runs"][0]["candidates"]]
    assert f"is stored as brief-{PROFILE.hash[:12]}" in again.err.replace("\n", " ")
    assert "Another one." == json.loads(benchwright("profiles", "show", "brief", "--json").out)["system"]


def test_other_weights_are_named_and_nothing_is_asked(
    benchwright: Command,
    evaluate: Command,
    measured: str,
    benchmark: Path,
    ollama_by_script: ScriptedOllama,
    tmp_path: Path,
) -> None:
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", tmp_path / "winner.yaml")
    digest = read_candidate(tmp_path / "winner.yaml").candidate.digest
    ollama_by_script.add("good", numbers, digest="f" * 64, capabilities=("completion", "thinking"))
    n_before = len(ollama_by_script.chats)

    said = evaluate("--candidate", f"@{tmp_path / 'winner.yaml'}", "--benchmark", benchmark)

    assert (2, n_before) == (said.code, len(ollama_by_script.chats))
    assert f"other weights here: {'f' * 64}, and it was measured with {digest}" in " ".join(said.err.split())


def test_a_changed_file_says_so(
    benchwright: Command, evaluate: Command, measured: str, benchmark: Path, tmp_path: Path
) -> None:
    path = tmp_path / "winner.yaml"
    benchwright("export", "last", "--winner", "--candidate", LABEL, "--out", path)
    path.write_text(path.read_text().replace("  top_k: 7\n", "  top_k: 8\n"))

    said = evaluate("--candidate", f"@{path}", "--benchmark", benchmark, "--limit", 1, "--json")

    assert 0 == said.code
    assert measured != said.json["runs"][0]["candidates"][0]["fingerprint"]
    assert "was changed since it was written" in " ".join(said.err.split())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gone.yaml", None, "cannot read candidate file"),
        ("list.yaml", "- a", "holds no candidate"),
        ("own.yaml", "model: a\noptions: {temprature: 1}", "unknown option 'temprature'"),
        ("own.yaml", "model: a\nsystem: b", "system: Extra inputs are not permitted"),
        ("own.yaml", "model: a\nprofile: {template: x}", "lacks {prompt}"),
        ("own.yaml", "model: [", "is not YAML"),
        ("own.yaml", "kind: benchwright-candidate/2\nmodel: a", "this version reads"),
        ("own.yaml", "model: a\npipeline: vote", "unknown pipeline 'vote'"),
        ("own.yaml", 'model: a\noptions: {stop: ["a|b"]}', "cannot be written as a candidate's text"),
        ("own.py", "CANDIDATE = print(1)", "cannot be read without running"),
        ("own.py", "x = 1", "does not set CANDIDATE"),
        ("own.json", "{", "is not JSON"),
        ("own.json", '{"model": "a", "messages": []}', "is a request without the metadata"),
        ("Modelfile", "FROM a", "is a Modelfile"),
        ("own.txt", "model: a", "cannot tell the format by its ending"),
    ],
)
def test_a_file_that_holds_no_candidate_is_refused_before_anything_is_asked(
    benchwright: Command, benchmark: Path, tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    said = benchwright("evaluate", "--candidate", f"@{tmp_path / name}", "--benchmark", benchmark)

    assert (2, "") == (said.code, said.out)
    assert message in " ".join(said.err.split())


def test_no_key_reaches_a_file_and_the_program_takes_it_from_its_variable(
    benchwright: Command, evaluate: Command, benchmark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_BOX", "sk-very-secret")
    with keyed_openai("sk-very-secret") as url:
        benchwright("endpoints", "add", "box", url, "--key-variable", "KEY_OF_BOX")
        run = benchwright("evaluate", "--endpoint", "box", "--model", GOOD, "--benchmark", benchmark, "--json")
        assert 0 == run.code, run.err
        texts = {}
        for form in ("yaml", "python", "openai", "json", "env"):
            said = benchwright("export", "last", "--winner", "--candidate", GOOD, "--format", form)
            assert 0 == said.code, said.err
            texts[form] = said.out
        (tmp_path / "winner.py").write_text(texts["python"])
        ended = subprocess.run(
            [sys.executable, "-I", tmp_path / "winner.py", "What is 3?"], capture_output=True, text=True, check=False
        )

    assert (0, "3\n") == (ended.returncode, ended.stdout), ended.stderr
    assert [] == [form for form, text in texts.items() if "sk-very-secret" in text]
    assert "os.environ.get('KEY_OF_BOX')" in texts["python"]
