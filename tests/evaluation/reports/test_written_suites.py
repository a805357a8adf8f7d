"""The page and the sentences on a suite that a model wrote: every count, every reason, and nothing that they plant."""

from evaluation.passage import Passage
from evaluation.reports.written_suites import check_rows, suite_as_markdown, summary_lines
from evaluation.results.written_suites import WrittenSuite, written_suite_result
from evaluation.retrieval.left_out import LeftOut, WhyLeftOut, summary_of
from evaluation.suite_writing.drafts import MEANINGS, Check, Draft, Dropped, Kind, WritingTask
from evaluation.suite_writing.suite import Origin, written_suite

HOSTILE = "\x1b[2J | <script>alert(1)</script> ![x](http://evil.example)\n# kept 99 of 99"
TASK = WritingTask(number=1, kind=Kind.FACT, passages=(Passage(document="a|b.md", position=0, text="…"),))


def written(n_cases_requested: int = 3) -> WrittenSuite:
    kept = [Draft(task=TASK, question="Who?", answer="Marta Eklund")]
    dropped = [
        Dropped(task=TASK, check=Check.OTHER_ANSWER, reason=HOSTILE, question=HOSTILE, answer=HOSTILE),
        Dropped(task=TASK, check=Check.BROKEN_REPLY, reason="it is no JSON"),
    ]
    origin = Origin(writer="w", checker="c", corpus=HOSTILE, corpus_digest="d" * 64, n_documents=1, n_drafts=3)
    return written_suite_result(
        written_suite("docs", kept, origin),
        kept,
        dropped,
        origin,
        file=None,
        read=summary_of("docs", 2, [LeftOut(path="a|b.exe", why=WhyLeftOut.OTHER_KIND, reason=".exe is not read")]),
        n_cases_requested=n_cases_requested,
        n_requests=9,
        n_reused=1,
    )


def test_every_check_has_a_meaning() -> None:
    assert set(Check) == MEANINGS.keys()


def test_drafts_are_counted_in_the_order_of_the_checks() -> None:
    suite = written()

    assert [("broken_reply", 1), ("other_answer", 1)] == [row[:2] for row in check_rows(suite)]
    assert ["broken_reply", "other_answer"] == [str(draft.check) for draft in suite.dropped]
    lines = summary_lines(suite)
    assert "kept 1 of 3 drafts: 1 fact" in lines
    assert "asked 9 times; taken from earlier calls: 1 reply" in lines
    assert any(line.startswith("2 fewer than the 3 requested") for line in lines)
    assert "corpus docs: 2 documents read; 1 left out: a|b.exe (.exe is not read)" in lines


def test_the_page_shows_what_models_wrote_as_text() -> None:
    page = suite_as_markdown(written())

    assert "Synthetic" in page
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "![x]" not in page
    assert "http://evil" not in page
    assert [] == [line for line in page.splitlines() if line.startswith("# kept")]
    rows = [line for line in page.splitlines() if line.startswith("| other")]
    assert [4, 5] == [line.replace("\\|", "").count("|") for line in rows]
