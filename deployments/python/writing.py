"""The functions `write_benchmark` and `write_benchmark_async`."""

import os
from functools import partial
from typing import TYPE_CHECKING, Unpack

from deployments.cli.callers import request_source
from deployments.cli.terminal.output import EXIT_DONE, EXIT_RUN_FAILED
from deployments.python.calling import call, call_async
from deployments.python.documented import refuse_unknown, with_options
from deployments.python.evaluations import as_lists, listeners
from deployments.python.options import CallOptions, File, WritingOptions, options_of
from evaluation.errors import RunFailedError

if TYPE_CHECKING:
    from evaluation.results.written_suites import WrittenSuite

_FURTHER = "The same call goes on: no reply that was received is asked for again"


@with_options(WritingOptions)
def write_benchmark(corpus: "File", model: str, check: str, **options: Unpack[WritingOptions]) -> "WrittenSuite":
    """Have a model write a suite from documents, and rules and another model check it; return what fell, and why.

    The same as `benchwright benchmarks write`. The suite is marked as synthetic, and stored unless `out` names a file.

    Args:
        corpus: A folder of documents, or one document.
        model: The model that writes the cases: `MODEL` or `MODEL@ENDPOINT`.
        check: Another model, which checks them: `MODEL` or `MODEL@ENDPOINT`.

    Raises:
        BenchwrightError: something for the user to mend, before a token was spent.
        RunFailedError: every draft was dropped, or a server left too many requests unanswered; its `result` says why
            each of them fell.
        KeyboardInterrupt: Ctrl-C, or the notebook's interrupt; the same call goes on.
    """
    return call(partial(_write, corpus, model, check, options), **listeners(options))


@with_options(WritingOptions)
async def write_benchmark_async(
    corpus: "File", model: str, check: str, **options: Unpack[WritingOptions]
) -> "WrittenSuite":
    """Do what `write_benchmark` does while the running event loop goes on; cancelling keeps every reply.

    Args:
        corpus: A folder of documents, or one document.
        model: The model that writes the cases: `MODEL` or `MODEL@ENDPOINT`.
        check: Another model, which checks them: `MODEL` or `MODEL@ENDPOINT`.

    Raises:
        BenchwrightError: as of `write_benchmark`.
    """
    return await call_async(partial(_write, corpus, model, check, options), **listeners(options))


def _write(corpus: "File", model: str, check: str, options: WritingOptions) -> "WrittenSuite":
    from deployments.cli.long_commands import workplace
    from deployments.cli.written_suites.writing import write_suite, writing_fields
    from evaluation.requests.writing_request import read_writing_request

    refuse_unknown(options, WritingOptions, function="write_benchmark")
    names = options_of(WritingOptions).keys() - options_of(CallOptions).keys()
    fields = as_lists({name: value for name, value in options.items() if name in names})
    if fields.get("out") is not None:
        fields["out"] = os.fspath(fields["out"])
    typed = {"corpus": os.fspath(corpus), "model": model, "check": check, **fields}
    request = read_writing_request(writing_fields(typed), source=request_source())
    with workplace(options.get("db")) as (store, stack):
        ended = write_suite(request, store, stack)
    if ended.code == EXIT_DONE and ended.suite is not None:
        return ended.suite
    if ended.code == EXIT_RUN_FAILED:
        raise RunFailedError(ended.problem or "the writing failed", ended.next_step or _FURTHER, ended.suite)
    raise KeyboardInterrupt(f"interrupted; next: {_FURTHER}")
