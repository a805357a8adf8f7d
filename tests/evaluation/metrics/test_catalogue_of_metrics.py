import pickle
import subprocess
import sys

import pytest

from evaluation.metrics import METRICS


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_is_a_value_with_a_signature(name):
    metric = METRICS[name]()
    assert metric == pickle.loads(pickle.dumps(metric))
    assert hash(metric) == hash(METRICS[name]())
    assert repr(metric) in metric.signature
    assert metric.unit in {
        "fraction",
        "percent",
        "s",
        "s/token",
        "token/s",
        "token",
        "J",
        "USD",
        "correlation",
        "cosine",
        "words",
        "sentences",
    }
    assert METRICS[name].__doc__


def test_importing_the_catalogue_loads_no_heavy_package():
    check = (
        "import sys, evaluation.metrics.parsing, evaluation.metrics.needs\n"
        "print(sorted({'sacrebleu', 'rouge_score', 'nltk', 'sklearn', 'scipy', 'numpy', 'pandas'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.strip()
