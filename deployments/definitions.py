"""The flows as Prefect deployments with their schedules: what can be started by form and what runs by itself.

Everything that deploys reads this one tuple: `benchwright deploy`, and `prefect.yaml`, which is generated from it.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as _replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from evaluation.errors import ConfigurationError, UnknownNameError

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment

NIGHTLY = "0 2 * * *"
"""Every night at two."""
GRADING = "30 1 * * *"
"""Every night at half past one: whole days (UTC) are graded, and the evaluations of the night come after it."""
WEEKEND = "0 3 * * 6"
"""Saturdays at three in the morning."""
WEEKLY = "0 4 * * 1"
"""Mondays at four in the morning."""
DAILY = "0 5 * * *"
"""Every morning at five."""
HOURLY = "0 * * * *"
"""Every hour, on the hour."""
UTC = "UTC"
INTERNAL = "internal"
"""Tag of deployments that people do not start."""
POOL_OF_FILE = "benchwright"
"""Work pool in `prefect.yaml`: `prefect deploy --all` insists on one."""
ENOUGH_NEW = 100
"""Minimum number of new scored answers and outcomes; with fewer, the weekly retraining ends at once."""
NIGHTLY_CASES = 100
"""Cases of each benchmark in a nightly evaluation; the weekly re-test uses all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A schedule of a deployment, with its parameters."""

    slug: str
    """Name of the schedule within its deployment, by which a redeploy finds it."""
    cron: str
    timezone: str = UTC
    parameters: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True
    of_production: Mapping[str, Any] | None = None
    """Parameters beside the production candidates and benchmarks, where the schedule evaluates those.

    Without production candidates such a schedule is switched off.
    """

    def evaluating(self, request: Mapping[str, Any]) -> "Timing":
        """Return the schedule switched on for these benchmarks and candidates, if it is about production.

        Other schedules are returned unchanged.
        """
        if self.of_production is None:
            return self
        return _replace(self, parameters={"request": {**self.of_production, **request}}, active=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A flow as a deployment."""

    name: str
    entrypoint: str
    """`module:function`; the package is installed where it runs, so that no code is fetched."""
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    timings: tuple[Timing, ...] = ()
    tags: tuple[str, ...] = ("benchwright",)
    work_pool: str | None = None
    """Name of the work pool; None: none yet, and a redeploy leaves the pool that it has."""
    concurrency_limit: int | None = None
    """Maximum number of concurrent flow runs; None: the slots of the GPUs decide."""
    left_empty: tuple[str, ...] = ()
    """Fields of the evaluation that are optional in the form of this flow."""

    @property
    def is_for_people(self) -> bool:
        """False if only other flows start it."""
        return INTERNAL not in self.tags

    def load_flow(self) -> "Flow[..., Any]":
        """Import and return the flow."""
        module, _, function = self.entrypoint.partition(":")
        flow: Flow[..., Any] = getattr(importlib.import_module(module), function)
        return flow


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="evaluate",
        entrypoint="flows.evaluate:evaluate",
        description="Run candidates on benchmarks, score their answers, and report each number with its uncertainty.",
        timings=(
            Timing(slug="nightly", cron=NIGHTLY, active=False, of_production={"limit": NIGHTLY_CASES}),
            Timing(slug="weekly-retest", cron=WEEKEND, active=False, of_production={}),
        ),
    ),
    Definition(
        name="stretch",
        entrypoint="flows.run_share:stretch",
        description=(
            "One share of an evaluation that is spread over workers. Started by the evaluation itself, not by people."
        ),
        tags=("benchwright", INTERNAL),
    ),
    Definition(
        name="compare",
        entrypoint="flows.compare:compare",
        description="Compare candidates case by case, and report which is better and how certain that is.",
    ),
    Definition(
        name="race",
        entrypoint="flows.race:race",
        description="Find the best of many candidates: losers are dropped while the others continue.",
    ),
    Definition(
        name="sweep",
        entrypoint="flows.sweep:sweep",
        description="Try values of parameters, and report which parameters matter and which values are best.",
        left_empty=("benchmarks",),
    ),
    Definition(
        name="retrain",
        entrypoint="flows.retrain:retrain",
        description="Learn which candidate suits which prompt, if there is enough new evidence.",
        parameters={"request": {"if_enough_new": ENOUGH_NEW}},
        timings=(Timing(slug="weekly", cron=WEEKLY),),
        concurrency_limit=1,
    ),
    Definition(
        name="monitor",
        entrypoint="flows.monitor:monitor",
        description="Check evaluations and production traffic over time, and raise alerts.",
        timings=(Timing(slug="hourly", cron=HOURLY),),
        concurrency_limit=1,
    ),
    Definition(
        name="grade-traffic",
        entrypoint="flows.grade_traffic:grade_traffic",
        description="Have a judge grade a sample of the calls in production, so that the monitor sees drift in them.",
        timings=(Timing(slug="nightly", cron=GRADING, active=False),),
        concurrency_limit=1,
    ),
    Definition(
        name="watch-upgrades",
        entrypoint="flows.watch_upgrades:watch_upgrades",
        description="Look for changed weights and server versions under the gateway's policies, and test them.",
        timings=(Timing(slug="daily", cron=DAILY, active=False),),
        concurrency_limit=1,
    ),
    Definition(
        name="decide-upgrade",
        entrypoint="flows.decide_upgrade:decide_upgrade",
        description="Accept or decline an upgrade that was tested.",
    ),
    Definition(
        name="write-benchmark",
        entrypoint="flows.write_benchmark:write_benchmark",
        description="Have one model write a suite from documents, and rules and another model check it.",
    ),
    Definition(
        name="review",
        entrypoint="flows.review:review",
        description="Show people answers side by side without the candidates' names, and report their ratings.",
    ),
)


def chosen(names: tuple[str, ...] = ()) -> tuple[Definition, ...]:
    """Return the definitions with these names, in their usual order; all where none is named.

    Raises:
        UnknownNameError: there is no deployment of that name.
    """
    deployment_names = [definition.name for definition in DEFINITIONS]
    for name in names:
        if name not in deployment_names:
            raise UnknownNameError("deployment", name, deployment_names)
    return tuple(definition for definition in DEFINITIONS if not names or definition.name in names)


def for_place(
    definition: Definition,
    *,
    work_pool: str | None = None,
    timezone: str | None = None,
    production: Mapping[str, Any] | None = None,
) -> Definition:
    """Return the definition adapted to one installation.

    Args:
        definition: The general definition.
        work_pool: Work pool that runs it.
        timezone: Time zone of its schedules, such as `Europe/Amsterdam`; None: UTC.
        production: Benchmarks and candidates to evaluate every night and every week.
    """
    timings = tuple(
        _replace(timing if production is None else timing.evaluating(production), timezone=timezone or timing.timezone)
        for timing in definition.timings
    )
    return _replace(definition, timings=timings, work_pool=work_pool or definition.work_pool)


def check_timezone(name: str) -> str:
    """Return the name of an existing time zone.

    Raises:
        ConfigurationError: there is none of that name.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ConfigurationError(f"{name!r} is not a time zone", "For example --timezone Europe/Amsterdam") from None
    return name


def runner_deployment(definition: Definition) -> "RunnerDeployment":
    """Return the definition as a deployment of Prefect."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    return RunnerDeployment.from_flow(
        definition.load_flow(),
        name=definition.name,
        description=definition.description,
        tags=list(definition.tags),
        parameters=dict(definition.parameters),
        schedules=[
            Cron(
                timing.cron,
                timezone=timing.timezone,
                active=timing.active,
                parameters=dict(timing.parameters),
                slug=timing.slug,
            )
            for timing in definition.timings
        ],
        concurrency_limit=definition.concurrency_limit,
        work_pool_name=definition.work_pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def weekly_retraining(*, cron: str = WEEKLY, timezone: str = UTC) -> "RunnerDeployment":
    """Return the deployment that retrains once a week if there is enough new evidence; never two at a time.

    Args:
        cron: Schedule in cron syntax.
        timezone: Time zone, such as `Europe/Amsterdam`.
    """
    (definition,) = chosen(("retrain",))
    (timing,) = definition.timings
    return runner_deployment(_replace(definition, timings=(_replace(timing, cron=cron, timezone=timezone),)))


def prefect_yaml() -> str:
    """Return the definitions as a file for `prefect deploy`."""
    import yaml

    header = "# Written by `benchwright deploy --write-prefect-yaml prefect.yaml` from deployments/definitions.py.\n"
    content = {
        "name": "benchwright",
        "build": None,
        "push": None,
        "pull": [],
        "deployments": [_as_yaml(definition) for definition in DEFINITIONS],
    }
    return header + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=118)


def _as_yaml(definition: Definition) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": definition.name,
        "entrypoint": definition.entrypoint,
        "description": definition.description,
        "tags": list(definition.tags),
        "parameters": dict(definition.parameters),
        "schedules": [
            {
                "slug": timing.slug,
                "cron": timing.cron,
                "timezone": timing.timezone,
                "active": timing.active,
                "parameters": dict(timing.parameters),
            }
            for timing in definition.timings
        ],
        "work_pool": {"name": definition.work_pool or POOL_OF_FILE},
    }
    if definition.concurrency_limit is not None:
        entry["concurrency_limit"] = definition.concurrency_limit
    return entry
