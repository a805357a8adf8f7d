from deployments.python.catalogues import list_benchmarks as list_benchmarks
from deployments.python.catalogues import list_comparisons as list_comparisons
from deployments.python.catalogues import list_endpoints as list_endpoints
from deployments.python.catalogues import list_experiments as list_experiments
from deployments.python.catalogues import list_metrics as list_metrics
from deployments.python.catalogues import list_models as list_models
from deployments.python.catalogues import list_profiles as list_profiles
from deployments.python.catalogues import list_reviews as list_reviews
from deployments.python.catalogues import load_benchmark as load_benchmark
from deployments.python.catalogues import load_experiment as load_experiment
from deployments.python.catalogues import load_metric as load_metric
from deployments.python.catalogues import load_review as load_review
from deployments.python.changes import acknowledge_alert as acknowledge_alert
from deployments.python.changes import add_benchmark as add_benchmark
from deployments.python.changes import add_to_experiment as add_to_experiment
from deployments.python.changes import agree as agree
from deployments.python.changes import annotate as annotate
from deployments.python.changes import create_experiment as create_experiment
from deployments.python.changes import diff_runs as diff_runs
from deployments.python.changes import export as export
from deployments.python.changes import tag_run as tag_run
from deployments.python.comparisons import compare as compare
from deployments.python.comparisons import compare_async as compare_async
from deployments.python.comparisons import compare_history as compare_history
from deployments.python.comparisons import compare_unpaired as compare_unpaired
from deployments.python.comparisons import forecast_compare as forecast_compare
from deployments.python.evaluations import evaluate as evaluate
from deployments.python.evaluations import evaluate_async as evaluate_async
from deployments.python.evaluations import forecast as forecast
from deployments.python.monitoring import monitor as monitor
from deployments.python.monitoring import monitor_async as monitor_async
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
