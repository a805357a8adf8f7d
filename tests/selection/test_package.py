"""What an application that imports `selection` meets: types, errors, and a name that it uses itself."""

import subprocess
import sys
import tomllib
from pathlib import Path

import selection

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")


def in_an_application(folder: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """The program, run where its own packages come first, and ours stand behind them as in a wheel."""
    path = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]\n"
    argv = [sys.executable, "-I", "-S", "-c", path + code]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


def test_every_package_says_that_it_is_typed_and_the_wheel_carries_that() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert [f"{name}*" for name in PACKAGES] == built["packages"]["find"]["include"]
    assert "py.typed" in built["package-data"]["*"]
    assert [] == [name for name in PACKAGES if not (ROOT / name / "py.typed").is_file()]


def test_the_errors_that_it_raises_can_be_caught_by_its_own_names() -> None:
    from evaluation import errors

    for name in ("BenchwrightError", "ConfigurationError", "SelectionError", "StoreError", "UnknownNameError"):
        assert getattr(errors, name) is getattr(selection, name)
        assert name in dir(selection)


def test_a_package_of_the_application_that_hides_ours_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "__init__.py").write_text("")

    ended = in_an_application(tmp_path, "from selection import recommend")

    assert 0 != ended.returncode
    assert f"ImportError: another package named 'evaluation', at {str(tmp_path / 'evaluation')!r}" in ended.stderr
    assert "Next: rename that package" in ended.stderr


def test_the_command_says_so_too_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "flows.py").write_text("")

    ended = in_an_application(tmp_path, "from deployments.cli.__main__ import run; sys.exit(run(['version']))")

    assert (2, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("error: another package named 'flows' ")


def test_an_error_of_ours_stays_what_it_is(tmp_path: Path) -> None:
    ended = in_an_application(tmp_path, "import selection; selection.nothing")
    assert "AttributeError: module 'selection' has no attribute 'nothing'" in ended.stderr
