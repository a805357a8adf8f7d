"""N-gram baseline: a continuation based only on which words have followed one another before."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evaluation.baselines.baseline import Baseline, generator_for

_FAMILIAR_TEXT = """
The answer is that there are many ways to do it, and most of them begin with a simple step. First look at what you
have, then think about what you need, and then write down the difference. In the morning the light came over the hill
and the people of the village went to work. Some of them walked to the river, and some of them stayed in the fields.
A good answer says what is known, what is not known, and what to do next. One day a small ship left the harbour with
three sailors and a dog. The wind was strong and the sea was high, but the ship was well built and they were not
afraid. If the number is even, divide it by two; if it is odd, add one and try again. The most important thing is to
be clear. There is a reason for this, and it is not hard to see. When the water is warm, it rises, and when it is
cold, it sinks. The result is the sum of all the parts. It is said that the city was built on seven hills. She opened
the door and looked at the garden, where the old tree had begun to flower. It was the first time in many years that
the winter had been so short. To make bread you need flour, water, salt and time. The question is not how much we
have, but how well we use it. He wrote a letter to his friend and told him that the work was done. For example, a
list of names can be put in order by comparing two of them at a time. The end of the story is the beginning of
another one.
"""


@dataclass(frozen=True, kw_only=True)
class Ngram(Baseline):
    """A continuation sampled word by word from what followed the same words in the prompt and a short built-in text."""

    name: ClassVar[str] = "baseline-ngram"
    summary: ClassVar[str] = "a continuation drawn from word sequences seen so far"

    order: int = 3
    """Length of the word sequences: 3 predicts a word from the two before it."""
    n_words: int = 40
    """Length in words unless a limit is given; the answer ends with the sentence that reaches it."""

    def _answer(self, prompt: str, *, seed: int, limit: int | None) -> str:
        heard = prompt.split()
        followers = _followers([_FAMILIAR_TEXT.split(), heard], self.order)
        rng = generator_for(seed, prompt)
        n_words = self.n_words if limit is None else min(self.n_words, max(limit, 1))
        spoken: list[str] = []
        while len(spoken) < 2 * n_words:
            spoken.append(_next_word(heard + spoken, followers, self.order, rng))
            if len(spoken) >= n_words and (limit is not None or spoken[-1].endswith((".", "!", "?"))):
                break
        return " ".join(spoken)


def _followers(texts: Sequence[Sequence[str]], order: int) -> Mapping[tuple[str, ...], list[str]]:
    """Return, for each sequence of 0 to `order` - 1 words, the words that followed it, as often as they did."""
    followers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for text in texts:
        for end in range(len(text)):
            for length in range(min(order, end + 1)):
                followers[tuple(text[end - length : end])].append(text[end])
    return followers


def _next_word(
    heard: Sequence[str], followers: Mapping[tuple[str, ...], list[str]], order: int, rng: "np.random.Generator"
) -> str:
    """Return a word drawn from the followers of the longest known ending (backoff; Katz 1987 without discounts)."""
    for length in range(min(order - 1, len(heard)), 0, -1):
        next_words = followers.get(tuple(heard[len(heard) - length :]))
        if next_words:
            return next_words[int(rng.integers(len(next_words)))]
    every = followers[()]
    return every[int(rng.integers(len(every)))]
