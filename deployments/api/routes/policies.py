"""Routes on the gateway's policies: names that stand for measured candidates."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import ADMIN, READ, Access
from deployments.api.answers import RenewedPolicy
from deployments.api.bodies import Body, BudgetLimits, Positive
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.replies import Paging, paging, reply, sorted_page
from deployments.python import policies as python
from evaluation.records.policies import MARGIN, Policy, Trial
from selection.policies.definition import PolicyFacts
from selection.policies.trials import TrialState
from selection.preferences import Constraints, Weights

router = APIRouter(route_class=IdempotentRoute, prefix="/policies", responses=PROBLEMS, tags=["policies"])
Page = Annotated[Paging, Depends(paging)]


class Limits(Body):
    """Constraints on the candidates of a policy."""

    max_latency_s: Positive | None = None
    percentile: float = Field(0.95, gt=0, lt=1)
    max_memory_gb: Positive | None = None
    max_cost_per_1k: float | None = Field(None, ge=0, allow_inf_nan=False)
    max_energy_j: Positive | None = None
    min_quality: float | None = Field(None, ge=0, le=1)
    endpoints: list[str] = Field(default_factory=list, max_length=100)


class NewPolicy(Body):
    """A policy to make."""

    name: str = Field(min_length=1, max_length=64, examples=["chat-fast"])
    task: str | None = Field(None, min_length=1, max_length=200, examples=["summarization"])
    candidate: str | None = Field(None, min_length=1, max_length=500, description="Default: the recommended one.")
    constraints: Limits = Field(default_factory=Limits)
    weights: dict[Literal["quality", "latency", "cost", "energy"], float] = Field(default_factory=dict)
    on_tie: Literal["cheapest", "fastest", "best"] = "cheapest"
    budget: BudgetLimits = Field(default_factory=BudgetLimits)
    when_spent: Literal["refuse", "cheaper"] = "refuse"
    prices: dict[str, Any] | None = Field(None, description="As a price file has them.")
    keep_texts: bool = False
    watch_upgrades: bool = False
    margin: float = Field(MARGIN, ge=0, le=100)


class PolicyEdit(Body):
    """What to change about a policy; what is not given stays."""

    budget: BudgetLimits | None = None
    when_spent: Literal["refuse", "cheaper"] | None = None
    prices: dict[str, Any] | None = None
    keep_texts: bool | None = None
    watch_upgrades: bool | None = None
    margin: float | None = Field(None, ge=0, le=100)


class NewTrial(Body):
    """A challenger to try."""

    challenger: str = Field(min_length=1, max_length=500, description="Label or fingerprint.")
    mode: Literal["explore", "shadow"] = "explore"
    share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Of the conversations. It answers a tenth of them unless given, and is asked too in all.",
    )


class Renewal(Body):
    """A new decision on a policy's candidate."""

    candidate: str | None = Field(None, min_length=1, max_length=500, description="Default: the recommended one.")


@router.get("", responses=page_of(Policy), dependencies=[READ])
def policies(request: Request, paging: Page, all: bool = False) -> Response:
    """List the policies; with `all` those that were ended too."""
    return sorted_page(request, python.list_policies(all=all), paging, key=lambda item: item.policy_id)


@router.get("/{policy}", responses=answer(PolicyFacts), dependencies=[READ])
def policy(request: Request, policy: str) -> Response:
    """Return a policy with what its calls used today, its changes and its trials."""
    return reply(request, python.load_policy(policy))


@router.post("", status_code=201, responses=answer(Policy, 201))
def make_policy(request: Request, body: NewPolicy, access: Annotated[Access, ADMIN]) -> Response:
    """Make a policy: the recommended candidate answers to its name until somebody says otherwise."""
    values = body.model_dump(exclude={"name", "constraints", "weights", "budget"})
    policy = python.create_policy(
        body.name,
        constraints=Constraints(**body.constraints.model_dump()),
        weights=Weights(**body.weights),
        budget=body.budget.limits,
        by=access.name,
        **values,
    )
    return reply(request, policy, 201)


@router.patch("/{policy}", responses=answer(Policy))
def edit_policy(request: Request, policy: str, body: PolicyEdit, access: Annotated[Access, ADMIN]) -> Response:
    """Change what a policy may spend and keep, and what it watches; its candidate stays."""
    budget = None if body.budget is None else body.budget.limits
    values = body.model_dump(exclude={"budget"})
    return reply(request, python.edit_policy(policy, budget=budget, by=access.name, **values))


@router.post("/{policy}/renewal", responses=answer(RenewedPolicy))
def renew_policy(request: Request, policy: str, body: Renewal, access: Annotated[Access, ADMIN]) -> Response:
    """Decide anew on a policy's candidate, by what is measured now."""
    renewed, is_changed = python.renew_policy(policy, candidate=body.candidate, by=access.name)
    return reply(request, RenewedPolicy(policy=renewed, changed=is_changed))


@router.delete("/{policy}", responses=answer(Policy))
def end_policy(request: Request, policy: str, access: Annotated[Access, ADMIN]) -> Response:
    """End a policy: its name stands for nothing from now on."""
    return reply(request, python.end_policy(policy, by=access.name))


@router.get("/{policy}/trial", responses=answer(TrialState), dependencies=[READ])
def policy_trial(request: Request, policy: str) -> Response:
    """Return the running trial of a policy with its verdict so far, else its last one."""
    return reply(request, python.load_trial(policy))


@router.post("/{policy}/trial", status_code=201, responses=answer(Trial, 201))
def start_trial(request: Request, policy: str, body: NewTrial, access: Annotated[Access, ADMIN]) -> Response:
    """Try a challenger: it answers a share of the conversations, or is asked too in idle slots."""
    start, usual = (python.explore_policy, 0.1) if body.mode == "explore" else (python.shadow_policy, 1.0)
    share = usual if body.share is None else body.share
    return reply(request, start(policy, challenger=body.challenger, share=share, by=access.name), 201)


@router.delete("/{policy}/trial", responses=answer(TrialState))
def stop_trial(request: Request, policy: str, access: Annotated[Access, ADMIN]) -> Response:
    """Stop the trial of a policy without a verdict."""
    return reply(request, python.stop_trial(policy, by=access.name))
