"""A process that a test starts, sends signals, and leaves in no case behind."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def started_process(argv: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """The process, with its output in pipes. Where the test fails first, it is killed: waiting for it would not end."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
