"""What is told of a metric: its first sentence, its options, its family."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields
from inspect import cleandoc, getsource
from itertools import pairwise
from textwrap import dedent

from evaluation.metrics.metric import Metric
from evaluation.quality_metrics import QUALITIES


def docstring(metric: type[Metric]) -> str:
    """Return the class's docstring; empty where it has none."""
    text = metric.__dict__.get("__doc__") or ""
    # A dataclass without words of its own is given its list of arguments.
    return "" if text.startswith(f"{metric.__name__}(") else cleandoc(text)


def summary(metric: type[Metric]) -> str:
    """Return the first line of the class's docstring: what its value is."""
    return docstring(metric).partition("\n")[0]


def option_docs(metric: type[Metric]) -> dict[str, str]:
    """Return the docstring below each option of the class, by the option's name; options without one are left out."""
    docs: dict[str, str] = {}
    for owner in reversed(metric.__mro__):
        docs.update(_field_docs(owner))
    option_names = {field.name for field in fields(metric)}
    return {name: text for name, text in docs.items() if name in option_names}


def _field_docs(owner: type) -> Iterator[tuple[str, str]]:
    """Yield the names of annotated fields, each with the string right after it."""
    try:
        tree = ast.parse(dedent(getsource(owner)))
    except (OSError, TypeError, SyntaxError):  # a class of which there is no source
        return
    body = [statement for node in tree.body[:1] if isinstance(node, ast.ClassDef) for statement in node.body]
    for field, after in pairwise(body):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            yield field.target.id, cleandoc(after.value.value)


FAMILIES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "exact_match",
        "numeric_match",
        "token_f1",
        "contains",
        "regex",
        "multiple_choice",
        "rouge_1",
        "rouge_2",
        "rouge_l",
        "rouge_lsum",
        "bleu",
        "chrf",
        "ter",
        "edit_similarity",
        "semantic_similarity",
        "json_valid",
        "json_schema",
    ),
    "instruction following": (
        "instruction_following",
        "instruction_following_loose",
        "instruction_accuracy",
        "instruction_accuracy_loose",
    ),
    "classification": ("accuracy", "macro_f1", "weighted_f1", "mcc"),
    "code": ("pass_at_k", "tests_passed", "syntax_valid"),
    "retrieval-augmented answers": (
        "faithfulness",
        "context_precision",
        "context_recall",
        "answer_relevance",
        "recall_at_k",
        "precision_at_k",
        "hit_rate_at_k",
        "reciprocal_rank",
        "ndcg_at_k",
    ),
    "quality without references": (*QUALITIES, "overall_quality", "word_count", "sentence_count"),
    "judges": ("judge_rubric", "judge_pairwise"),
    "speed and cost": (
        "latency_s",
        "ttft_s",
        "tpot_s",
        "tokens_per_s",
        "prompt_tokens",
        "output_tokens",
        "energy_j",
        "energy_per_right_j",
        "cost_usd",
    ),
}
"""Families in display order."""
OTHERS = "others"
"""Family of metrics from installed packages and from users' files."""


def family_of(name: str) -> str:
    """Return the family of a metric; `others` for one that is not built in."""
    return next((family for family, names in FAMILIES.items() if name in names), OTHERS)
