"""How much text fits a model's context, as far as that can be told without its tokenizer."""

from collections.abc import Sequence
from itertools import accumulate, takewhile

from evaluation.words import n_words

TOKENS_PER_WORD = 1.5
"""Tokens assumed for a word where the server counts none; on the safe side for European languages."""
PROMPT_MARGIN = 64
"""Tokens kept for the words around a prompt that a chat template adds."""


def estimated_tokens(text: str) -> int:
    """Return the tokens that a text is assumed to have where nobody has counted them."""
    return int(n_words(text) * TOKENS_PER_WORD) + 1


def n_that_fit(texts: Sequence[str], room: int) -> int:
    """Return how many of the texts, from the first one on, have room in so many tokens."""
    return len(list(takewhile(lambda total: total <= room, accumulate(map(estimated_tokens, texts)))))
