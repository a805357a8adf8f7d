"""The notebook of the documents runs from its first cell to its last, in a kernel, with no server standing."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from served import Home, eventually

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
RUN = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


@pytest.mark.long
def test_every_cell_of_the_notebook_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    home = Home(tmp_path, {"HOME": str(tmp_path), "OLLAMA_HOST": "http://127.0.0.1:9"})
    executed = tmp_path / "executed.ipynb"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    subprocess.run(
        [sys.executable, "-c", RUN, str(NOTEBOOK), str(executed)],
        env={**home.variables, "PATH": path, "BENCHWRIGHT_DATABASE_URL": str(tmp_path / "results.db")},
        check=True,
        timeout=600,
    )

    outputs = [cell.outputs for cell in nbformat.read(executed, as_version=4).cells if cell.cell_type == "code"]
    (result,) = outputs[0]
    assert "question_answering · 12 cases" in result.data["text/html"]
    assert outputs[1][0].text.startswith("baseline-")
    assert "<table" in outputs[4][0].data["text/html"]
    assert "12 of 12" in outputs[5][0].text
    assert "2 runs" in outputs[7][0].data["text/html"]
    assert "did you mean 'question_answering'?" in outputs[8][0].text
    assert [] == [each for cell in outputs for each in cell if each.get("name") == "stderr"]
    assert eventually(lambda: home.left_behind() == [], within_s=60)


def test_the_notebook_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    nbformat.validate(notebook)
    assert [] == [cell.id for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
