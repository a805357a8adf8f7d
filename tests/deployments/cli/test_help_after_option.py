"""`--help` where an option waits for its value."""

import pytest

from deployments.cli.__main__ import run


@pytest.mark.parametrize("arguments", [["export", "--table", "--help"], ["export", "run-1", "--out", "--help"]])
def test_help_is_shown_also_behind_an_option_that_takes_a_value(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == run(arguments)
    assert "Usage: benchwright export" in capsys.readouterr().out
