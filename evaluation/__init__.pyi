from deployments.python.comparisons import compare as compare
from deployments.python.comparisons import compare_async as compare_async
from deployments.python.comparisons import compare_unpaired as compare_unpaired
from deployments.python.evaluations import evaluate as evaluate
from deployments.python.evaluations import evaluate_async as evaluate_async
from deployments.python.evaluations import forecast as forecast
from deployments.python.races import forecast_race as forecast_race
from deployments.python.races import race as race
from deployments.python.races import race_async as race_async
from deployments.python.scores import score as score
from deployments.python.scores import score_async as score_async
from deployments.python.stored import load_alerts as load_alerts
from deployments.python.stored import load_case as load_case
from deployments.python.stored import load_cases as load_cases
from deployments.python.stored import load_comparison as load_comparison
from deployments.python.stored import load_race as load_race
from deployments.python.stored import load_run as load_run
from deployments.python.stored import load_scores as load_scores
from deployments.python.stored import load_sweep as load_sweep
from deployments.python.stored import load_traffic as load_traffic
from deployments.python.stored import runs as runs
from deployments.python.sweeps import forecast_sweep as forecast_sweep
from deployments.python.sweeps import sweep as sweep
from deployments.python.sweeps import sweep_async as sweep_async
from evaluation.errors import BenchwrightError as BenchwrightError
from evaluation.errors import CheckFailedError as CheckFailedError
from evaluation.errors import RunFailedError as RunFailedError
from evaluation.errors import RunInterrupted as RunInterrupted

__version__: str
LOADED_AT: float
HOMES: dict[str, tuple[str, ...]]
__all__: list[str]
