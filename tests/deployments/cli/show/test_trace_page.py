"""The trace of a pipeline as `show --case` prints it: figures, replies, sources, and nothing that others wrote acts."""

from dataclasses import replace
from typing import Any

import pytest
from stored_stages import make_stage

from deployments.cli.show.trace_page import print_trace
from evaluation.errors import FailureKind
from evaluation.generation import Generation
from evaluation.passage import Passage
from evaluation.pipelines.stages import ModelReply, Passages
from evaluation.results.cases import TraceResult
from evaluation.run_results.stage_results import stage_result

HOSTILE = "bold \x1b[31m[red]text[/red]\x07"


class Outcome:
    """What the page reads of an outcome."""

    def __init__(self, *stages: Any, trace: Any = None) -> None:
        self.stages, self.trace = tuple(map(stage_result, stages)), trace


def test_a_trace_shows_figures_replies_passages_sources_and_citations(capsys: pytest.CaptureFixture[str]) -> None:
    passage = Passage(document="guide.pdf", position=2, page=4, text="Spiders have eight legs.", relevance=0.5)
    empty = Generation(answer="", text="")
    search = make_stage(1, "search", kind="search", model=None, reply=Passages(passages=(passage,)), generation=empty)
    sources = stage_result(search).passages
    notes = {"citations": [[1], []], "passages": 1}

    print_trace(Outcome(search, make_stage(1), trace=TraceResult(confidence=0.75, sources=sources, notes=notes)))  # type: ignore[arg-type]

    page = " ".join(capsys.readouterr().out.split())
    assert "answer chat small:1b 10 3 1.5" in page
    assert "[1] guide.pdf · passage 3 · page 4 · relevance 0.5: Spiders have eight legs." in page
    assert "sentence 1 cites [1] sentence 2 cites no source confidence: 0.75 passages: 1" in page
    assert "answer: │ four" in page


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (4, 4, "passage 3 · page 4 · relevance"),
        (4, 6, "passage 3 · pages 4-6 · relevance"),
        (None, None, "passage 3 · relevance"),
    ],
)
def test_a_passage_names_all_its_pages(
    first: int | None, last: int | None, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    passage = Passage(document="guide.pdf", position=2, page=first, last_page=last, text="Legs.", relevance=0.5)
    empty = Generation(answer="", text="")

    print_trace(
        Outcome(make_stage(1, "search", kind="search", reply=Passages(passages=(passage,)), generation=empty))  # type: ignore[arg-type]
    )

    assert shown in " ".join(capsys.readouterr().out.split())


def test_what_others_wrote_is_text_and_a_failure_has_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    own = Generation(text=HOSTILE, answer="", own_failure=FailureKind.EMPTY_ANSWER, message=HOSTILE)
    failed = make_stage(1, HOSTILE, reply=ModelReply(generation=own), generation=own)
    passage = Passage(document=HOSTILE, position=0, text=HOSTILE)
    search = replace(failed, kind="search", reply=Passages(passages=(passage,)), position=1)
    trace = TraceResult(confidence=None, sources=(), notes={HOSTILE: HOSTILE})

    print_trace(Outcome(failed, search, trace=trace))  # type: ignore[arg-type]

    page = capsys.readouterr().out
    assert "\x1b[31m" not in page
    assert "\x07" not in page
    assert "[red]text[/red]" in page
    assert "failed: empty_answer: bold" in page


def test_a_trace_of_many_figures_fits_a_terminal_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stages = [
        make_stage(1, f"read the part {number}", model="hf.co/someone/a-long-name-GGUF:Q4_K_M") for number in (1, 2)
    ]

    print_trace(Outcome(*stages))  # type: ignore[arg-type]

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert 2 <= sum(line.strip().startswith("stage") for line in lines)
    assert "energy" not in " ".join(lines), "no stage has it"
