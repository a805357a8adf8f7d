"""The catalogue of metrics that a benchmark may name. To add one: a file, a class, a line here.

Metrics of other packages are found by `parsing.metric_class`; see `third_party`.
"""

from evaluation.catalogue import Catalogue
from evaluation.metrics.bleu import Bleu
from evaluation.metrics.chrf import Chrf
from evaluation.metrics.classification import Accuracy, MacroF1, Mcc, WeightedF1
from evaluation.metrics.contains import Contains
from evaluation.metrics.cost import CostUsd
from evaluation.metrics.edit_similarity import EditSimilarity
from evaluation.metrics.exact_match import ExactMatch
from evaluation.metrics.grounding.answer_relevance import AnswerRelevance
from evaluation.metrics.grounding.context_metrics import ContextPrecision, ContextRecall
from evaluation.metrics.grounding.faithfulness import Faithfulness
from evaluation.metrics.instruction_following import (
    InstructionAccuracy,
    InstructionAccuracyLoose,
    InstructionFollowing,
    InstructionFollowingLoose,
)
from evaluation.metrics.json_schema import JsonSchema
from evaluation.metrics.json_valid import JsonValid
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.judges.rubric import JudgeRubric
from evaluation.metrics.metric import Metric
from evaluation.metrics.multiple_choice import MultipleChoice
from evaluation.metrics.numeric_match import NumericMatch
from evaluation.metrics.programs.program_metrics import PassAtK, SyntaxValid, TestsPassed
from evaluation.metrics.quality.coherence import Coherence
from evaluation.metrics.quality.completeness import Completeness
from evaluation.metrics.quality.counts import SentenceCount, WordCount
from evaluation.metrics.quality.creativity import Creativity
from evaluation.metrics.quality.length_fit import LengthFit
from evaluation.metrics.quality.overall_quality import OverallQuality
from evaluation.metrics.quality.readability import Readability
from evaluation.metrics.quality.specificity import Specificity
from evaluation.metrics.regex import Regex
from evaluation.metrics.retrieval.ranking_metrics import HitRateAtK, NdcgAtK, PrecisionAtK, RecallAtK, ReciprocalRank
from evaluation.metrics.rouge import Rouge1, Rouge2, RougeL, RougeLsum
from evaluation.metrics.semantic_similarity import SemanticSimilarity
from evaluation.metrics.speed import EnergyJ, EnergyPerRightJ, LatencyS, TokensPerS, TpotS, TtftS
from evaluation.metrics.ter import Ter
from evaluation.metrics.token_f1 import TokenF1
from evaluation.metrics.tokens import OutputTokens, PromptTokens

__all__ = ["METRICS"]

METRICS: Catalogue[Metric] = Catalogue(
    "metric",
    ExactMatch,
    NumericMatch,
    TokenF1,
    Contains,
    Regex,
    JsonValid,
    JsonSchema,
    MultipleChoice,
    Accuracy,
    MacroF1,
    WeightedF1,
    Mcc,
    Rouge1,
    Rouge2,
    RougeL,
    RougeLsum,
    Bleu,
    Chrf,
    Ter,
    EditSimilarity,
    SemanticSimilarity,
    Faithfulness,
    ContextPrecision,
    ContextRecall,
    AnswerRelevance,
    RecallAtK,
    PrecisionAtK,
    HitRateAtK,
    ReciprocalRank,
    NdcgAtK,
    JudgeRubric,
    JudgePairwise,
    PassAtK,
    TestsPassed,
    SyntaxValid,
    InstructionFollowing,
    InstructionFollowingLoose,
    InstructionAccuracy,
    InstructionAccuracyLoose,
    Coherence,
    Completeness,
    Readability,
    LengthFit,
    Creativity,
    Specificity,
    OverallQuality,
    WordCount,
    SentenceCount,
    LatencyS,
    TtftS,
    TpotS,
    TokensPerS,
    PromptTokens,
    OutputTokens,
    EnergyJ,
    EnergyPerRightJ,
    CostUsd,
)
