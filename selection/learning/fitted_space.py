"""Fitting of the prompt space on the training prompts: TF-IDF and its singular vectors, by scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from selection.learning.features import (
    PLAIN_FEATURES,
    WORD_PATTERN,
    Floats,
    PromptSpace,
    plain_features,
    read_part,
)

MAX_WORDS = 4_000
MAX_COMPONENTS = 48


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSpace:
    """The estimators of scikit-learn, with the arrays that replace them for serving."""

    space: PromptSpace
    vectoriser: Any | None
    """`TfidfVectorizer`; None where the prompts have no word in common."""
    decomposition: Any | None
    """`TruncatedSVD`."""

    def slow_features(self, prompts: Sequence[str]) -> Floats:
        """Return the same as `space.of_all` by scikit-learn; serving has to agree with it."""
        read = [read_part(prompt) for prompt in prompts]
        parts = [np.array([plain_features(prompt) for prompt in prompts])]
        if self.vectoriser is not None and self.decomposition is not None:
            parts.append(self.decomposition.transform(self.vectoriser.transform(read)))
        return np.array([self.space.scaled(row) for row in np.hstack(parts)])


def fit_space(prompts: Sequence[str], *, rng: "np.random.Generator") -> FittedSpace:
    """Fit the feature space of these prompts; the randomness is that of the randomised decomposition."""
    read = [read_part(prompt) for prompt in prompts]
    vectoriser, decomposition = _fit_words(read, seed=int(rng.integers(2**31)))
    vocabulary, idf, components = _as_arrays(vectoriser, decomposition)
    n_features = len(PLAIN_FEATURES) + components.shape[1]
    bare = PromptSpace(
        vocabulary=vocabulary,
        idf=idf,
        components=components,
        centre=np.zeros(n_features),
        scale=np.ones(n_features),
    )
    raw = np.array([bare.raw(prompt) for prompt in prompts])
    space = replace(bare, centre=raw.mean(axis=0), scale=_scale(raw))
    return FittedSpace(space=space, vectoriser=vectoriser, decomposition=decomposition)


def _fit_words(read: Sequence[str], *, seed: int) -> tuple[Any | None, Any | None]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(token_pattern=WORD_PATTERN, sublinear_tf=True, max_features=MAX_WORDS, min_df=2)
    try:
        weights = vectoriser.fit_transform(read)
    except ValueError:  # no word is in two prompts
        return None, None
    n_components = min(MAX_COMPONENTS, weights.shape[1] - 1, weights.shape[0] - 1)
    if n_components < 1:
        return None, None
    with np.errstate(invalid="ignore"):
        decomposition = TruncatedSVD(n_components, random_state=seed).fit(weights)
    if not np.isfinite(decomposition.explained_variance_ratio_).all():  # all prompts have the same words
        return None, None
    return vectoriser, decomposition


def _as_arrays(vectoriser: Any | None, decomposition: Any | None) -> tuple[dict[str, int], Floats, Floats]:
    if vectoriser is None or decomposition is None:
        return {}, np.zeros(0), np.zeros((0, 0))
    names = vectoriser.get_feature_names_out()
    components = np.ascontiguousarray(decomposition.components_.T.astype(np.float32))
    return {str(name): at for at, name in enumerate(names)}, vectoriser.idf_.astype(np.float64), components


def _scale(raw: Floats) -> Floats:
    """Return the scale: plain features count alike, components by variance; one in all for each group."""
    variance = raw.var(axis=0)
    n_plain = len(PLAIN_FEATURES)
    plain, total = variance[:n_plain], float(variance[n_plain:].sum())
    scale = np.zeros(raw.shape[1])
    scale[:n_plain] = np.where(plain > 1e-12, 1 / np.sqrt(np.maximum(plain, 1e-12) * n_plain), 0.0)
    scale[n_plain:] = 1 / np.sqrt(total) if total > 1e-12 else 0.0
    return scale
