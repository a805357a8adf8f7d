"""What is shown first of a long answer: what follows its thinking, or its end where that is what a metric reads."""

import pytest

from evaluation.answer_parts import CONCLUSION, AnswerParts, answer_parts

LONG = "Step by step. " * 40
BEGINNING, END = LONG[:280], (LONG + "#### 18")[-280:]


def test_a_short_answer_is_whole() -> None:
    assert AnswerParts("18", "") == answer_parts("18", "", reads_a_part=True)
    assert AnswerParts(BEGINNING + "…", "") == answer_parts(BEGINNING, END, reads_a_part=False)


@pytest.mark.parametrize("tag", ["think", "Thinking", "reasoning"])
def test_thinking_is_folded_and_what_follows_it_stands_first(tag: str) -> None:
    short = answer_parts(f"<{tag}>2 + 2</{tag}>\n\nIt is 4.", "", reads_a_part=False)
    assert AnswerParts("It is 4.", "2 + 2") == short
    longer = answer_parts(f"<{tag}>" + BEGINNING, f"{LONG}</{tag}> It is 4."[-280:], reads_a_part=False)
    assert "It is 4." == longer.first
    assert longer.folded.startswith("Step by step.")


def test_the_end_stands_first_where_the_metric_reads_a_part() -> None:
    parts = answer_parts(BEGINNING, END, reads_a_part=True)
    assert parts.first.endswith("#### 18")
    assert len(parts.first) <= CONCLUSION + 2
    assert BEGINNING + "…" == parts.folded


def test_thinking_that_never_ends_is_folded() -> None:
    parts = answer_parts("<think>" + BEGINNING, END, reads_a_part=False)
    assert parts.first.endswith("#### 18")
    assert parts.folded.startswith("<think>")


def test_a_tag_without_an_answer_after_it_hides_nothing() -> None:
    assert "nothing follows</think>" in answer_parts("nothing follows</think>  ", "", reads_a_part=False).first
