"""How well does self-consistency's confidence say how often its answer is right, where the truth is known?

Each simulated question has a distribution over answers, drawn from a Dirichlet distribution; the truth is drawn from
the same distribution, as for a model whose samples mean what they say. The pipeline itself takes `n` samples of each
and votes. Printed by `n`: the mean confidence, the share of right answers, the expected calibration error, and the
largest gap between the two among ten bins of confidence with at least 100 questions. In a second population the model
is misled in a share of questions: confidence cannot know of it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from evaluation.case import Benchmark, Case
from evaluation.generation import Generation
from evaluation.pipelines.pipeline import PipelineInput
from evaluation.pipelines.self_consistency import SelfConsistency
from evaluation.pipelines.stages import ModelReply
from evaluation.pipelines.walk import Walk

BENCHMARK = Benchmark(name="population", task_type="reasoning", cases=())
CASE = Case(case_id="a", prompt="?")


def vote(answers: Sequence[int]) -> tuple[int, float]:
    """Return the answer and the confidence of the pipeline on these samples."""
    pipeline = SelfConsistency(n=len(answers), extractor="text")
    walk = Walk(pipeline, PipelineInput(case=CASE, benchmark=BENCHMARK))
    texts = [f"answer{answer}" for answer in answers]
    walk.feed([ModelReply(generation=Generation(answer=text, text=text)) for text in texts])
    if walk.result is None or walk.result.confidence is None:
        raise RuntimeError("the pipeline asks more than its samples")
    return int(walk.result.answer.removeprefix("answer")), walk.result.confidence


def measure(n: int, *, n_questions: int, n_answers: int, spread: float, wrong: float, seed: int) -> dict[str, float]:
    """Return the calibration of votes of `n` samples in one population."""
    generator = np.random.default_rng([seed, n])
    confidence, right = np.empty(n_questions), np.empty(n_questions)
    for question in range(n_questions):
        shares = generator.dirichlet(np.full(n_answers, spread))
        truth = generator.choice(n_answers, p=shares)
        if generator.random() < wrong:
            truth = -1
        answer, confidence[question] = vote(generator.choice(n_answers, p=shares, size=n))
        right[question] = answer == truth
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [
        abs(confidence[bins == place].mean() - right[bins == place].mean())
        for place in range(10)
        if (bins == place).sum() >= 100
    ]
    return {
        "confidence": round(float(confidence.mean()), 3),
        "right": round(float(right.mean()), 3),
        "expected_calibration_error": round(
            float(
                sum(
                    (bins == place).mean() * abs(confidence[bins == place].mean() - right[bins == place].mean())
                    for place in range(10)
                    if (bins == place).any()
                )
            ),
            3,
        ),
        "largest_gap": round(float(max(gaps)), 3),
    }


def main() -> None:
    """Print the calibration as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--answers", type=int, default=5, help="possible answers of each question")
    parser.add_argument("--spread", type=float, default=0.3, help="parameter of the Dirichlet distribution")
    parser.add_argument("--wrong", type=float, default=0.1, help="share of questions on which the model is misled")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    common = {
        "n_questions": options.questions,
        "n_answers": options.answers,
        "spread": options.spread,
        "seed": options.seed,
    }
    figures = {
        kind: {n: measure(n, wrong=wrong, **common) for n in (3, 5, 10, 20, 40)}
        for kind, wrong in (("honest", 0.0), ("misled", options.wrong))
    }
    print(json.dumps({"program": "confidence_calibration", **common, **figures}))


if __name__ == "__main__":
    main()
