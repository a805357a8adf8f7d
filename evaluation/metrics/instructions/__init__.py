"""The catalogue of verifiable instructions. To add one: a class, in a file of its kind, and a line here.

The 25 kinds of IFEval (Zhou et al. 2023, arXiv:2311.07911), by their ids there.
"""

from evaluation.catalogue import Catalogue
from evaluation.metrics.instructions.instruction import Instruction
from evaluation.metrics.instructions.keywords import Existence, ForbiddenWords, Frequency, LetterFrequency
from evaluation.metrics.instructions.language import ResponseLanguage
from evaluation.metrics.instructions.layout import (
    ConstrainedResponse,
    EndChecker,
    JsonFormat,
    MultipleSections,
    NoComma,
    NumberBulletLists,
    NumberHighlightedSections,
    NumberPlaceholders,
    Postscript,
    Quotation,
    RepeatPrompt,
    Title,
    TwoResponses,
)
from evaluation.metrics.instructions.length import NthParagraphFirstWord, NumberParagraphs, NumberSentences, NumberWords
from evaluation.metrics.instructions.letter_case import CapitalWordFrequency, EnglishCapital, EnglishLowercase

__all__ = ["INSTRUCTIONS"]

INSTRUCTIONS: Catalogue[Instruction] = Catalogue(
    "instruction",
    Existence,
    Frequency,
    ForbiddenWords,
    LetterFrequency,
    ResponseLanguage,
    NumberSentences,
    NumberParagraphs,
    NumberWords,
    NthParagraphFirstWord,
    NumberPlaceholders,
    Postscript,
    NumberBulletLists,
    ConstrainedResponse,
    NumberHighlightedSections,
    MultipleSections,
    JsonFormat,
    Title,
    TwoResponses,
    RepeatPrompt,
    EndChecker,
    Quotation,
    CapitalWordFrequency,
    EnglishCapital,
    EnglishLowercase,
    NoComma,
)
