"""The rules that corrupt sentences, and that what is faithful is told from what is not."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PASSAGES = ("In 1868 the lamp was lit by Anders Lie. It burned 11 years.", "Later, Ingrid Solheim came.")


def test_a_reworded_sentence_says_the_same_in_another_order() -> None:
    import corruptions

    assert "The large lamp was lit in 1868." == corruptions.reworded("In 1868, the big lamp was lit.")
    assert "It took three boats." == corruptions.reworded("It took 3 boats.")


def test_corruptions_change_one_thing_each() -> None:
    import corruptions

    rng = np.random.default_rng(0)
    changed = corruptions.number_changed("It burned 11 years.", PASSAGES, rng)
    assert changed is not None
    assert changed.startswith("It burned ")
    assert "11" not in changed
    assert "It burned 1868 years." == corruptions.number_swapped("It burned 11 years.", PASSAGES, rng)
    assert "Then came Ingrid Solheim." == corruptions.name_swapped("Then came Anders Lie.", PASSAGES, rng)
    assert "Then came Ada." == corruptions.name_changed("Then came Anders Lie.", PASSAGES, ["Here is Ada."], rng)
    assert "It was not lit." == corruptions.negated("It was lit.", rng)
    assert "It was lit." == corruptions.negated("It was not lit.", rng)
    assert "The lamp was lit in the tower." == corruptions.shortened("The lamp was lit in the tower, they say.")


def test_what_cannot_be_corrupted_is_left_out() -> None:
    import corruptions

    rng = np.random.default_rng(0)
    assert corruptions.number_changed("No number.", PASSAGES, rng) is None
    assert corruptions.name_swapped("No name.", PASSAGES, rng) is None
    assert corruptions.negated("Cats purr.", rng) is None
    assert corruptions.shortened("Too short, this.") is None


def test_faithful_sentences_are_told_from_corrupted_ones() -> None:
    program = Path(__file__).parent / "grounding.py"
    done = subprocess.run([sys.executable, str(program), "--cases=16"], capture_output=True, text=True, check=True)

    found = json.loads(done.stdout)

    assert "grounding" == found["program"]
    for half in (found["tuned_on"], found["held_out"]):
        auc = half["sentences"]["auc_of_reworded_alone"]
        assert {"number_changed", "number_swapped", "name_changed", "name_swapped", "negated", "other_document"} == set(
            auc
        )
        assert min(auc.values()) > 0.75
        assert half["sentences"]["share_supported"]["reworded"] > 0.9
        assert (
            half["contexts"]["context_precision"]["right_first"] > half["contexts"]["context_precision"]["right_last"]
        )
        assert half["contexts"]["context_recall"]["wrong_only"] == pytest.approx(0, abs=0.3)
