"""What hostile programs and killed processes leave behind is counted and removed, and nothing else is."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation.sandbox.bundle import PREFIX, make_work_folder, remove_abandoned
from evaluation.sandbox.file_trees import count_entries, remove_tree

ROOT = Path(__file__).parents[3]


def _nest(top: Path, depth: int) -> None:
    """Folders in folders, far deeper than a path may be long."""
    before = os.getcwd()
    try:
        os.chdir(top)
        for _ in range(depth):
            os.mkdir("d" * 50)
            os.chdir("d" * 50)
            Path("file").touch()
    finally:
        os.chdir(before)


def test_folders_nested_deeper_than_python_recurses_and_paths_are_long_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    _nest(top, 3_000)
    assert 2_001 == count_entries(str(top), at_most=2_001)
    remove_tree(str(top))
    assert [] == list(tmp_path.iterdir())


def test_files_without_permissions_odd_names_and_links_are_removed_and_what_links_point_to_stays(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("mine")
    top = tmp_path / "top"
    (top / "moved-1" / "moved-2").mkdir(parents=True)
    (top / "moved-2" / "moved-1" / "inner").mkdir(parents=True)
    (top / "moved-2" / "moved-1" / "inner" / "file").touch()
    os.mkdir(os.fsencode(top) + b"/\xff\n")
    os.symlink(kept, top / "link")
    os.symlink(kept, top / "moved-1" / "link")
    os.mkfifo(top / "pipe")
    (top / "moved-2" / "moved-1").chmod(0)
    (top / "moved-2").chmod(0)
    remove_tree(str(top))
    assert [kept] == list(tmp_path.iterdir())
    assert "mine" == (kept / "file").read_text()


def test_counting_stops_at_the_bound_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for number in range(5):
        (tmp_path / "folder" / str(number)).touch()
    os.symlink("/", tmp_path / "link")
    assert (7, 4, 0) == (
        count_entries(str(tmp_path), at_most=100),
        count_entries(str(tmp_path), at_most=4),
        count_entries(str(tmp_path / "nothing"), at_most=100),
    )


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, signal\nfrom evaluation.sandbox.bundle import bundle\n"
        "print(bundle().parent, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    left = Path(killed.stdout.strip())
    assert left.name.startswith(PREFIX)
    assert left.is_dir()
    remove_abandoned(tmp_path)
    assert not left.exists()


def test_a_folder_whose_owner_lives_a_link_a_file_and_another_name_stay(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    held = tmp_path / f"{PREFIX}held"
    held.mkdir()
    os.symlink(elsewhere, tmp_path / f"{PREFIX}link")
    (tmp_path / f"{PREFIX}file").touch()
    opened = os.open(held, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        remove_abandoned(tmp_path)
    finally:
        os.close(opened)
    assert {"elsewhere", f"{PREFIX}held", f"{PREFIX}link", f"{PREFIX}file"} == {
        each.name for each in tmp_path.iterdir()
    }
    assert (elsewhere / "file").exists()
    remove_abandoned(tmp_path)
    assert not held.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user's")
def test_another_users_folder_stays(tmp_path: Path) -> None:
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    remove_abandoned(tmp_path)
    assert theirs.exists()


def test_a_process_does_not_take_its_own_folder_for_abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = make_work_folder(), make_work_folder()
    assert {first, second} == set(tmp_path.iterdir())
    assert 0o755 == first.stat().st_mode & 0o777
