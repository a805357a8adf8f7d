"""A helper is watched though whoever starts it has more than a thousand files open."""

import fcntl
import os
import subprocess
import sys

from deployments import helper_supervisor


def test_a_supervisor_whose_life_line_has_a_high_number_ends_its_program_with_its_starter() -> None:
    line, held = os.pipe()
    high = fcntl.fcntl(line, fcntl.F_DUPFD, 1100)
    waiting = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
    supervisor = subprocess.Popen(
        [sys.executable, "-P", helper_supervisor.__file__, str(high), str(os.getpid()), *waiting],
        pass_fds=[high],
        stdout=subprocess.PIPE,
    )
    assert supervisor.stdout is not None
    assert b"here\n" == supervisor.stdout.readline()

    os.close(held)
    assert 0 != supervisor.wait(300)
    supervisor.stdout.close()
    os.close(line)
    os.close(high)
