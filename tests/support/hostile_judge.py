"""A judge model to fear, as a script for a `ScriptedOllama`: broken verdicts, refusals, stalls, errors and biases.

What it does depends on nothing but its seed and the words that it is asked, so that asking again changes nothing and
the order of the questions does not matter. Below its vices it is a good judge: it knows how good an answer is.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from scripted_ollama import Chat, Reply

BROKEN = (
    '{"rationale": "The first one is be',
    '{"score": 4}',
    '{"verdict": "A"}',
    '{"rationale": "Fine.", "score": 11, "verdict": "C"}',
    '{"rationale": "Fine.", "score": "4", "verdict": 1}',
    '{"rationale": "Fine.", "score": true, "verdict": null}',
    '```json\n{"rationale": "Fine.", "score": 4}\n```',
    '{"rationale": "Fine.", "score": 4} I hope this helps!',
    '{"rationale": "Fine.", "score": 4, "score": 5}',
    "[[4]]",
    "4",
    "{'rationale': 'Fine.', 'score': 4}",
    '{"rationale": "\x1b[2J\u202e", "score": NaN}',
    "[" * 3000,
)
REFUSALS = ("I'm sorry, but I can't help with that.", "As a language model I do not compare answers.")

_PIECE = re.compile(r"<(\w+) ([0-9a-f]{12})>\n(.*?)\n</\1 \2>", re.DOTALL)


def known_quality(answer: str) -> float:
    """How good an answer is, in [0, 1): drawn from its words."""
    return _share("quality", answer)


@dataclass(frozen=True, kw_only=True)
class HostileJudge:
    """What the judge does, each as a share of the questions; one question meets one of the first four at most."""

    broken: float = 0.0
    """Writes what is no verdict."""
    refuses: float = 0.0
    """Says no, in words."""
    stalls: float = 0.0
    """Says nothing for `stall_s`."""
    fails: float = 0.0
    """Answers with `status`."""
    first: float = 0.0
    """Prefers whichever answer stands first."""
    longer: float = 0.0
    """Prefers the longer answer of a pair; grades by length alone."""
    ties: float = 0.0
    """Calls it a tie, where neither of the two above holds."""
    seed: int = 0
    stall_s: float = 60.0
    status: int = 500
    error: str = "an error was encountered while running the model"
    n_failures: int | None = None
    """A question fails so often and is then answered; None: always."""
    quality: Callable[[str], float] = field(default=known_quality)
    """How good it finds an answer, in [0, 1]."""

    def __call__(self, chat: Chat) -> Reply:
        """The reply to a question of `judge_rubric` or `judge_pairwise`; to anything else an answer without vices."""
        pieces = pieces_of(chat.prompt)
        drawn = self._draw("vice", chat.prompt)
        for share, vice in self._vices(chat):
            if drawn < share:
                return vice
            drawn -= share
        if "answer_A" in pieces:
            return _verdict(verdict=self._preference(chat.prompt, pieces["answer_A"], pieces["answer_B"]))
        if "answer" in pieces:
            return _verdict(score=self._grade(chat.prompt, pieces["answer"]))
        return Reply(text="I judge answers, and see none.")

    def _vices(self, chat: Chat) -> list[tuple[float, Reply]]:
        which = self._draw("which", chat.prompt)
        failing = self.n_failures is None or chat.n_before < self.n_failures
        failure = Reply(status=self.status, error=self.error)
        return [
            (self.broken, Reply(text=BROKEN[int(which * len(BROKEN))])),
            (self.refuses, Reply(text=REFUSALS[int(which * len(REFUSALS))])),
            (self.stalls, Reply(text="", delay_s=self.stall_s)),
            (self.fails if failing else 0.0, failure),
        ]

    def _preference(self, prompt: str, a: str, b: str) -> str:
        drawn = self._draw("bias", prompt)
        if drawn < self.first:
            return "A"
        if drawn < self.first + self.longer and len(a) != len(b):
            return "A" if len(a) > len(b) else "B"
        # The same for both orders: a tie is meant, not drawn.
        if self._draw("tie", *sorted((a, b))) < self.ties:
            return "tie"
        return "A" if (self.quality(a), a) > (self.quality(b), b) else "B"

    def _grade(self, prompt: str, answer: str) -> int:
        if self._draw("bias", prompt) < self.longer:
            return 1 + min(4, len(answer) // 100)
        return 1 + min(4, int(5 * self.quality(answer)))

    def _draw(self, *words: str) -> float:
        """A number in [0, 1) that depends on the seed and the words alone."""
        return _share(str(self.seed), *words)


def pieces_of(prompt: str) -> dict[str, str]:
    """The material in a judge's prompt, by its title."""
    return {title: text for title, _, text in _PIECE.findall(prompt)}


def _share(*words: str) -> float:
    digest = hashlib.sha256("\x00".join(words).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _verdict(**verdict: str | int) -> Reply:
    return Reply(text=json.dumps({"rationale": "By the criteria.", **verdict}))
