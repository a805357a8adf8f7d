from evaluation.stats.pairing import Pairs, paired_by_case


def test_pairs_are_made_by_case_id_never_by_position():
    pairs = paired_by_case({"q1": 1, "q2": 0, "q3": 1}, {"q3": 0.25, "q2": 0.75, "q4": 0})
    expected = Pairs(case_ids=("q2", "q3"), a=(0, 1), b=(0.75, 0.25), only_a=("q1",), only_b=("q4",))
    assert expected == pairs
    assert 2 == pairs.n_pairs


def test_nothing_in_common_makes_no_pairs():
    assert 0 == paired_by_case({"q1": 1}, {"q2": 1}).n_pairs
