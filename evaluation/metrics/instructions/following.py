"""Which of its instructions does an answer follow, taken as it is or generously?"""

from functools import lru_cache

from evaluation.metrics.instructions.instruction import Instruction


def variants(answer: str) -> tuple[str, ...]:
    """Return the answer as it is and seven more: without its first line, its last or both, each also without asterisks.

    So that "Sure, here it is:" and bold type are forgiven. Each text once.
    """
    lines = answer.split("\n")
    shortened = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    texts = [answer, *shortened]
    return tuple(dict.fromkeys([*texts, *(text.replace("*", "") for text in texts)]))


@lru_cache(maxsize=4)
def followed(instructions: tuple[Instruction, ...], answer: str, *, loosely: bool) -> tuple[bool, ...]:
    """For each instruction, whether the answer (loosely: any of its variants) follows it. A blank one follows none.

    Remembered for a few answers, since several metrics ask the same.
    """
    texts = [text for text in (variants(answer) if loosely else (answer,)) if text.strip()]
    return tuple(any(map(instruction.is_followed, texts)) for instruction in instructions)
