import importlib
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent


def test_the_auc_counts_pairs_and_half_of_the_ties() -> None:
    program = importlib.import_module("quality_corruptions")
    good, spoilt = np.array([0.9, 0.5]), np.array([0.5, 0.1])
    # 0.9 > 0.5, 0.9 > 0.1, 0.5 = 0.5, 0.5 > 0.1
    assert 3.5 / 4 == program.pooled_auc(good, spoilt)
    assert 1.0 == program.paired_share(good, spoilt)
    assert 0.5 == program.paired_share(good, good)


@pytest.mark.parametrize("how", ["shuffled", "cut_inside_a_sentence", "cut_after_a_sentence", "repeated", "padded"])
def test_a_spoilt_text_is_another_and_the_same_each_time(how: str) -> None:
    program, texts = importlib.import_module("quality_corruptions"), importlib.import_module("quality_texts")
    text = texts.GoodText(source="here", sentences=tuple(f"Ship {i} left port {i}." for i in range(6)))
    spoil = getattr(program, how)
    spoilt = spoil(text, random.Random(1), program.pool_of([text]))
    assert spoilt != text.text
    assert spoilt == spoil(text, random.Random(1), program.pool_of([text]))


def test_no_two_texts_share_a_sentence_and_each_half_has_some() -> None:
    texts = importlib.import_module("quality_texts").good_texts(suites_only=True)
    sentences = [sentence for text in texts for sentence in text.sentences]
    assert len(set(sentences)) == len(sentences)
    assert {True, False} == {text.tuning for text in texts}


def test_metrics_rank_texts_of_the_suites_above_what_they_are_meant_to_see() -> None:
    argv = [sys.executable, str(HERE / "quality_corruptions.py"), "--sources=suites"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert ("quality_corruptions", "reporting") == (found["program"], found["half"])
    for name, meant in found["meant"].items():
        for how in meant:
            # Order is learned from texts that repeat words more than the suites' few news, letters and stories.
            assert how == "shuffled" or 0.9 <= found["auc"][name][how]["pooled"], (name, how)
    for name, meant in found["meant_beside_itself"].items():
        assert all(0.9 <= found["auc"][name][how]["paired"] for how in meant), name
