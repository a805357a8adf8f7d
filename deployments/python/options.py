"""The options of the functions: those of the commands, under the same names and with the same defaults."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypedDict

from typing_extensions import Doc

if TYPE_CHECKING:
    from evaluation.results.progress import Progress

Texts: TypeAlias = str | Sequence[str]
"""One text, or several."""
Settings: TypeAlias = str | Sequence[str] | Mapping[str, Any]
"""One setting such as `"temperature=0.2"`, several of them, or a mapping: `{"temperature": 0.2}`."""
File: TypeAlias = str | PathLike[str]


class StoreOptions(TypedDict, total=False):
    """The option for the results database."""

    db: Annotated[
        str | None,
        Doc("Results database: a path or a URL; default: `BENCHWRIGHT_DATABASE_URL`, else the user's data folder."),
    ]


class CallOptions(StoreOptions, total=False):
    """The options of every function that runs a flow."""

    tell: Annotated[
        Callable[[str], None] | None,
        Doc("Called with each note and warning that the command prints beside its result: `tell=print`."),
    ]
    progress: Annotated[
        Callable[["Progress"], None] | None,
        Doc("Called on each progress: `progress=print`. An exception that it raises ends the work and is raised here."),
    ]


class EvaluationOptions(CallOptions, total=False):
    """Which candidates run on which cases, and how they are scored."""

    benchmark: Annotated[Texts | PathLike[str] | None, Doc("Suites, stored benchmarks or files.")]
    field: Annotated[Settings | None, Doc("Columns of a benchmark file that hold a field: `prompt=question`.")]
    ignore_field: Annotated[Texts | None, Doc("Fields of a benchmark file to ignore.")]
    model: Annotated[Texts | None, Doc("Models, with the options given for all.")]
    candidate: Annotated[
        Texts | None,
        Doc(
            "Models with options, a profile or think of their own: `NAME temperature=0.2 profile=concise think=false`; "
            "or `@FILE`, a candidate that was exported."
        ),
    ]
    option: Annotated[Settings | None, Doc("Options for every `model`.")]
    system: Annotated[str | None, Doc("System prompt for every `model`.")]
    profile: Annotated[str | None, Doc("Prompt profile for every `model`.")]
    endpoint: Annotated[Texts | None, Doc("Names or addresses of servers; default: `OLLAMA_HOST`.")]
    slots: Annotated[int | None, Doc("Concurrent requests per server; default: 1.")]
    gpu_tag: Annotated[str | None, Doc("Name of the GPU behind the endpoints.")]
    provider: Annotated[str | None, Doc("`ollama` or `openai_compatible`; default: detected.")]
    embedded: Annotated[bool, Doc("Use the embedded server, alone or with others.")]
    allow_remote: Annotated[bool, Doc("Allow models that run on somebody else's machines.")]
    metric: Annotated[Texts | None, Doc("Metrics to use instead of the benchmark's.")]
    judge: Annotated[Texts | None, Doc("Models that judge the answers: `MODEL` or `MODEL@ENDPOINT`.")]
    embedder: Annotated[str | None, Doc("The model that embeds texts for metrics: `MODEL` or `MODEL@ENDPOINT`.")]
    sandbox: Annotated[Literal["weak"] | None, Doc("Accept a weaker sandbox if bubblewrap is not installed.")]
    prices: Annotated[
        File | Mapping[str, Any] | None,
        Doc(
            "Prices by model, for `cost_usd`: a file, `block:NAME`, or what a file holds; default: "
            "`BENCHWRIGHT_PRICES`."
        ),
    ]
    limit: Annotated[int | None, Doc("Number of cases to run, in the seed's order.")]
    repeats: Annotated[int | None, Doc("Number of times to ask each case; default: 1.")]
    seed: Annotated[int | None, Doc("The random seed; default: 0. Most servers repeat a text only with one slot.")]
    max_failures: Annotated[
        str | int | None, Doc("Server failures allowed per candidate: a share (`10%`) or a number; default: `10%`.")
    ]
    timeout: Annotated[float | None, Doc("Time limit of one attempt, in seconds; default: 300.")]
    case_timeout: Annotated[float | None, Doc("Time limit of all attempts of a case, in seconds; default: 1800.")]
    spread: Annotated[int | None, Doc("Number of worker flow runs to split the run across; default: 1.")]
    reuse: Annotated[bool, Doc("Reuse answers of earlier runs to identical requests; they are marked.")]
    experiment: Annotated[str | None, Doc("Add the result to this experiment; its template supplies omitted options.")]
    file: Annotated[File | None, Doc("A YAML file with these options; arguments given here take precedence.")]


class EvaluateOptions(EvaluationOptions, total=False):
    """The options of `evaluate`."""

    level: Annotated[
        Literal["smoke", "quick", "full"] | None,
        Doc("5 cases, 50 or all, instead of `limit`; goes on from the level before, and asks nothing twice."),
    ]
    fail_under: Annotated[
        Settings | None,
        Doc("Minimum value of a metric: `token_f1=0.5`. If a value is lower, `CheckFailedError` is raised."),
    ]
    resume: Annotated[
        str | None, Doc("Resume the invocation of this run, or of the `last` one; only missing cases are asked.")
    ]


class RaceOptions(EvaluationOptions, total=False):
    """The options of `race`."""

    method: Annotated[
        Literal["evidence", "halving"] | None,
        Doc("Drop with a guarantee (`evidence`, the default), or the worse half in every round."),
    ]
    alpha: Annotated[float | None, Doc("Maximum probability that the best is dropped; default: 0.05.")]
    margin: Annotated[
        str | None, Doc("Largest difference that does not matter, such as `2pp`; the race may end when none is larger.")
    ]
    levels: Annotated[
        Texts | None, Doc("Numbers of cases after which to decide: `smoke=20,quick=100,full`; default: continuously.")
    ]
    confirm: Annotated[int | None, Doc("Maximum number of unseen cases to confirm the winner on.")]
    budget: Annotated[Texts | None, Doc("End the race when one of these is spent: `calls=N`, `minutes=N`, `tokens=N`.")]
    resume: Annotated[str | None, Doc("Resume this race, or the `last` one; only missing cases are asked.")]


class SweepOptions(EvaluationOptions, total=False):
    """The options of `sweep`."""

    param: Annotated[
        Settings | None,
        Doc("Parameters with their values: `temperature=0.1:1.0:0.1`, `top_p=0.5,0.9`, `model=a,b`, `profile=a,b`."),
    ]
    design: Annotated[
        Literal["grid", "random", "latin"] | None, Doc("All combinations (`grid`, the default), or `samples` of them.")
    ]
    samples: Annotated[int | None, Doc("Number of combinations in a random or latin design.")]
    prompt: Annotated[str | None, Doc("A single prompt without a reference, instead of a benchmark.")]
    resume: Annotated[str | None, Doc("Resume this sweep, or the `last` one; only missing cases are asked.")]


class ScoreOptions(CallOptions, total=False):
    """The options of `score`."""

    metric: Annotated[Texts | None, Doc("Metrics; default: the benchmark's own.")]
    judge: Annotated[Texts | None, Doc("Models that judge the answers: `MODEL` or `MODEL@ENDPOINT`.")]
    embedder: Annotated[str | None, Doc("The model that embeds texts for metrics: `MODEL` or `MODEL@ENDPOINT`.")]
    sandbox: Annotated[Literal["weak"] | None, Doc("Accept a weaker sandbox if bubblewrap is not installed.")]
    endpoint: Annotated[Texts | None, Doc("Names or addresses of servers; default: those of the run.")]
    slots: Annotated[int | None, Doc("Requests that a server answers at once; default: 1.")]
    gpu_tag: Annotated[str | None, Doc("Name of the GPU behind the endpoints.")]
    provider: Annotated[str | None, Doc("`ollama` or `openai_compatible`; default: detected.")]
    allow_remote: Annotated[bool, Doc("Allow models that run on somebody else's machines.")]
    timeout: Annotated[float | None, Doc("Time limit of one attempt, in seconds; default: 300.")]


class WritingOptions(CallOptions, total=False):
    """The options of `write_benchmark`."""

    cases: Annotated[int | None, Doc("Number of cases; default: 60.")]
    spare: Annotated[
        float | None, Doc("Drafts beyond that number, as a share of it, since some are dropped; default: 0.5.")
    ]
    kind: Annotated[Texts | None, Doc("`fact`, `two_passages`, `table`, `unanswerable`; default: all.")]
    name: Annotated[str | None, Doc("Name of the benchmark; `synthetic` is added. Default: that of the corpus.")]
    out: Annotated[File | None, Doc("A new JSONL file to write; default: the suite is stored.")]
    seed: Annotated[int | None, Doc("The random seed of the passages; default: 0.")]
    endpoint: Annotated[Texts | None, Doc("Names or addresses of servers; default: `OLLAMA_HOST`.")]
    slots: Annotated[int | None, Doc("Concurrent requests per server; default: 1.")]
    gpu_tag: Annotated[str | None, Doc("Name of the GPU behind the endpoints.")]
    provider: Annotated[str | None, Doc("`ollama` or `openai_compatible`; default: detected.")]
    allow_remote: Annotated[bool, Doc("Allow models that run on somebody else's machines.")]
    timeout: Annotated[float | None, Doc("Time limit of one attempt, in seconds; default: 300.")]


class MonitorOptions(StoreOptions, total=False):
    """The options of `monitor`."""

    since: Annotated[str | None, Doc("How far to look back: `30d`, `4w`; default: 30 days.")]
    slower_than: Annotated[float | None, Doc("Alert above this multiple of the usual duration; default: 2.")]
    success_below: Annotated[float | None, Doc("Alert below this success rate; default: 0.9.")]
    gpu_below: Annotated[float | None, Doc("Alert below this GPU utilisation; default: 0.5.")]
    token_budget: Annotated[
        Settings | None, Doc("Average number of tokens that a call may use: `800`, `TASK=800`, or a mapping.")
    ]
    baseline_runs: Annotated[int | None, Doc("Runs in a baseline; default: 5.")]
    false_alarm_rate: Annotated[
        float | None, Doc("Probability of any false quality alarm over `over_looks`; default: 0.05.")
    ]
    over_looks: Annotated[int | None, Doc("Number of new runs that `false_alarm_rate` covers; default: 200.")]
    min_calls: Annotated[int | None, Doc("Production calls needed for an alert; default: 20.")]
    without: Annotated[Texts | None, Doc("Rules to leave out.")]
    fail_on_alert: Annotated[bool, Doc("Raise `CheckFailedError` if an alert is open and not acknowledged.")]
    tell: Annotated[
        Callable[[str], None] | None,
        Doc("Called with each note and warning that the command prints beside its result: `tell=print`."),
    ]


class ComparisonOptions(TypedDict, total=False):
    """The options of a comparison."""

    by: Annotated[
        str | None,
        Doc("What to compare by: `model`, `family`, `quantization`, `temperature`, `profile`, `run`, `week`, `tag`, …"),
    ]
    against: Annotated[str | None, Doc("Compare every other side with this one, the baseline.")]
    margin: Annotated[
        str | None,
        Doc("Largest difference that does not matter, such as `2pp`; tests non-inferiority and equivalence."),
    ]


class CompareOptions(EvaluationOptions, ComparisonOptions, total=False):
    """The options of `compare`: with those of an evaluation, what they ask for is evaluated first."""

    flips: Annotated[int | None, Doc("Number of flipped cases to keep in each direction; default: 5.")]
    fail_on_regression: Annotated[
        bool, Doc("Raise `CheckFailedError` if a side is worse than `against`, or than the first.")
    ]
    regression_of: Annotated[
        Texts | None, Doc("Further metrics to check, such as `latency_s`; implies `fail_on_regression`.")
    ]
    publish: Annotated[bool, Doc("Run as a flow, so that the page is published in Prefect too.")]


class UnpairedOptions(StoreOptions, ComparisonOptions, total=False):
    """The options of `compare_unpaired`."""

    metric: Annotated[Texts | None, Doc("Metrics to compare by; default: the headline, then all.")]


def options_of(options: type) -> dict[str, Any]:
    """Return the type of each option with its description: own ones first, then an evaluation's, then common ones."""
    types = options.__annotations__  # not resolved: that would import the results that they name
    of_all, of_evaluations = CallOptions.__annotations__, EvaluationOptions.__annotations__
    return dict(sorted(types.items(), key=lambda each: (each[0] in of_all, each[0] in of_evaluations)))
