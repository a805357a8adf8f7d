"""A mistyped variable is found, and those that are read, or named by an endpoint, are not."""

import pytest

from deployments.cli.doctor.variables import read_variables, variables
from evaluation.settings import Settings


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("BENCHWRIGHT_PIPELINE_TIMEOUT", "BENCHWRIGHT_PIPELINE_TIMEOUT_S"),
        ("benchwright_databse_url", "BENCHWRIGHT_DATABASE_URL"),
        ("BENCHWRIGHT_DATABASE", "BENCHWRIGHT_DATABASE_URL"),
        ("BENCHWRIGHT_ALLOWED_HOST", "BENCHWRIGHT_ALLOWED_HOSTS"),
    ],
)
def test_a_variable_that_nobody_reads_is_told_with_the_nearest_one(name: str, nearest: str) -> None:
    (finding,) = variables({name: "1", "PATH": "/bin"})

    assert f"nobody reads {name} (nearest is {nearest})" == finding.message


def test_variables_that_are_read_are_not_told() -> None:
    environ = dict.fromkeys([*read_variables(), "BENCHWRIGHT_KEY_OF_POOL_GPUS", "BENCHWRIGHT_MY_KEY"], "1")

    assert () == variables(environ, keys=["BENCHWRIGHT_MY_KEY"])
    assert {f"BENCHWRIGHT_{name.upper()}" for name in Settings.model_fields} <= set(read_variables())


def test_a_name_of_a_variable_is_escaped_and_cut() -> None:
    (finding,) = variables({"BENCHWRIGHT_\x1b[31m" + "X" * 500: "1"})

    assert "\x1b" not in finding.message
    assert len(finding.message) < 200
