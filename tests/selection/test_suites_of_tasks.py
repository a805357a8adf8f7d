from evaluation.benchmarks.suites import load_suite, standard_suites
from selection.pages.recommendation import SUITES


def test_every_standard_suite_is_that_of_its_task() -> None:
    assert {load_suite(name).task_type: name for name in standard_suites()} == SUITES
