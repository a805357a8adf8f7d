from evaluation.metrics.normalization import folded


def test_a_letter_may_be_written_in_one_character_or_in_two() -> None:
    assert folded("Caf\u00e9") == folded("CAFE\u0301") == "caf\u00e9"
    assert folded("STRASSE") == folded("stra\u00dfe")
    assert folded("\u1e9b\u0323") == folded("\u1e9b\u0323".upper())
