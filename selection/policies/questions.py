"""The question behind a policy, as plain JSON in the store and back."""

from dataclasses import asdict
from typing import Any

from evaluation.records.policies import Policy
from selection.preferences import TOLERANCE, Constraints, Question, Weights


def question_as_json(question: Question) -> dict[str, Any]:
    """Return constraints, weights and preferences of a question as plain JSON, without its task and prompt."""
    constraints = {name: list(value) if isinstance(value, tuple) else value for name, value in _set(question).items()}
    return {
        "constraints": constraints,
        "weights": asdict(question.weights),
        "on_tie": question.on_tie,
        "tolerance": question.tolerance,
        "on_little_evidence": question.on_little_evidence,
    }


def question_of(policy: Policy, prompt: str | None = None) -> Question:
    """Return the question that a policy asks, for a prompt or for none.

    Raises:
        ConfigurationError: the stored question is not valid.
    """
    stored = policy.question
    constraints: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stored.get("constraints", {}).items()
    }
    return Question(
        task=policy.task,
        prompt=prompt if prompt and prompt.strip() else None,
        constraints=Constraints(**constraints),
        weights=Weights(**stored.get("weights", {})),
        on_tie=stored.get("on_tie", "cheapest"),
        tolerance=stored.get("tolerance", TOLERANCE),
        on_little_evidence=stored.get("on_little_evidence", "abstain"),
    )


def _set(question: Question) -> dict[str, Any]:
    """Return the constraints that differ from none."""
    default = asdict(Constraints())
    return {name: value for name, value in asdict(question.constraints).items() if value != default[name]}
