"""Where time and tokens of pipelines go: store, table, export and pages say what the cases say, to 1 %."""

import csv
import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from hostile_texts import foreign_markup
from looking_back import only_run, outcomes
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from deployments.cli.terminal.run_results import print_run
from evaluation.exports.files import write_rows
from evaluation.exports.filters import Filters, check_filters
from evaluation.exports.listings import stage_list
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, find_source
from evaluation.exports.writers import Format
from evaluation.generation import Generation
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.results.as_json import as_json, from_json
from evaluation.results.runs import RunResult
from evaluation.results.stages import StageTotal
from evaluation.run_results.case_result import case_result
from evaluation.run_results.run_result import invocation_result, run_result
from evaluation.store.session import Store
from evaluation.store.stage_sums import stage_sums

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
Sums = tuple[float, int, int]
"""Seconds, tokens of prompts and of answers."""

PIPELINES = {
    "self_consistency n=3": ["sample ×3"],
    "refine": ["draft", "critique 1", "revision 1"],
    "map_reduce chunk_size=2 note_tokens=8": ["count tokens", "map ×2", "reduce"],
    "cascade large=big signal=refusal": ["answer", "escalated"],
}


def knows_even_numbers(chat: Chat) -> Reply:
    """The answer of a model that does not know odd numbers, with another number of tokens for each."""
    reply = right(chat)
    if not reply.text.isdigit():
        return Reply(text="7", prompt_tokens=31)
    return Reply(text=reply.text if int(reply.text) % 2 == 0 else "I don't know.", prompt_tokens=17 + int(reply.text))


@pytest.fixture
def run(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, pipeline: str
) -> RunResult:
    """A run of six cases by the pipeline, beside the same model without one."""
    ollama_by_script.add("model", knows_even_numbers)
    ollama_by_script.add("big")
    evaluate(benchmark_file(6), candidates=[f"model pipeline={pipeline}", "model"], invocation_id="one")
    return run_result(store, only_run(store).plan.run_id)


def of_cases(store: Store) -> Sums:
    answers = [stored.row.outcome for stored in outcomes(store)]
    assert all(isinstance(answer, Generation) for answer in answers)
    return (
        sum(answer.timing.total_s for answer in answers),  # type: ignore[union-attr]
        sum(answer.prompt_tokens for answer in answers),  # type: ignore[union-attr, misc]
        sum(answer.output_tokens for answer in answers),  # type: ignore[union-attr, misc]
    )


class Cells(HTMLParser):
    """The rows of a page's tables."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def exported(store: Store, run_id: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the run's stages."""
    source = find_source(store, run_id)
    check_filters(store, source, Kind.STAGES, Filters())
    file = io.BytesIO()
    write_rows(file, *rows(store, source, Kind.STAGES, Filters()), Format.CSV)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))


def summed(table: list[list[str]]) -> list[Sums]:
    """Seconds and tokens of the lines of a table together, and those of its last line, which is of all of them."""
    columns, *lines, last = table if table[-1][0] == "all stages" else [*table, table[-1]]
    places = [columns.index(name) for name in ("seconds", "tokens in", "tokens out")]
    numbers = [[float(line[place].replace(",", "").replace("–", "0")) for place in places] for line in (*lines, last)]
    sums: Any = tuple(map(sum, zip(*numbers[:-1], strict=True)))
    total: Any = tuple(numbers[-1])
    return [sums, total]


def markdown_rows(page: str) -> list[list[str]]:
    """The table of tokens, with the columns of that of seconds."""
    blocks = [block.splitlines() for block in page.split("\n\n") if block.startswith("| stage")]
    tables = [[[cell.strip() for cell in line.strip("|").split("|")] for line in block] for block in blocks]
    tokens, seconds = ([table[0], *table[2:]] for table in tables)
    assert [row[0] for row in tokens] == [row[0] for row in seconds]
    return [[*row, *further[1:]] for row, further in zip(tokens, seconds, strict=True)]


def terminal_rows(text: str) -> list[list[str]]:
    """The table of stages; columns are two blanks or more apart."""
    lines = text[text.index("Where time and tokens go") :].splitlines()[1:]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines if "─" not in line]
    return [row for row in cells if len(row) == len(cells[0])]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_stages_sum_to_the_cases_in_store_table_export_and_pages(
    run: RunResult, store: Store, pipeline: str, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = pytest.approx(of_cases(store), rel=0.01)
    label = f"model pipeline={pipeline}"
    stages = run.candidate(label).stages

    ((_, sums),) = stage_sums(store, run.run_id).items()
    assert expected == tuple(
        sum(getattr(each, name) or 0 for each in sums) for name in ("total_s", "prompt_tokens", "output_tokens")
    )
    assert (1.0, 1.0) == (
        pytest.approx(sum(each.share_of_seconds or 0 for each in stages)),
        pytest.approx(sum(each.share_of_tokens or 0 for each in stages)),
    )
    listed = stage_list(store, run.run_id, Filters())
    assert expected == (
        sum(row.total_s or 0 for row in listed),
        sum(row.prompt_tokens or 0 for row in listed),
        sum(row.output_tokens or 0 for row in listed),
    )
    of_file = exported(store, run.run_id)
    names = ("total_s", "prompt_tokens", "output_tokens")
    assert expected == tuple(sum(float(row[name] or 0) for row in of_file) for name in names)
    made = run.stages_frame()
    assert expected == (made["total_s"].sum(), made["prompt_tokens"].sum(), made["output_tokens"].sum())
    assert {label} == set(made["candidate"])

    page = invocation_as_markdown(store, invocation_result(store, "one"))
    html = Cells(run._repr_html_()).rows
    print_run(store, run)
    tables = {
        "markdown": markdown_rows(page),
        "notebook": html[next(number for number, row in enumerate(html) if row[0] == "stage") :],
        "terminal": terminal_rows(capsys.readouterr().out),
    }
    for name, table in tables.items():
        shown = [row[0] for row in table[1:] if row[0] != "all stages"]
        assert PIPELINES[pipeline] == shown, name
        assert [expected] * 2 == summed(table), name
    assert 1 == page.count("### Where time and tokens go")


@pytest.mark.parametrize("pipeline", ["refine"])
def test_the_json_of_a_run_has_the_stages_of_pipelines_and_no_key_for_other_candidates(run: RunResult) -> None:
    written = json.loads(json.dumps(as_json(run)))

    with_stages = [each for each in written["candidates"] if "stages" in each]
    assert list(run.candidates[0].stages) == [from_json(StageTotal, each) for each in with_stages[0]["stages"]]
    assert [True, False] == ["stages" in candidate for candidate in written["candidates"]]


HOSTILE = "=1+1 <b>[x](javascript:alert) | `a` \x1b[31m\u202e1"


@pytest.mark.parametrize("pipeline", ["refine"])
def test_what_a_model_writes_in_a_stage_is_text_everywhere(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, pipeline: str
) -> None:
    ollama_by_script.add("model", lambda _: Reply(text=HOSTILE))
    evaluate(benchmark_file(2), candidates=[f"model pipeline={pipeline}"], invocation_id="one")
    run_id = only_run(store).plan.run_id

    stages = exported(store, run_id)

    assert ["'=1+1 <b>[x](javascript:alert) | `a` \ufffd[31m\ufffd1"] * 6 == [row["text"] for row in stages]
    html = case_result(store, run_id, "c0")._repr_html_()
    assert 3 <= html.count("=1+1 &lt;b&gt;[x](javascript:alert)")
    assert not [mark for mark in ("<b>[x]", "\x1b", "\u202e") if mark in html]
    assert [] == foreign_markup(invocation_as_markdown(store, invocation_result(store, "one")))
