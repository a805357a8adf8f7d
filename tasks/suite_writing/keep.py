"""The tasks that keep a written suite, in a file or in the store, and publish where its drafts fell."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.benchmarks.file_writing import as_jsonl, rows_of, write_new_file
from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError
from evaluation.reports.written_suites import suite_as_markdown
from evaluation.requests.writing_request import WritingRequest
from evaluation.results.written_suites import WrittenSuite
from evaluation.store.benchmarks import save_benchmark
from tasks.artifacts import artifact_key, publish_page
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store


@task(name="keep", task_run_name="keep the suite", cache_policy=NO_CACHE, persist_result=False)
async def keep_suite(request: WritingRequest, benchmark: Benchmark) -> None:
    """Write the suite's file, or store the suite under its name.

    Raises:
        ConfigurationError: the file is there already, or cannot be written.
    """
    if request.out is None:
        await call_with_store(save_benchmark, benchmark)
    else:
        write_suite_file(Path(request.out).expanduser(), benchmark)


def write_suite_file(file: Path, benchmark: Benchmark) -> None:
    """Write the benchmark as a new JSONL file: whole, or not at all.

    Raises:
        ConfigurationError: the file is there already, or cannot be written.
    """
    try:
        write_new_file(file, as_jsonl(rows_of(benchmark)))
    except OSError as error:
        raise ConfigurationError(
            f"the suite cannot be written to {str(file)!r}: {error.strerror or error}",
            "The same command with another --out asks nothing again.",
        ) from error


@task(name="publish", task_run_name="publish the report", cache_policy=NO_CACHE, persist_result=False)
async def publish_suite(suite: WrittenSuite) -> None:
    """Publish where the drafts fell as a page."""
    async with going_on_without("the report on the suite"):
        await publish_page(
            suite_as_markdown(suite), key=artifact_key("suite", suite.name), description=suite.description
        )
