"""Do the commands that a next step proposes look where this command looked: its database, its servers?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama

from deployments.cli.next_steps import with_typed_options
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """Another database than the default one."""
    path = tmp_path / "my results" / "other.db"
    path.parent.mkdir()
    open_store(f"sqlite:///{path}").close()
    return str(path)


def test_a_proposed_command_reads_the_database_that_was_named(benchwright: Command, elsewhere: str) -> None:
    said = benchwright("show", "nosuch", "--db", elsewhere)
    as_json = benchwright("show", "nosuch", "--db", elsewhere, "--json").json

    assert said.err.endswith(f"`benchwright runs list --db '{elsewhere}'`.\n")
    assert as_json["error"]["next"].endswith(f"`benchwright runs list --db '{elsewhere}'`.")
    assert benchwright("show", "nosuch").err.endswith("`benchwright runs list`.\n")


def test_what_is_said_beside_an_error_names_it_too(benchwright: Command, elsewhere: str) -> None:
    said = benchwright("sweep", "--resume", "last", "--db", elsewhere)

    assert "`benchwright sweep --help`" in said.err
    with_names = with_typed_options(
        "`benchwright runs list --all`, `benchwright serve`, `benchwright metrics list`, `ls`"
    )
    assert f"`benchwright runs list --all --db '{elsewhere}'`" in with_names
    assert "`benchwright metrics list`, `ls`" in with_names
    assert with_names == with_typed_options(with_names)


def test_a_missing_model_is_pulled_on_the_server_that_was_asked(
    benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama, without_servers: None
) -> None:
    url = ollama_by_script.url

    said = benchwright("evaluate", "--benchmark", benchmark, "--endpoint", url, "--model", "zzz", "--dry-run")

    assert f"  next: Run `benchwright models pull zzz --endpoint {url}`." in said.err


def test_a_command_without_its_own_server_gets_the_one_that_was_named(benchwright: Command) -> None:
    benchwright("models", "list", "--endpoint", "http://127.0.0.1:9")

    assert "`benchwright models pull NAME --endpoint http://127.0.0.1:9`" == with_typed_options(
        "`benchwright models pull NAME`"
    )
    benchwright("models", "list", "--endpoint", "http://127.0.0.1:9", "--endpoint", "http://127.0.0.1:10")
    assert "`benchwright models pull NAME`" == with_typed_options("`benchwright models pull NAME`")
