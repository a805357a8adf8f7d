import importlib

import pytest


@pytest.fixture
def program():
    return importlib.import_module("recommend_speed")


def test_a_quantile_is_the_smallest_value_that_so_many_are_not_above(program):
    in_order = [float(i) for i in range(1, 101)]
    assert [50.0, 99.0, 100.0] == [program.quantile(in_order, share) for share in (0.5, 0.99, 1.0)]
    assert 7.0 == program.quantile([7.0], 0.99)


def test_a_bound_that_is_missed_is_named_wherever_it_stands(program):
    found = {"import_s": 0.2, "first_answer_s": 3.5, "with_a_model": {"p99_ms": 5.5, "p50_ms": 9.0}, "model": "ridge"}
    assert ["first_answer_s is 3.500, over 3", "with_a_model: p99_ms is 5.500, over 5"] == program.missed(found)
    assert [] == program.missed({"import_s": 0.3, "warm": {"p99_ms": 5.0}})


def test_no_two_prompts_are_alike(program):
    assert 500 == len(set(program.prompts(500)))


def test_a_new_process_is_timed(program):
    ended = program.in_new_process("import sys; print(sys.argv[1])", "said")
    assert "said" == ended.printed
    assert ended.wall_s > 0
    assert ended.cpu_s > 0
