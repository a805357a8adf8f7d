"""Fits the weights of coherence, prints one line of JSON; `--write` writes `evaluation/…/quality/order_weights.py`.

A logistic regression without intercept tells texts from shuffles of their sentences by `order_features`. Docstrings of
the packages on which `quality_corruptions.py` reports weigh three times as much as other texts, though none of those
that it reports on is seen. The figures are of five-fold cross-validation, so each text is judged by weights that did
not see it (the choice of features did). Two runs on the same texts write the same file.

The weights that are in use: `--lines lee_background.cor --dictd foldoc.dict.dz jargon.dict.dz`; `order_texts.py` says
where these files are from.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
from measuring import ROOT
from order_texts import DOCSTRINGS_OF_PACKAGES, texts_to_learn_from
from quality_corruptions import paired_share, pooled_auc
from quality_texts import GoodText
from sklearn.linear_model import LogisticRegression

from evaluation.metrics.quality.sentence_facts import sentence_of
from evaluation.metrics.quality.sentence_order import order_features

FEATURES = {
    "first": "starts_indefinite starts_anaphoric starts_content starts_contrast starts_speaker "
    "starts_relating starts_other starts_with_s starts_with_ly no_finite_verb like_an_order example "
    "indefinite be preposition has_other has_negative has_also indefinite_thing comma past long_name "
    "letters own_words",
    "place": "starts_pointing starts_indefinite starts_preposition starts_also starts_with_ing also has_modal "
    "has_however indefinite_thing quote",
    "last": "name digit pointing",
    "next": "words word_beginnings small_words end_to_start definite_known introduced shown_known shorter "
    "same_names same_we same_i same_person same_tense years ordinals quotes quote_goes_on",
    "after_next": "words small_words definite_known",
    "opening": "words definite_known same_two_words",
    "later": "shown_known fuller_name abbreviation name_to_pronoun years",
}
"""Chosen among 537 by their weights, on the texts that the weights are fitted to."""
_N_SHUFFLES = 6
_N_FOLDS = 5
_DOCSTRINGS_COUNT = 3.0
_PENALTY = 0.001
_FILE = ROOT / "evaluation" / "metrics" / "quality" / "order_weights.py"
_HEAD = '''"""Weights of `sentence_order`, written by `tests/benchmarks/coherence_weights.py --write`."""

from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {
'''


def feature_names() -> list[str]:
    return [f"{place}_{what}" for place, listed in FEATURES.items() for what in listed.split()]


def features_of(text: GoodText) -> np.ndarray:
    """Of the text in its order and of its shuffles, shape (1 + _N_SHUFFLES, features)."""
    rng = random.Random(text.digest)
    order = [sentence_of(sentence) for sentence in text.sentences]
    orders = [order]
    while len(orders) <= _N_SHUFFLES:
        shuffle = rng.sample(order, len(order))
        if shuffle != order:
            orders.append(shuffle)
    names = feature_names()
    found = [order_features(each) for each in orders]
    return np.array([[features.get(name, 0.0) for name in names] for features in found])


def fitted(features: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weights of the features, of shape (texts, 1 + _N_SHUFFLES, features); each text counts `weight`."""
    good, bad = features[:, 0], features[:, 1:].reshape(-1, features.shape[-1])
    scale = good.std(axis=0) + 1e-6
    right = np.r_[np.ones(len(good)), np.zeros(len(bad))]
    counts = np.r_[weight * _N_SHUFFLES, np.repeat(weight, _N_SHUFFLES)]
    model = LogisticRegression(C=_PENALTY, fit_intercept=False, max_iter=1000)
    model.fit(np.concatenate([good, bad]) / scale, right, sample_weight=counts)
    return np.asarray(model.coef_[0] / scale)


def crossed(features: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Log-odds of each text and its shuffles by weights that did not see it, shape (texts, 1 + _N_SHUFFLES)."""
    fold = np.random.default_rng(0).integers(_N_FOLDS, size=len(features))
    found = np.zeros(features.shape[:2])
    for each in range(_N_FOLDS):
        found[fold == each] = features[fold == each] @ fitted(features[fold != each], weight[fold != each])
    return found


def figures_by_source(log_odds: np.ndarray, groups: np.ndarray) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for group in sorted(set(groups)):
        good, bad = log_odds[groups == group, 0], log_odds[groups == group, 1:]
        paired = float(np.mean([paired_share(good, shuffles) for shuffles in bad.T]))
        pooled = pooled_auc(good, bad.ravel())
        found[group] = {"texts": len(good), "pooled": round(pooled, 3), "paired": round(paired, 3)}
    return found


def group_of(text: GoodText) -> str:
    named = text.source in DOCSTRINGS_OF_PACKAGES
    return "docstrings" if named else text.source if text.source in GROUPS else "other docstrings"


GROUPS = ("lee_background", "foldoc", "jargon")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=Path, nargs="*", default=[], help="files with a text a line")
    parser.add_argument("--dictd", type=Path, nargs="*", default=[], help="dictionaries with a text an entry")
    parser.add_argument("--write", action="store_true", help="write the weights into the package")
    options = parser.parse_args()
    texts = texts_to_learn_from(options.lines, options.dictd)
    groups = np.array([group_of(text) for text in texts])
    features = np.array([features_of(text) for text in texts])
    weight = np.where(groups == "docstrings", _DOCSTRINGS_COUNT, 1.0)
    weights = dict(zip(feature_names(), fitted(features, weight), strict=True))
    if options.write:
        lines = [f'    "{name}": {float(value):.3g},\n' for name, value in weights.items()]
        _FILE.write_text(_HEAD + "".join(lines) + "}\n", encoding="utf-8")
    result = {
        "program": "coherence_weights",
        "texts": dict(Counter(groups.tolist())),
        "features": len(weights),
        "cross_validated": figures_by_source(crossed(features, weight), groups),
        "size": {name: round(float(abs(weights[name]) * features[:, 0, i].std()), 3) for i, name in enumerate(weights)},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
