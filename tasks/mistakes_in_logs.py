"""A flow run's log of a user's mistake: the message with its next step, without a traceback."""

import logging

from evaluation.errors import BenchwrightError
from evaluation.escaping import one_line

_LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
"""Those with which Prefect logs an exception of a flow, of a task, and of the process around a flow."""


class _WithoutTraceback(logging.Filter):
    """Replaces the traceback of an error that names its next step; any other error keeps its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        # The base class itself is raised for what should not happen, and its traceback is of use.
        if isinstance(error, BenchwrightError) and type(error) is not BenchwrightError:
            record.msg, record.args = "%s", (one_line(str(error)),)
            record.exc_info = record.exc_text = None
        return True


_WITHOUT_TRACEBACK = _WithoutTraceback()


def log_mistakes_by_message() -> None:
    """Keep tracebacks of users' mistakes out of the logs of flow runs, from now on."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_WITHOUT_TRACEBACK)
