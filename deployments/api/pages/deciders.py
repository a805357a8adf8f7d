"""Pages of who decides: policies of the gateway with their upgrades, and selection models."""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, filled, table_of
from deployments.cli.arguments import open_stored
from deployments.cli.selection.page import champion_line, model_name
from deployments.python.policies import list_policies, load_policy
from deployments.python.upgrades import list_upgrades
from evaluation.formatting import quantity
from evaluation.records.policies import UNITS, Policy, Upgrade
from evaluation.records.selection import Promotion, SelectionModelRecord
from evaluation.results.as_json import from_json
from evaluation.store.selection_models import find_model, history, promotions
from selection.learning.deciding_model import deciding
from selection.pages.question import limit_rows, preference_rows
from selection.pages.retraining import held_out_lines, reason_lines, task_rows
from selection.policies.definition import PolicyFacts
from selection.policies.questions import question_of
from selection.retraining import TrainingReport

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
POLICIES, MODELS = "/policies", "/selection-models"
LINKS = (
    Link(text="Scoreboard", address="/scoreboard"),
    Link(text="Every metric", address="/scoreboard/metrics"),
    Link(text="Recommendations", address="/recommendations"),
    Link(text="Policies and upgrades", address=POLICIES),
    Link(text="Selection models", address=MODELS),
)
"""The pages that say who is best, who was recommended, and by whom that is decided."""


@router.get(POLICIES)
def policies(request: Request) -> Response:
    """List the policies of the gateway, and the upgrades under them."""
    of_policies = ("Policy", "Candidate", "Task", "Limits", "Recommendation", "Watches upgrades", "Made")
    of_upgrades = ("Upgrade", "Model", "Server", "What", "Before", "After", "State", "Verdict", "Found")
    return section_page(
        request,
        "Policies and upgrades",
        filled(
            Section(
                title="Policies",
                table=Table(label="Policies", columns=of_policies, rows=tuple(map(_policy, list_policies()))),
            ),
            Section(
                title="Upgrades",
                table=Table(label="Upgrades", columns=of_upgrades, rows=tuple(map(_upgrade, list_upgrades(all=True)))),
            ),
        ),
        about="A policy is a name that clients of the gateway give instead of a model's; its candidate answers.",
        choices=LINKS,
        empty="There are no policies.",
        next_step="`benchwright policies create NAME --task TASK` makes one: a name that stands for the recommended "
        "candidate in the gateway.",
    )


def _policy(policy: Policy) -> tuple[Cell, ...]:
    limits = limit_rows(question_of(policy).constraints)
    return (
        Link(text=policy.name, address=f"{POLICIES}/{policy.name}"),
        policy.candidate_label,
        policy.task or "all tasks",
        "; ".join(f"{name}: {value}" for name, value in limits) or "none",
        _recommendation_link(policy.recommendation_id),
        "yes" if policy.watches_upgrades else "no",
        policy.created_at,
    )


def _recommendation_link(recommendation_id: str | None) -> Cell:
    if recommendation_id is None:
        return None
    return Link(text=recommendation_id[:12], address=f"/recommendations/{recommendation_id}")


def _upgrade(upgrade: Upgrade) -> tuple[Cell, ...]:
    before, after = (text.removeprefix("sha256:")[:12] for text in (upgrade.before, upgrade.after))
    place = (upgrade.upgrade_id[:8], upgrade.model, upgrade.endpoint, upgrade.kind)
    return (*place, before, after, State(word=upgrade.state), upgrade.verdict, upgrade.found_at)


@router.get(f"{POLICIES}/{{policy}}")
def policy(request: Request, policy: str) -> Response:
    """Show what a policy stands for, what it asks of candidates, what it may spend, and what was changed about it."""
    facts = load_policy(policy)
    return section_page(
        request,
        facts.policy.name,
        filled(*_policy_sections(facts)),
        up=Link(text="Policy", address=POLICIES),
        about=f"{facts.policy.task or 'all tasks'} · made {facts.policy.created_at:%Y-%m-%d %H:%M} UTC",
        lead=f"{facts.policy.candidate_label} answers to this name until somebody says otherwise."
        if facts.policy.ended_at is None
        else "It was ended: its name stands for nothing.",
        choices=LINKS,
    )


def _policy_sections(facts: PolicyFacts) -> Iterator[Section]:
    policy, question = facts.policy, question_of(facts.policy)
    chosen = _recommendation_link(policy.recommendation_id)
    rows: list[tuple[Cell, ...]] = [
        ("Candidate", policy.candidate_label),
        ("Recommendation on which it was taken", "none: somebody named it" if chosen is None else chosen),
        *(limit_rows(question.constraints) or [("Limits", "none")]),
        *preference_rows(question.weights, question.on_tie, question.tolerance),
        *_spending(facts),
        ("Prompts and answers", "stored" if policy.keeps_texts else "not stored: a prompt's hash and length alone"),
        ("Upgrades", "watched" if policy.watches_upgrades else "not watched"),
    ]
    yield Section(table=Table(label="What it stands for", columns=("What", "Value"), rows=tuple(rows)))
    yield Section(
        title="Trials",
        table=Table(
            label="Trials",
            columns=("Challenger", "Against", "How", "Verdict", "Begun", "Ended"),
            rows=tuple(
                (
                    each.challenger_label,
                    each.champion_label,
                    each.mode.value,
                    each.verdict,
                    each.started_at,
                    each.ended_at,
                )
                for each in facts.trials
            ),
        ),
    )
    yield Section(
        title="Changes",
        table=Table(
            label="Changes",
            columns=("What", "By", "Details", "When"),
            rows=tuple((each.kind, each.by, _shown(each.details), each.at) for each in reversed(facts.changes)),
        ),
    )


def _spending(facts: PolicyFacts) -> Iterator[tuple[str, str]]:
    for name, limit in facts.policy.budget.limits.items():
        spent = quantity(getattr(facts.spent_today, name))
        yield f"Budget of a day, {UNITS[name]}", f"{spent} of {quantity(limit)} spent today (UTC)"


def _shown(details: Mapping[str, object]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in details.items())


@router.get(MODELS)
def selection_models(request: Request) -> Response:
    """Show which selection model decides, those that were trained, and what was promoted when and why."""
    with open_stored(None) as store:
        listed, changes, decides = history(store), promotions(store), deciding(store)
    names = {each.model_id: each for each in listed}
    columns = ("Model", "Status", "Trained", "Decides")
    in_use = None if decides.model is None else decides.model.model_id
    rows = tuple(
        (_model_link(each), each.status, each.created_at, "yes" if each.model_id == in_use else "no") for each in listed
    )
    return section_page(
        request,
        "Selection models",
        filled(
            Section(lines=tuple(decides.notes), table=Table(label="Selection models", columns=columns, rows=rows)),
            Section(
                title="Who decided from when on",
                table=Table(
                    label="Promotions",
                    columns=("Decides from then on", "Reason", "When"),
                    rows=tuple(_promotion(each, names) for each in changes),
                ),
            ),
        ),
        about="A selection model moves the expected quality for a prompt. Without one, or without a prompt, the "
        "scoreboard decides, which is computed from all evidence whenever it is asked.",
        lead=champion_line(decides),
        choices=LINKS,
        empty="No selection model was trained.",
        next_step="`benchwright retrain` trains one, and promotes it if it is better on unseen prompts.",
    )


def _model_link(model: SelectionModelRecord) -> Link:
    return Link(text=model_name(model), address=f"{MODELS}/{model.version}")


def _promotion(change: Promotion, models: Mapping[str, SelectionModelRecord]) -> tuple[Cell, ...]:
    model = None if change.model_id is None else models.get(change.model_id)
    return "the scoreboard alone" if model is None else _model_link(model), change.reason, change.created_at


def _report(model: SelectionModelRecord) -> TrainingReport | None:
    """Return what the training found; None where it is not stored in a form that this version reads."""
    try:
        return from_json(TrainingReport, model.report)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


@router.get(f"{MODELS}/{{model}}")
def selection_model(request: Request, model: str) -> Response:
    """Show a selection model: what it decides on each task, and how good it was on unseen prompts."""
    with open_stored(None) as store:
        record = find_model(store, model)
    report = _report(record)
    facts = (
        ("Id", record.model_id),
        ("Status", record.status),
        ("Evidence it was trained on", record.data_hash[:12]),
        ("Version of Benchwright", record.code_version),
        ("Trained", record.created_at),
    )
    return section_page(
        request,
        model_name(record),
        filled(
            Section(table=Table(label="Facts", columns=("What", "Value"), rows=facts)),
            *()
            if report is None
            else (
                Section(
                    title="By task",
                    table=table_of("By task", task_rows(report)),
                    after=tuple(reason_lines(report)),
                ),
                Section(title="On unseen prompts", lines=tuple(held_out_lines(report))),
            ),
        ),
        up=Link(text="Selection model", address=MODELS),
        about="It moves the expected quality of candidates for a prompt.",
        choices=(Link(text="Recommendations", address=address("/recommendations")),),
    )
