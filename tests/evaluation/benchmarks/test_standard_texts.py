"""Are the three suites of free text forty different cases each, whose references tell right from wrong?"""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

import pytest

from evaluation.benchmarks.loading import equal_contents
from evaluation.benchmarks.suites import load_suite
from evaluation.case import Benchmark, Case
from evaluation.generation import Generation
from evaluation.metrics import METRICS

QA, SUMMARIES, TEXTS = "question_answering", "summarization", "text_generation"
PREFIXES = {QA: "qa", SUMMARIES: "sum", TEXTS: "gen"}


@pytest.fixture(scope="module")
def suites() -> dict[str, Benchmark]:
    return {name: load_suite(name) for name in PREFIXES}


@pytest.fixture(params=PREFIXES)
def suite(request: pytest.FixtureRequest, suites: dict[str, Benchmark]) -> Benchmark:
    return suites[request.param]


def _value(name: str, case: Case, answer: str) -> float:
    measurement = METRICS[name]().measure(case, (Generation(text=answer, answer=answer),), {})
    assert measurement is not None
    return measurement.value


def _mean(suite: Benchmark, answers: Sequence[str]) -> float:
    return fmean(_value(suite.headline, case, answer) for case, answer in zip(suite.cases, answers, strict=True))


def _n_words(*texts: str) -> int:
    return sum(len(text.split()) for text in texts)


@pytest.mark.parametrize(
    ("name", "task_type", "metrics", "headline", "num_predict"),
    [
        (QA, "question_answering", ("token_f1", "exact_match", "contains"), "token_f1", 32),
        (SUMMARIES, "summarization", ("rouge_1", "rouge_2", "rouge_l"), "rouge_l", 96),
        (TEXTS, "generation", ("rouge_l", "rouge_1", "chrf"), "rouge_l", 64),
    ],
)
def test_the_header_says_how_the_suite_is_asked_and_scored(
    suites: dict[str, Benchmark], name: str, task_type: str, metrics: tuple[str, ...], headline: str, num_predict: int
) -> None:
    suite = suites[name]

    assert suite.name == name
    assert suite.task_type == task_type
    assert suite.metrics == metrics
    assert suite.headline == headline
    assert suite.options == {"num_predict": num_predict}
    assert suite.licence == "Apache-2.0"
    assert _n_words(suite.criteria) > 30
    assert suite.description


def test_there_are_forty_numbered_cases_and_no_two_ask_the_same(suite: Benchmark) -> None:
    prefix = PREFIXES[suite.name]
    numbered = [f"{prefix}-{number:02}-" for number in range(1, 41)]

    assert numbered == [case.case_id[: len(prefix) + 4] for case in suite.cases]
    assert equal_contents(suite) == ()
    assert len({(case.prompt, case.context) for case in suite.cases}) == 40


def test_every_case_is_tagged_with_its_topic_difficulty_and_kind(suite: Benchmark) -> None:
    topics, difficulties, kinds = (Counter(case.tags[place] for case in suite.cases) for place in range(3))

    assert {len(case.tags) for case in suite.cases} == {3}
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert min(difficulties.values()) >= 8
    assert len(topics) >= 15
    assert max(topics.values()) <= 6
    assert len(kinds) >= 7


def test_every_case_has_one_to_four_different_references_with_text_in_them(suite: Benchmark) -> None:
    for case in suite.cases:
        assert 1 <= len(case.references) <= 4, case.case_id
        assert len({reference.casefold().strip() for reference in case.references} - {""}) == len(case.references)


def test_every_reference_is_a_right_answer_to_its_own_case(suite: Benchmark) -> None:
    for metric in suite.metrics:
        right = 100.0 if METRICS[metric].unit == "percent" else 1.0
        for case in suite.cases:
            assert [pytest.approx(right)] * len(case.references) == [
                _value(metric, case, reference) for reference in case.references
            ], (metric, case.case_id)


@pytest.mark.parametrize("shift", [1, 7, 20])
def test_the_references_of_another_case_score_far_lower(suite: Benchmark, shift: int) -> None:
    others = suite.cases[shift:] + suite.cases[:shift]

    assert _mean(suite, [case.references[0] for case in others]) < 0.2


def test_repeating_what_was_given_is_neither_worthless_nor_enough(suite: Benchmark) -> None:
    given = [" ".join((*case.context, case.prompt)).split() for case in suite.cases]

    assert 0.05 < _mean(suite, [" ".join(words[: suite.options["num_predict"]]) for words in given]) < 0.9


def test_questions_come_with_one_to_three_passages_of_forty_to_a_hundred_and_eighty_words(
    suites: dict[str, Benchmark],
) -> None:
    lengths = {case.case_id: _n_words(*case.context) for case in suites[QA].cases}

    assert {case_id: n for case_id, n in lengths.items() if not 40 <= n <= 180} == {}
    assert {1, 2, 3} == {len(case.context) for case in suites[QA].cases}
    assert len({case.prompt for case in suites[QA].cases}) == 40


def test_documents_have_sixty_to_a_hundred_and_eighty_words_and_summaries_are_far_shorter(
    suites: dict[str, Benchmark],
) -> None:
    for case in suites[SUMMARIES].cases:
        (document,) = case.context
        first, second = case.references
        assert 60 <= _n_words(document) <= 180, case.case_id
        assert max(_n_words(first), _n_words(second)) <= 40, case.case_id
        assert max(_n_words(first), _n_words(second)) * 2 <= _n_words(document), case.case_id


def test_no_summary_copies_a_sentence_of_its_document_or_the_other_summary(suites: dict[str, Benchmark]) -> None:
    for case in suites[SUMMARIES].cases:
        first, second = case.references
        assert not any(reference.rstrip(".") in case.context[0] for reference in case.references), case.case_id
        assert _value("rouge_l", Case(case_id="other", references=(first,)), second) < 0.5, case.case_id


def test_writing_tasks_are_not_made_from_one_template(suites: dict[str, Benchmark]) -> None:
    openings = Counter(" ".join(case.prompt.casefold().split()[:3]) for case in suites[TEXTS].cases)
    kinds = Counter(case.tags[2] for case in suites[TEXTS].cases)

    assert max(openings.values()) <= 2
    assert max(kinds.values()) <= 4
    assert len(kinds) >= 25
