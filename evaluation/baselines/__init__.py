"""The catalogue of classical baselines that a run may include. To add one: a file, a class, a line here."""

from evaluation.baselines.baseline import Baseline
from evaluation.baselines.best_sentence import BestSentence
from evaluation.baselines.embedding import HashedWords
from evaluation.baselines.label_match import LabelMatch, RandomChoice
from evaluation.baselines.lead import Lead
from evaluation.baselines.ngram import Ngram
from evaluation.baselines.textrank import TextRank
from evaluation.catalogue import Catalogue

BASELINES: Catalogue[Baseline] = Catalogue("baseline", Lead, TextRank, BestSentence, LabelMatch, Ngram, RandomChoice)
"""Baselines that answer prompts, and so not `HashedWords` (`baseline-embed`), which turns texts into vectors."""

__all__ = ["BASELINES", "Baseline", "HashedWords"]
