"""A process whose output nobody reads any more goes on."""

import subprocess
import sys
import textwrap

import pytest

WRITES = """
    import logging, sys
    from prefect.logging.handlers import PrefectConsoleHandler
    from tasks.interruption import outlive_the_reader

    logger = logging.getLogger("prefect.flow_runs")
    logger.handlers = [PrefectConsoleHandler(stream=sys.{stream})]
    logger.setLevel(logging.INFO)
    {outlive}
    sys.stdin.read()  # until nobody reads what we write
    for number in range(3):
        logger.info("line %d", number)
    print("it goes on", file=sys.{other})
"""


def _said(stream: str, *, outlive: str) -> tuple[int, str]:
    """The exit code, and what was said on the stream that is still read."""
    other = "stderr" if stream == "stdout" else "stdout"
    program = textwrap.dedent(WRITES).format(stream=stream, other=other, outlive=outlive)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    pipes = {"stdout": process.stdout, "stderr": process.stderr}
    closed, read = pipes[stream], pipes[other]
    assert closed is not None
    assert read is not None
    closed.close()
    process.stdin.close()
    with read:
        said = read.read()
    return process.wait(), said


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_log_that_nobody_reads_does_not_end_the_process(stream: str) -> None:
    code, said = _said(stream, outlive="outlive_the_reader()")
    assert (0, True) == (code, "it goes on" in said)


def test_without_it_the_first_line_would_be_the_last() -> None:
    code, said = _said("stderr", outlive="")
    assert (1, False) == (code, "it goes on" in said)
