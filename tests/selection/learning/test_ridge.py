import numpy as np
from sklearn.linear_model import Ridge

from selection.learning.ridge import fit_ridge

RNG = np.random.default_rng(3)
FEATURES, OUTPUTS = RNG.normal(size=(40, 6)), RNG.normal(size=(40, 3))
COUNTS = RNG.integers(0, 4, 40).astype(float)


def test_the_ridge_is_that_of_scikit_learn() -> None:
    reference = Ridge(alpha=2.5).fit(FEATURES, OUTPUTS)
    np.testing.assert_allclose(reference.predict(FEATURES), fit_ridge(FEATURES, OUTPUTS, 2.5).predicted(FEATURES))


def test_counts_are_weights_of_the_cases() -> None:
    reference = Ridge(alpha=2.5).fit(FEATURES, OUTPUTS, sample_weight=COUNTS)
    found = fit_ridge(FEATURES, OUTPUTS, 2.5, COUNTS)
    np.testing.assert_allclose(reference.coef_.T, found.weights, atol=1e-10)
    np.testing.assert_allclose(reference.intercept_, found.stacked[-1], atol=1e-10)
