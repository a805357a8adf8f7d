"""The catalogue of file formats recognised without configuration. To add one: a file, a class, a line here."""

from evaluation.benchmarks.formats.classification import Classification
from evaluation.benchmarks.formats.format import Format
from evaluation.benchmarks.formats.gsm8k import Gsm8k
from evaluation.benchmarks.formats.ifeval import IfEval
from evaluation.benchmarks.formats.multiple_choice import Arc, Mmlu
from evaluation.benchmarks.formats.plain import Plain
from evaluation.benchmarks.formats.programs import HumanEval, Mbpp
from evaluation.benchmarks.formats.squad import Squad
from evaluation.benchmarks.formats.summarization import Summarization
from evaluation.catalogue import Catalogue

FORMATS: Catalogue[Format] = Catalogue(
    "benchmark format", Gsm8k, IfEval, HumanEval, Mbpp, Squad, Arc, Mmlu, Summarization, Classification, Plain
)
"""File formats in the order in which they are tried: the first that recognises a row reads the file."""
