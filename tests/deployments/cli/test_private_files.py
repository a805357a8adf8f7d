"""Which modes do files have after real commands, in an environment whose own files are for all?"""

import os
import stat
from pathlib import Path

import pytest
from numbers_benchmark import write_numbers
from served import Home

pytestmark = pytest.mark.long


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is open to all, as most are."""
    made = tmp_path / "open"
    made.mkdir()
    made.chmod(0o755)
    return made


@pytest.fixture
def home(folder: Path) -> Home:
    """A home whose commands keep all that they write below one folder."""
    variables = {
        "HOME": str(folder / "user"),
        "XDG_DATA_HOME": str(folder / "user" / "data"),
        "TMPDIR": str(folder),
    }
    (folder / "user").mkdir()
    return Home(folder, {**variables, "OLLAMA_HOST": "http://127.0.0.1:9"})


def modes(folder: Path) -> dict[str, str]:
    """What is below the folder and open to more than its user."""
    found = {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    return {name: oct(mode) for name, mode in found.items() if mode & 0o077}


def test_results_traffic_exports_backups_and_prefects_home_are_for_their_user_alone(home: Home, folder: Path) -> None:
    before = os.umask(0o022)
    try:
        numbers = write_numbers(folder / "numbers.jsonl", 4)
        calls = folder / "calls.jsonl"
        calls.write_text(
            '{"task": "t", "candidate": "c", "started_at": "2026-11-22T00:00:00Z", "duration_s": 1, "ok": true}\n'
        )
        own = {"numbers.jsonl": "0o644", "calls.jsonl": "0o644", "user": "0o755"}
        written = folder / "written"
        written.mkdir()
        own["written"] = "0o755"
        for words in (
            ("benchmarks", "add", numbers),
            ("traffic", "import", calls),
            ("evaluate", "--benchmark", "numbers", "--model", "baseline-random:latest", "--embedded", "--limit", 2),
            ("export", "last", "--out", written / "answers.csv"),
            ("db", "backup", written / "copy.db"),
        ):
            code, said = home.run(*words)
            assert code == 0, said
    finally:
        os.umask(before)
    assert own == modes(folder)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert {"user/data/benchwright/benchwright.db", "prefect/prefect.db", "prefect/benchwright/password"} <= names
    assert {"written/answers.csv", "written/copy.db"} <= names


def test_a_home_that_was_open_to_all_is_told_of_by_doctor_and_mended_by_the_next_command(
    home: Home, folder: Path
) -> None:
    prefect = folder / "prefect"
    (prefect / "benchwright").mkdir(parents=True)
    (prefect / "prefect.db").touch()
    (prefect / "profiles.toml").touch()
    kept = prefect / "benchwright" / "shared.log"
    kept.touch()
    assert home.run("db", "upgrade")[0] == 0
    results = folder / "user" / "data" / "benchwright" / "benchwright.db"
    for path, mode in ((prefect, 0o755), (prefect / "prefect.db", 0o644), (results, 0o644), (kept, 0o640)):
        path.chmod(mode)

    said = home.run("doctor")[1]
    assert "private files" in said
    assert "chmod go-rwx" in said
    assert all(name in said for name in ("prefect.db", "benchwright.db", "everybody", "its group"))
    code, said = home.run(
        "evaluate", "--benchmark", "classification", "--model", "baseline-random:latest", "--embedded", "--limit", 1
    )
    assert code == 0, said

    assert {"prefect/benchwright/shared.log": "0o640"} == {
        name: mode for name, mode in modes(folder).items() if name.startswith(("prefect", "user/data"))
    }


@pytest.mark.parametrize("words", [("doctor",), ("runs", "list"), ("metrics", "list")], ids=" ".join)
def test_a_command_that_starts_no_server_mends_prefects_home_too(
    home: Home, folder: Path, words: tuple[str, ...]
) -> None:
    prefect = folder / "prefect"
    (prefect / "benchwright").mkdir(parents=True)
    for name in ("prefect.db", "prefect.db-wal", "profiles.toml", "benchwright/password"):
        (prefect / name).touch()
        (prefect / name).chmod(0o644)
    for path, mode in ((prefect, 0o755), (prefect / "benchwright", 0o755), (prefect / "profiles.toml", 0o640)):
        path.chmod(mode)

    code, said = home.run(*words)

    assert code == 0, said
    open_to_more = {name: mode for name, mode in modes(folder).items() if name.startswith("prefect")}
    assert {"prefect/profiles.toml": "0o640"} == open_to_more, "what somebody gave to a group stays the group's"
    assert ("everybody" in said) is (words == ("doctor",)), "doctor tells of it, and mends it afterwards"
