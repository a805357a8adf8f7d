"""The `--json` of commands that change the store is held against files, and no command with `--json` is forgotten.

After a change on purpose, `WRITE_JSON_CONTRACT=1 pytest tests/deployments/cli/test_json_contract_of_changes.py` writes
the files again; read the diff.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from json_contract import Named, differs, fill_with_everything, unmeasured
from numbers_benchmark import write_numbers

Command = Callable[..., Any]
Words = tuple[object, ...]

WITHOUT_FILE = {
    "benchmarks confirm": "tests/deployments/cli/written_suites: a dialogue, whose result is a benchmark's listing",
    "benchmarks write": "tests/deployments/cli/written_suites: it needs two models that write and check",
    "demo": "it takes minutes, and prints what evaluate does",
    "deploy": "tests/deployments/cli/deploy: it changes Prefect's server for all tests",
    "doctor": "it tells of the machine: its memory, its GPU, its free space",
    "policies explore": "tests/deployments/cli/test_policy_trials.py: the store of the contract recommends nobody",
    "policies shadow": "as above",
    "policies stop": "as above",
    "serve": "it prints nothing as JSON before it is ended",
    "keys create": "tests/deployments/cli/test_keys.py: a key is random",
    "keys list": "tests/deployments/cli/test_keys.py: a key is random",
    "keys revoke": "tests/deployments/cli/test_keys.py: a key is random",
    "traffic grade": "tests/deployments/cli/traffic/test_grading.py: it needs a judge, and grades calls of yesterday",
    "upgrades look": "tests/deployments/cli/test_upgrades.py: ids are random, and a look needs a changed server",
    "upgrades list": "tests/deployments/cli/test_upgrades.py: ids are random, and a look needs a changed server",
    "upgrades accept": "tests/deployments/cli/test_upgrades.py: ids are random, and a look needs a changed server",
    "upgrades decline": "tests/deployments/cli/test_upgrades.py: ids are random, and a look needs a changed server",
    "alerts notify": "tests/deployments/cli/test_serve_processes.py: it changes Prefect's server for all tests",
}
"""Commands with `--json` that no file is kept of, with the reason."""


def test_what_was_changed_is_said_as_before(database: str, benchwright: Command, tmp_path: Path) -> None:
    fill_with_everything(database, benchwright, tmp_path)
    profile = tmp_path / "terse.yaml"
    profile.write_text("name: terse\nsystem: Be brief.\n")
    benchmark = write_numbers(tmp_path / "digits.jsonl", 3)
    alert_id = benchwright("alerts", "list", "--json").json[0]["alert_id"]
    all_words: dict[str, Words] = {
        "runs-tag": ("runs", "tag", "later", "--add", "kept", "--favourite"),
        "runs-archive": ("runs", "archive", "later"),
        "experiments-create": ("experiments", "create", "other", "--question", "Why?", "--tag", "new"),
        "experiments-add": ("experiments", "add", "other", "usual", "slow"),
        "experiments-remove": ("experiments", "remove", "other", "slow"),
        "experiments-edit": ("experiments", "edit", "other", "--description", "As a check."),
        "experiments-annotate": ("experiments", "annotate", "It is so.", "--run", "usual", "--author", "ada"),
        "experiments-clone": ("experiments", "clone", "other", "third"),
        "experiments-archive": ("experiments", "archive", "third"),
        "experiments-delete": ("experiments", "delete", "third", "--yes"),
        "policies-create": ("policies", "create", "sum", "--task", "summarization", "--budget", "tokens=1e6"),
        "policies-list": ("policies", "list"),
        "policies-edit": ("policies", "edit", "sum", "--no-budget", "--keep-texts"),
        "policies-renew": ("policies", "renew", "sum"),
        "policies-show": ("policies", "show", "sum"),
        "policies-end": ("policies", "end", "sum"),
        "runs-delete": ("runs", "delete", "slow", "--yes"),
        "profiles-add": ("profiles", "add", profile),
        "benchmarks-validate": ("benchmarks", "validate", benchmark),
        "benchmarks-add": ("benchmarks", "add", benchmark),
        "alerts-ack": ("alerts", "ack", alert_id, "--by", "ada", "--note", "known"),
        "alerts-silence": ("alerts", "silence", "--rule", "gpu", "--until", "1h"),
        "selection-forget": ("selection", "forget", "law", "--yes"),
        "selection-import": ("selection", "import", tmp_path / "law.csv"),
        "traffic-import": ("traffic", "import", tmp_path / "calls.jsonl"),
        "traffic-forget": ("traffic", "forget", "--task", "flash", "--yes"),
        "db-prune-dry-run": ("db", "prune", "--older-than", "1h", "--dry-run"),
        "db-prune": ("db", "prune", "--older-than", "1h", "--yes"),
        "db-upgrade": ("db", "upgrade"),
        "db-backup": ("db", "backup", tmp_path / "copy.db"),
    }
    printed = {}
    for name, words in all_words.items():
        ended = benchwright(*words, "--json")
        assert ended.out, (name, ended.code, ended.err)
        printed[name] = Named(tmp_path).of(ended.out)

    assert [] == [name for name, text in printed.items() if differs(name, text)], "see the module's docstring"


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the words of each command that has `--json`."""
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from _commands(command.get_command(context, name), (*words, name))
    elif any("--json" in getattr(parameter, "opts", ()) for parameter in command.params):
        yield words


def _held() -> set[tuple[str, ...]]:
    """Return the first word, and the first two, of each command that a file is kept of."""
    trees = [ast.parse(path.read_text()) for path in Path(__file__).parent.glob("test_json_contract*.py")]
    words = [
        [item.value for item in node.elts if isinstance(item, ast.Constant)]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple)
    ]
    return {tuple(each[:n]) for each in words for n in (1, 2)}


def test_every_command_with_json_has_its_file_or_a_reason() -> None:
    from deployments.cli.app import app

    commands = set(_commands(typer.main.get_command(app)))

    assert 70 < len(commands)
    assert {tuple(name.split()) for name in WITHOUT_FILE} == commands - _held()


MEASURED = {
    "metric": "exact_match",
    "value": 0.5,
    "n": 4,
    "metrics": {"latency_s": {"value": 0.01, "low": 0.005, "n": 4, "method": "t"}, "token_f1": {"value": 0.25, "n": 4}},
    "plan": {"seconds": 1.5, "n_calls": 40, "model": "good:1b"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("value",), 0.75),
        (("n",), 5),
        (("metrics", "token_f1", "value"), 0.5),
        (("metrics", "latency_s", "n"), 3),
        (("plan", "n_calls"), 41),
        (("plan", "model"), "weak:1b"),
        (("plan", "seconds"), None),
    ],
)
def test_a_changed_score_count_or_name_is_seen(path: tuple[str, ...], value: object) -> None:
    assert unmeasured(MEASURED) != unmeasured(_with(MEASURED, path, value))


@pytest.mark.parametrize(
    "path", [("metrics", "latency_s", "value"), ("metrics", "latency_s", "low"), ("plan", "seconds")]
)
def test_what_a_clock_measured_is_left_out(path: tuple[str, ...]) -> None:
    assert unmeasured(MEASURED) == unmeasured(_with(MEASURED, path, 0.125))


def _with(value: Any, path: tuple[str, ...], new: object) -> Any:
    key, *more = path
    return {**value, key: _with(value[key], tuple(more), new) if more else new}
