"""Which candidates does no other one beat in everything?"""

import numpy as np

from selection.scoreboards.two_way import Mask, Matrix


def pareto_set(values: Matrix) -> Mask:
    """Return a mask of the candidates that no other candidate dominates.

    One of which something is not known that is known of the other is neither better nor worse.

    Args:
        values: Lower is better, NaN where not known; shape (n_candidates, n_things).
    """
    n = len(values)
    no_worse, better = np.ones((n, n), dtype=np.bool_), np.zeros((n, n), dtype=np.bool_)
    for column in values.T:
        has_value = ~np.isnan(column)
        less = column[:, None] < column
        better |= less
        no_worse &= less | (column[:, None] == column) | ~(has_value[:, None] | has_value)
    return np.asarray(~(no_worse & better).any(axis=0), dtype=np.bool_)
