"""The catalogue of pipelines that a candidate may name. To add one: a file, a class, a line here."""

from evaluation.catalogue import Catalogue
from evaluation.pipelines.best_of import BestOf
from evaluation.pipelines.cascade import Cascade
from evaluation.pipelines.chain_of_thought import ChainOfThought
from evaluation.pipelines.direct import Direct
from evaluation.pipelines.few_shot import FewShot
from evaluation.pipelines.map_reduce import MapReduce
from evaluation.pipelines.pipeline import Pipeline
from evaluation.pipelines.refine import Refine
from evaluation.pipelines.retrieval import Retrieval
from evaluation.pipelines.sectioned import Sectioned
from evaluation.pipelines.self_consistency import SelfConsistency

__all__ = ["PIPELINES"]

PIPELINES: Catalogue[Pipeline] = Catalogue(
    "pipeline",
    Direct,
    FewShot,
    ChainOfThought,
    SelfConsistency,
    BestOf,
    Refine,
    MapReduce,
    Sectioned,
    Retrieval,
    Cascade,
)
