"""`benchwright demo` as a process on a fresh machine: no Ollama, no Prefect server, no results yet."""

from pathlib import Path

import pytest
from free_ports import free_port
from served import Home

from deployments.cli.demo import PIPELINES, SMALL_MODEL, embedded_model_is_there

pytestmark = pytest.mark.long


def test_the_first_command_of_a_fresh_machine_shows_models_and_pipelines(tmp_path: Path) -> None:
    home = Home(tmp_path, {"OLLAMA_HOST": f"http://127.0.0.1:{free_port()}"})

    code, output = home.run("demo", "--limit", 1, "--db", tmp_path / "results.db")

    assert 0 == code, output
    assert "baseline-lead" in output
    assert "For classification: " in output
    if embedded_model_is_there():
        candidates = [f"{SMALL_MODEL} pipeline={pipeline.split()[0]}" for pipeline in PIPELINES]
        assert [] == [name for name in candidates if name not in output]
    assert [] == home.left_behind()
