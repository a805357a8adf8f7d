"""The program that plants faults in suites: a checker without mistakes catches all of them, one with mistakes fewer."""

import pytest


def test_every_planted_fault_is_caught_by_a_checker_without_mistakes() -> None:
    import suite_checks
    from scripted_stations import FAULTS

    counts = suite_checks.measured(range(3), 90)

    assert not counts.missed
    assert set(FAULTS) == set(counts.caught)
    assert 1.0 == counts.recall == counts.kept_well
    assert counts.precision >= 0.98
    assert counts.n_sound_kept + counts.n_sound_dropped + counts.caught.total() == 3 * 90


def test_mistakes_of_the_checker_cost_sound_drafts_and_shared_ones_let_false_answers_pass() -> None:
    import suite_checks

    careless = suite_checks.measured(range(2), 90, misreads=0.1)
    alike = suite_checks.measured(range(2), 90, shared=0.9)

    assert careless.lost > 0.1
    assert 1.0 == careless.recall
    assert 0.0 == alike.lost
    assert alike.recall_of_other_answers < 0.8


def test_the_program_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    import suite_checks

    assert 0 == suite_checks.main(["--worlds", "1", "--drafts", "30"])
    said = capsys.readouterr().out
    assert "recall 1.000" in said
    assert 7 == len([line for line in said.splitlines() if "% |" in line])
