"""What cut an answer off is told from the tokens that the server counted."""

import pytest

from evaluation.truncation import CutBy, Limits

OPTIONS = {"num_predict": 100, "num_ctx": 256}


@pytest.mark.parametrize(
    ("prompt_tokens", "output_tokens", "trained", "effective", "cut"),
    [
        (50, 100, None, None, CutBy.NUM_PREDICT),
        (50, 100, 256, None, CutBy.NUM_PREDICT),
        (168, 88, None, None, CutBy.NUM_CTX),
        (168, 87, None, None, CutBy.NUM_CTX),
        (168, 88, 4096, None, CutBy.NUM_CTX),
        (168, 88, 256, None, CutBy.TRAINED_CONTEXT),
        (156, 100, None, None, CutBy.NUM_CTX),
        (300, 100, None, 512, CutBy.NUM_PREDICT),
        (80, 48, None, 128, CutBy.NUM_CTX),
        (50, 60, None, None, CutBy.UNKNOWN),
        (None, 100, None, None, CutBy.NUM_PREDICT),
        (None, 60, None, None, CutBy.UNKNOWN),
        (50, None, None, None, CutBy.UNKNOWN),
    ],
    ids=[
        "num_predict",
        "num_predict although num_ctx is all there is",
        "the context",
        "the context but for the last token",
        "the context, and the model has more",
        "the context, and the model has no more",
        "both at once: a larger num_predict alone would not help",
        "num_predict in a context that was rounded up",
        "a context smaller than was asked for",
        "neither",
        "num_predict, the prompt not counted",
        "the prompt not counted",
        "nothing counted",
    ],
)
def test_the_three_limits_are_told_apart(prompt_tokens, output_tokens, trained, effective, cut):
    limits = Limits.of(OPTIONS, trained_context=trained)
    assert cut is limits.cut_by(prompt_tokens=prompt_tokens, output_tokens=output_tokens, effective_context=effective)


@pytest.mark.parametrize(
    ("cut", "where", "step"),
    [
        (CutBy.NUM_PREDICT, "at num_predict=100", "raise num_predict"),
        (CutBy.NUM_CTX, "where the context was full (num_ctx=256)", "raise num_ctx (up to 4,096)"),
        (CutBy.TRAINED_CONTEXT, "where the 4,096 tokens ended that the model was trained for", "larger context"),
        (CutBy.UNKNOWN, "by a limit that the server does not name", "a limit of the server's"),
    ],
)
def test_each_has_its_own_words_and_step(cut, where, step):
    limits = Limits.of(OPTIONS, trained_context=4096)
    assert where == limits.where(cut)
    assert step in limits.step(cut)


def test_options_that_are_not_known_cut_nothing():
    assert CutBy.UNKNOWN is Limits.of({}).cut_by(prompt_tokens=5, output_tokens=5)
    assert CutBy.NUM_CTX is Limits.of({}).full_context
