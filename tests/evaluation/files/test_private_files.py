"""Which mode files get, and what is mended of those that are there."""

import stat
from pathlib import Path

import pytest

from evaluation.files.private_files import (
    make_private,
    make_private_file,
    make_private_folder,
    open_to_others,
    private_mode,
)
from evaluation.store.session import backup, open_store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0o644, 0o600),
        (0o755, 0o700),
        (0o666, 0o600),
        (0o777, 0o700),
        (0o604, 0o600),
        (0o600, 0o600),
        (0o400, 0o400),
        (0o640, 0o640),  # a group alone: somebody meant it
        (0o660, 0o660),
        (0o750, 0o750),
        (0o2770, 0o2770),
        (0o2775, 0o2700),
    ],
)
def test_others_lose_their_access_and_a_group_that_alone_has_some_keeps_it(
    tmp_path: Path, before: int, after: int
) -> None:
    assert after == private_mode(before)
    path = tmp_path / "file"
    path.touch()
    path.chmod(before)
    assert (before != after) is make_private(path)
    assert after == mode(path)


def test_what_is_missing_is_made_for_the_user_alone_and_what_lies_above_it_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    make_private_file(tmp_path / "a" / "b" / "file")
    assert [0o755, 0o700, 0o700, 0o600] == [mode(tmp_path / name) for name in (".", "a", "a/b", "a/b/file")]


def test_a_link_is_not_followed_and_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.touch()
    target.chmod(0o644)
    (tmp_path / "link").symlink_to(target)
    assert not make_private(tmp_path / "link")
    assert 0o644 == mode(target)
    assert not make_private(tmp_path / "none")


def test_a_folder_in_the_place_of_a_file_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o755)
    make_private_file(folder)
    assert 0o755 == mode(folder)


def test_who_else_may_read_is_told(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("all", "group", "own", "none")}
    for name, wanted in (("all", 0o644), ("group", 0o640), ("own", 0o600)):
        paths[name].touch()
        paths[name].chmod(wanted)
    found = {path.name: who for path, who in open_to_others(paths.values())}
    assert {"all": "everybody", "group": "its group"} == found


def test_a_database_is_for_its_user_from_its_first_byte_with_all_that_sqlite_puts_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.db"
    with open_store(str(path)) as store, store.read() as connection:
        connection.exec_driver_sql("SELECT * FROM sqlite_master")
        modes = {found.name: mode(found) for found in path.parent.iterdir()}
    assert {0o600} == set(modes.values()), modes
    assert {"results.db", "results.db-wal", "results.db-shm"} <= set(modes)
    assert 0o700 == mode(path.parent)
    backup(str(path), tmp_path / "copies" / "copy.db")
    assert 0o600 == mode(tmp_path / "copies" / "copy.db")


def test_a_database_that_others_could_read_is_mended_when_it_is_opened_and_the_users_folder_is_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "results.db"
    open_store(str(path)).close()
    tmp_path.chmod(0o755)
    path.chmod(0o644)
    open_store(str(path), upgrade_from_empty=False).close()
    assert (0o600, 0o755) == (mode(path), mode(tmp_path))
    path.chmod(0o660)
    with open_store(str(path)) as store, store.read() as connection:
        connection.exec_driver_sql("SELECT * FROM sqlite_master")
        assert {0o660} == {mode(found) for found in tmp_path.iterdir()}
