from deployments.python.selecting import load_models as load_models
from deployments.python.selecting import load_recommendations as load_recommendations
from deployments.python.selecting import load_scoreboard as load_scoreboard
from deployments.python.selecting import promote as promote
from deployments.python.selecting import retrain as retrain
from deployments.python.selecting import retrain_async as retrain_async
from deployments.python.selecting import rollback as rollback
from evaluation.errors import BenchwrightError as BenchwrightError
from evaluation.errors import ConfigurationError as ConfigurationError
from evaluation.errors import SelectionError as SelectionError
from evaluation.errors import StoreError as StoreError
from evaluation.errors import UnknownNameError as UnknownNameError
from selection.analytics.analysis import Analytics as Analytics
from selection.analytics.analysis import analyse as analyse
from selection.answers import Adjustments as Adjustments
from selection.answers import Expected as Expected
from selection.answers import MeasuredQuality as MeasuredQuality
from selection.answers import Ranked as Ranked
from selection.answers import Recommendation as Recommendation
from selection.answers import Removed as Removed
from selection.answers import Reported as Reported
from selection.budgets.routing import BudgetRouter as BudgetRouter
from selection.budgets.routing import Routed as Routed
from selection.budgets.routing import Routing as Routing
from selection.budgets.routing import cheapest_share as cheapest_share
from selection.budgets.routing import cost_quality as cost_quality
from selection.budgets.routing import route as route
from selection.preferences import Constraints as Constraints
from selection.preferences import Weights as Weights
from selection.recommendation import explain as explain
from selection.recommendation import flush as flush
from selection.recommendation import rank as rank
from selection.recommendation import recommend as recommend
from selection.recommendation import report_outcome as report_outcome

HOMES: dict[str, tuple[str, ...]]
__all__: list[str]
