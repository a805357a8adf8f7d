"""Rendered prompts are taken apart by the headings of the default templates."""

from evaluation.baselines.prompt_parts import parts_of


def test_a_question_with_context_loses_its_headings_and_its_instruction() -> None:
    parts = parts_of("Context:\nOne.\n\nTwo.\n\nQuestion: Why? \n\nAnswer in as few words as possible.")
    assert ("One.\n\nTwo.", "Why?", ()) == (parts.body, parts.question, parts.options)


def test_the_last_question_heading_counts_since_a_context_may_hold_another() -> None:
    parts = parts_of("Context:\nQuestion: old?\nIt was.\n\nQuestion: new?\n\nAnswer.")
    assert ("Question: old?\nIt was.", "new?") == (parts.body, parts.question)


def test_the_last_paragraph_after_a_document_is_the_instruction() -> None:
    parts = parts_of("Document:\nOne.\n\nTwo.\n\nSummarize it.")
    assert ("One.\n\nTwo.", "Summarize it.") == (parts.body, parts.question)


def test_labels_are_split_at_commas() -> None:
    parts = parts_of("Text:\nGood film.\n\nLabels: very good, bad\n\nAnswer with one label.")
    assert ("Good film.", ("very good", "bad")) == (parts.body, parts.options)


def test_a_worked_example_before_the_case_is_not_mistaken_for_it() -> None:
    shown = "Text:\nOld.\n\nLabels: a, b\n\nAnswer.\n\n"
    assert ("c", "d") == parts_of(f"{shown}Text:\nNew.\n\nLabels: c, d\n\nAnswer.").options


def test_choices_are_answered_by_letter() -> None:
    parts = parts_of("What?\n\nA. this\nB) that\nC. other\n\nAnswer with the letter.")
    assert ("What?", ("this", "that", "other"), ("A", "B", "C")) == (parts.question, parts.choices, parts.options)


def test_a_single_lettered_line_is_no_choice() -> None:
    assert () == parts_of("A. Smith wrote this.\nWho is that?").options


def test_any_other_text_is_all_body() -> None:
    parts = parts_of("Tell me something.")
    assert ("Tell me something.", "Tell me something.", ()) == (parts.body, parts.question, parts.options)
