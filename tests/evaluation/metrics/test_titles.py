"""A column is headed by a name that a person can read, and no two are headed alike."""

from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.titles import short_titles
from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import metric_keys


def titles(*texts: str) -> list[str]:
    """Those of metrics in the order in which a run names them."""
    parsed = [parse_metric(text) for text in texts]
    keys = metric_keys([MetricUse(name=metric.name, signature=metric.signature) for metric in parsed])
    return list(short_titles({word: signature for signature, word in keys.items()}).values())


def test_a_metric_that_is_one_of_a_kind_is_called_by_its_name() -> None:
    assert ["contains", "regex"] == titles("contains(all=True)", "regex(pattern='^yes')")


def test_of_several_alike_each_says_what_differs_and_is_not_usual() -> None:
    assert ["contains", "contains(all=True)"] == titles("contains", "contains(all=True)")
    assert ["contains(all=True)", "contains(ignore_case=False)"] == titles(
        "contains(all=True)", "contains(ignore_case=False)"
    )
    assert ["regex(pattern='^yes')", "regex(pattern='^no')"] == titles("regex(pattern='^yes')", "regex(pattern='^no')")


def test_a_long_value_is_cut_and_two_that_begin_alike_stay_apart() -> None:
    long = "a" * 40
    first, second = titles(f"regex(pattern='{long}')", "regex(pattern='b')")
    assert (f"regex(pattern='{'a' * 22}…)", "regex(pattern='b')") == (first, second)
    alike = titles(f"regex(pattern='{long}b')", f"regex(pattern='{long}c')")
    assert 2 == len(set(alike))


def test_what_stands_after_the_version_and_in_an_options_text_confuses_nobody() -> None:
    assert ["bleu", "bleu(ignore_case=True)"] == titles("bleu", "bleu(ignore_case=True)")
    assert ["regex(pattern='a|v1')", "regex(pattern='b|v2')"] == titles(
        "regex(pattern='a|v1')", "regex(pattern='b|v2')"
    )


def test_judges_are_told_apart_by_their_model_and_their_criteria_by_an_option() -> None:
    rubric = "judge_rubric(model='{}', digest='{}', criteria='{}')"
    assert ["judge_rubric by mild", "judge_rubric by harsh"] == titles(
        rubric.format("mild", "d1", ""), rubric.format("harsh", "d2", "")
    )
    assert ["judge_rubric", "judge_rubric(criteria='short')"] == titles(
        rubric.format("mild", "d1", ""), rubric.format("mild", "d1", "short")
    )


def test_a_signature_that_cannot_be_read_is_its_own_title() -> None:
    assert {"old": "old", "Old(": "Old("} == short_titles({"old": "Old()", "Old(": "Old(|v1"})


def test_an_older_scorer_version_is_told_by_it() -> None:
    assert ["token_f1 v2", "token_f1 v1"] == list(
        short_titles({"token_f1": "TokenF1()|v2", "TokenF1()|v1": "TokenF1()|v1"}).values()
    )
