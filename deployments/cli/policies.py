"""The `benchwright policies` commands: names that stand for measured candidates in the gateway."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.budgets import BudgetOption, budget_words, read_budget
from deployments.cli.recommend.option_values import (
    read_dollars,
    read_gigabytes,
    read_joules,
    read_names,
    read_percentile,
    read_quality,
    read_seconds,
    read_share,
    read_weights,
)
from deployments.cli.recommend.run import in_words_of_the_command
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, quantity, score, score_interval
from evaluation.records.policies import MARGIN, UNITS, Policy, Spending, TrialMode
from evaluation.results.as_json import as_json as plain
from selection.policies.settings import settings_of
from selection.preferences import Constraints, OnTie, Question, checked_choice

if TYPE_CHECKING:
    from evaluation.store.session import Store
    from selection.policies.trials import ArmFigures, TrialState

policies = typer.Typer(
    no_args_is_help=True, help="Policies of the gateway: create, list, show, edit, renew, explore, shadow, stop, end."
)
Words = list[str] | None
LOCAL = "command line"
"""Who changes a policy here, for its history."""
WhenSpentOption = Annotated[
    str,
    typer.Option(metavar="refuse|cheaper", help="Once the budget is spent: refuse calls, or ask a cheaper candidate."),
]
PricesOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Prices of models, for a budget in US dollars.")
]


@policies.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What clients give as the model.")],
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="The task for which candidates are compared.")
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="The candidate that answers.", show_default="the recommended one"),
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(metavar="2s", help="Maximum time for an answer, at --percentile.")
    ] = None,
    percentile: Annotated[
        str, typer.Option(metavar="p95", help="Latency percentile that --max-latency limits.")
    ] = "p95",
    max_memory: Annotated[str | None, typer.Option(metavar="8GB", help="Maximum memory of the loaded model.")] = None,
    max_cost: Annotated[
        str | None, typer.Option("--max-cost", metavar="USD", help="Maximum cost of 1,000 answers, in US dollars.")
    ] = None,
    max_energy: Annotated[str | None, typer.Option(metavar="50J", help="Maximum mean energy of an answer.")] = None,
    min_quality: Annotated[str | None, typer.Option(metavar="60%", help="Minimum expected quality.")] = None,
    endpoint: Annotated[Words, typer.Option(metavar="NAME", help="A server that must have the model.*")] = None,
    weight: Annotated[
        Words, typer.Option(metavar="NAME=N", help="Points of quality that halving latency, cost or energy is worth.*")
    ] = None,
    on_tie: Annotated[
        str, typer.Option(metavar="cheapest|fastest|best", help="Which of the candidates near the best answers.")
    ] = "cheapest",
    budget: BudgetOption = None,
    when_spent: WhenSpentOption = "refuse",
    prices: PricesOption = None,
    keep_texts: Annotated[bool, typer.Option("--keep-texts", help="Store prompts and answers too.")] = False,
    watch_upgrades: Annotated[
        bool, typer.Option("--watch-upgrades", help="Test changed weights and server versions, and tell the verdict.")
    ] = False,
    margin: Annotated[
        float, typer.Option(metavar="POINTS", help="Loss of quality that still counts as equivalent after an upgrade.")
    ] = MARGIN,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a policy: the recommended candidate answers to this name until you say otherwise.

    Options marked * may be repeated.
    """
    from selection.policies.definition import create_policy

    constraints = Constraints(
        max_latency_s=read_seconds(max_latency, option="--max-latency"),
        percentile=read_percentile(percentile, option="--percentile"),
        max_memory_gb=read_gigabytes(max_memory, option="--max-memory"),
        max_cost_per_1k=read_dollars(max_cost, option="--max-cost"),
        max_energy_j=read_joules(max_energy, option="--max-energy"),
        min_quality=read_quality(min_quality, option="--min-quality"),
        endpoints=read_names(endpoint, option="--endpoint"),
    )
    question = Question(
        task=task,
        constraints=constraints,
        weights=read_weights(weight or ()),
        on_tie=cast("OnTie", checked_choice("--on-tie", on_tie, OnTie)),
    )
    settings = settings_of(
        budget=read_budget(budget),
        when_spent=when_spent,
        prices=prices,
        keep_texts=keep_texts,
        watch_upgrades=watch_upgrades,
        margin=margin,
    )
    with open_stored(db) as store, in_words_of_the_command():
        policy = create_policy(store, name, question, candidate=candidate, settings=settings, by=LOCAL)
        _keep(store, policy)
    _tell(policy, f"{policy.name} stands for {policy.candidate_label}", as_json=as_json)


@policies.command("edit")
def edit(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    budget: BudgetOption = None,
    no_budget: Annotated[bool, typer.Option("--no-budget", help="Lift every limit.")] = False,
    when_spent: Annotated[str | None, typer.Option(metavar="refuse|cheaper", help="What happens then.")] = None,
    prices: PricesOption = None,
    keep_texts: Annotated[
        bool | None, typer.Option("--keep-texts/--no-keep-texts", help="Store prompts and answers, or not.")
    ] = None,
    watch_upgrades: Annotated[
        bool | None, typer.Option("--watch-upgrades/--no-watch-upgrades", help="Test upgrades, or not.")
    ] = None,
    margin: Annotated[float | None, typer.Option(metavar="POINTS", help="Loss that counts as equivalent.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what a policy may spend and keep, and what it watches; its candidate stays."""
    from selection.policies.definition import edit_policy

    if no_budget and budget:
        raise ConfigurationError("--budget and --no-budget contradict each other", "Give one of them.")
    changes = {
        "budget": {} if no_budget else read_budget(budget),
        "when_spent": when_spent,
        "prices": prices,
        "keep_texts": keep_texts,
        "watch_upgrades": watch_upgrades,
        "margin": margin,
    }
    with open_stored(db) as store:
        policy = edit_policy(store, name, changes, by=LOCAL)
        _keep(store, policy)
    _tell(policy, f"changed {policy.name}", as_json=as_json)


@policies.command("renew")
def renew(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    candidate: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="The candidate that answers from now on.", show_default="the recommended one"
        ),
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide anew on a policy's candidate, by what is measured now."""
    from selection.policies.definition import renew_policy

    with open_stored(db) as store, in_words_of_the_command():
        policy, is_changed = renew_policy(store, name, candidate=candidate, by=LOCAL)
        _keep(store, policy)
    words = "stands for" if is_changed else "still stands for"
    _tell(policy, f"{policy.name} {words} {policy.candidate_label}", as_json=as_json)


@policies.command("end")
def end(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a policy: its name stands for nothing from now on; what was recorded stays."""
    from selection.policies.definition import end_policy

    with open_stored(db) as store:
        policy = end_policy(store, name, by=LOCAL)
    _tell(policy, f"ended {policy.name}", as_json=as_json)


ChallengerOption = Annotated[
    str, typer.Option(metavar="LABEL", help="The measured candidate to try.", show_default=False)
]


@policies.command("explore")
def explore(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    challenger: ChallengerOption,
    share: Annotated[str, typer.Option(metavar="10%", help="Share of the conversations that it answers.")] = "10%",
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a challenger answer a share of the conversations, until it is told whether it is better."""
    _start(name, challenger, share, TrialMode.EXPLORE, db=db, as_json=as_json)


@policies.command("shadow")
def shadow(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    challenger: ChallengerOption,
    share: Annotated[str, typer.Option(metavar="100%", help="Share of the conversations for which it is asked.")] = (
        "100%"
    ),
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a challenger too, in idle slots; its answers are only stored."""
    _start(name, challenger, share, TrialMode.SHADOW, db=db, as_json=as_json)


def _start(name: str, challenger: str, share: str, mode: TrialMode, *, db: str | None, as_json: bool) -> None:
    from selection.policies.trials import start_trial

    with open_stored(db) as store:
        number = read_share(share, option="--share")
        trial = start_trial(store, name, challenger=challenger, mode=mode, share=number, by=LOCAL)
    if as_json:
        print_json(plain(trial))
        return
    what = "answers" if mode is TrialMode.EXPLORE else "is asked too, in idle slots, for"
    print_line(f"{trial.challenger_label} {what} {100 * trial.share:g}% of the conversations of {name}")
    print_status(f"`benchwright policies show {name}` shows what came of it; report outcomes for a verdict")


@policies.command("stop")
def stop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop trying a challenger, without a verdict; the policy's candidate answers all calls."""
    from selection.policies.trials import stop_trial

    with open_stored(db) as store:
        state = stop_trial(store, name, by=LOCAL)
    if as_json:
        print_json(plain(state))
        return
    _print_trial(state)


@policies.command("list")
def list_(
    all: Annotated[bool, typer.Option("--all", help="Those that were ended too.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the policies with their candidates."""
    from evaluation.store.policies import list_policies

    with open_stored(db) as store:
        listed = list_policies(store, all=all)
    if as_json:
        print_json([plain(policy) for policy in listed])
    elif listed:
        columns = ("name", "task", "candidate", "budget a day", "when spent", "state")
        print_table(columns, [_cells(policy) for policy in listed])
    else:
        print_status("no policies are stored; `benchwright policies create NAME --task TASK` makes one")


@policies.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The policy.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a policy: what it stands for, what its calls used today, and what was changed."""
    from selection.policies.definition import load_facts

    with open_stored(db) as store:
        facts = load_facts(store, name)
    if as_json:
        print_json(plain(facts))
        return
    policy = facts.policy
    print_line(f"{policy.name} stands for {policy.candidate_label}")
    print_line(f"task: {policy.task or 'all tasks'}; texts are {'stored' if policy.keeps_texts else 'not stored'}")
    print_line(f"today: {_used(policy, facts.spent_today)}")
    print_line()
    if facts.trial is not None:
        _print_trial(facts.trial)
        print_line()
    columns = ("when", "what", "by", "details")
    rows = [(f"{each.at:%Y-%m-%d %H:%M}", each.kind, each.by, _details(each.details)) for each in facts.changes]
    print_table(columns, rows)


def _print_trial(state: "TrialState") -> None:
    trial = state.trial
    how = "explores" if trial.mode is TrialMode.EXPLORE else "shadows"
    when = f"since {trial.started_at:%Y-%m-%d %H:%M}" + (
        f", ended {trial.ended_at:%Y-%m-%d %H:%M}" if trial.ended_at else ""
    )
    print_line(f"trial {trial.trial_id} {how} {100 * trial.share:g}% {when}: {state.verdict}")
    columns = ("arm", "candidate", "calls", "failed", "reported", "conversations", "mean outcome", "95% interval")
    arms = (("champion", state.champion), ("challenger", state.challenger))
    print_table(columns, [(name, *_arm_cells(arm)) for name, arm in arms])
    if state.n_shadows_dropped:
        print_line(
            f"{counted(state.n_shadows_dropped, 'call')} on which the challenger was not asked: "
            "no slot was idle, or the budget was spent"
        )
    if state.n_waiting:
        print_line(f"{state.n_waiting} conversations with an outcome go on, and count once they are quiet")
    print_line(state.sentence)
    print_line(state.next_step)


def _arm_cells(arm: "ArmFigures") -> tuple[object, ...]:
    mean = None if arm.mean is None else score(arm.mean.value)
    interval = None if arm.mean is None else score_interval(arm.mean.low, arm.mean.high)
    return (arm.candidate, arm.n_calls, arm.n_failed, arm.n_reported, arm.n_conversations, mean, interval)


def _keep(store: "Store", policy: Policy) -> None:
    """Have servers keep the weights of a policy that watches upgrades, and tell what was done."""
    from tasks.upgrades.keeping import keep_policy

    made, problems = keep_policy(store, policy, by=LOCAL)
    for sentence in (*(f"its weights are kept as {name}" for name in made), *problems):
        print_status(sentence)


def _tell(policy: Policy, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(plain(policy))
    else:
        print_line(sentence)


def _cells(policy: Policy) -> tuple[object, ...]:
    limits = budget_words(policy.budget.limits)
    state = "in use" if policy.ended_at is None else f"ended {policy.ended_at:%Y-%m-%d %H:%M}"
    when_spent = policy.when_spent.value if limits else None
    return (policy.name, policy.task or "all", policy.candidate_label, limits or None, when_spent, state)


def _used(policy: Policy, spent: Spending) -> str:
    limits = policy.budget.limits
    used = {name: getattr(spent, name) for name in UNITS}
    words = [
        f"{quantity(value)}{f' of {quantity(limits[name])}' if name in limits else ''} {UNITS[name]}"
        for name, value in used.items()
        if value or name in limits
    ]
    return f"{counted(spent.n_calls, 'call')}" + (f": {', '.join(words)}" if words else "")


def _details(details: object) -> str:
    if not isinstance(details, dict):
        return ""
    return ", ".join(f"{name}: {value}" for name, value in details.items() if value not in (None, {}, []))
