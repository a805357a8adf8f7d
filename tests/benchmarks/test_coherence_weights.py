import gzip
import importlib
from pathlib import Path

import numpy as np

from evaluation.metrics.quality.order_weights import WEIGHTS

ENTRY = """oak

   <botany> An {oak} is a tree of the north that grows for centuries.

   [Is it?]

ash

   1. Another tree.
"""


def test_the_weights_in_use_are_of_the_features_that_are_fitted() -> None:
    assert importlib.import_module("coherence_weights").feature_names() == list(WEIGHTS)


def test_a_text_comes_with_six_shuffles_and_its_features_favour_its_order() -> None:
    program, texts = importlib.import_module("coherence_weights"), importlib.import_module("quality_texts")
    sentences = (
        "A heron stood in the reeds.",
        "The heron also saw a frog.",
        "However, this frog was quick.",
        "It left.",
    )
    features = program.features_of(texts.GoodText(source="here", sentences=sentences))
    assert (7, len(WEIGHTS)) == features.shape
    log_odds = features @ np.array(list(WEIGHTS.values()))
    assert log_odds[0] > log_odds[1:].mean()


def test_the_fit_finds_which_feature_tells_texts_from_shuffles() -> None:
    program = importlib.import_module("coherence_weights")
    features = np.random.default_rng(1).normal(size=(300, 7, 2))
    features[:, 0, 1] += 2
    first, second = program.fitted(features, np.ones(300))
    assert second > 10 * abs(first)


def test_an_entry_of_a_dictionary_is_read_without_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "trees.dict.dz"
    path.write_bytes(gzip.compress(ENTRY.encode()))
    found = list(importlib.import_module("order_texts")._entries(path))
    assert ["An oak is a tree of the north that grows for centuries.", ""] == found
