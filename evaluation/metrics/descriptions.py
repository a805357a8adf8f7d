"""What is told of a metric: its first sentence and its family."""

from collections.abc import Mapping

from evaluation.class_docs import docstring
from evaluation.metrics.metric import Metric
from evaluation.quality_metrics import QUALITIES


def summary(metric: type[Metric]) -> str:
    """Return the first line of the class's docstring: what its value is."""
    return docstring(metric).partition("\n")[0]


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
