"""Which texts are numbers? Those that other programs take for numbers too."""

import pytest

from deployments.cli.__main__ import run
from evaluation.errors import ConfigurationError
from evaluation.files.number_parsing import read_number
from evaluation.requests.evaluation_request import read_request

NO_NUMBERS = [
    "0_1",
    "1_000",
    "\u0661\u0662",
    "\uff11",
    "1,5",
    "",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "0x10",
    "1 0",
    "9" * 5000,
]


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("-0.5", -0.5), ("+1e-3", 0.001), (".5", 0.5), ("5.", 5), (" 7 ", 7)]
)
def test_a_number_is_read(text: str, number: float) -> None:
    assert number == read_number(text)


@pytest.mark.parametrize("text", [*NO_NUMBERS, True, None, [1]])
def test_what_is_no_number_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        read_number(text)


@pytest.mark.parametrize(
    "given",
    [
        {"limit": "1_0"},
        {"timeout_s": "1_0"},
        {"options": ["temperature=0_1"]},
        {"fail_under": ["accuracy=0_1"]},
        {"max_failures": "1_0%"},
        {"max_failures": "\u0661"},
    ],
)
def test_a_request_takes_no_number_with_an_underscore(given: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        read_request({"benchmarks": ["b"], "models": ["m"], **given})


@pytest.mark.parametrize("text", ["1_0", "\u0661"])
def test_the_command_line_takes_no_such_number(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run(["evaluate", "--benchmark", "classification", "--model", "m", "--limit", text])
    assert "--limit" in capsys.readouterr().err
