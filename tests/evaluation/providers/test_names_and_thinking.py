import pytest

from evaluation.model_info import ModelInfo
from evaluation.providers.model_names import find_model, full_name, is_remote
from evaluation.providers.streamed_answer import split_thinking


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tiny", "tiny:latest"),
        ("tiny:1b", "tiny:1b"),
        ("hf.co/a/b", "hf.co/a/b:latest"),
        ("host:5000/a", "host:5000/a:latest"),
        ("host:5000/a:Q4", "host:5000/a:Q4"),
    ],
)
def test_a_name_without_a_tag_means_latest(name: str, expected: str) -> None:
    assert expected == full_name(name)


MODELS = tuple(ModelInfo(name=name, digest=None) for name in ("Tiny:latest", "other:1b", "plain-id"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("tiny", "Tiny:latest"), ("OTHER:1B", "other:1b"), ("plain-id", "plain-id"), ("other", None), ("", None)],
)
def test_a_model_is_found_as_its_server_would_find_it(name: str, expected: str | None) -> None:
    found = find_model(MODELS, name)
    assert expected == (found.name if found else None)


def test_an_exact_name_goes_before_a_similar_one() -> None:
    models = tuple(ModelInfo(name=name, digest=None) for name in ("ABC:latest", "abc:latest"))
    found = find_model(models, "abc:latest")
    assert models[1] is found


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("gpt-oss:120b-cloud", True),
        ("glm-5:cloud", True),
        ("cloud", False),
        ("cloudy:7b", False),
        (ModelInfo(name="mine:latest", digest=None, remote_host="https://elsewhere.example"), True),
        (ModelInfo(name="x:cloud", digest=None), True),
        (ModelInfo(name="mine:latest", digest=None), False),
    ],
)
def test_a_model_on_somebody_elses_machine_is_known(model: ModelInfo | str, expected: bool) -> None:
    assert expected is is_remote(model)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", ("", "42")),
        ("<think>hm</think>\n\n42", ("hm", "42")),
        ("so far</think> 42", ("so far", "42")),
        ("<think></think>42", ("", "42")),
        ("<think>a</think><think>b</think>42", ("a\nb", "42")),
        ("<think>never closed", ("never closed", "")),
        ("Use <think>x</think> tags", ("", "Use <think>x</think> tags")),
        ("  \n<think>hm</think>42", ("hm", "42")),
        ("", ("", "")),
    ],
)
def test_thoughts_are_taken_off_the_front_alone(text: str, expected: tuple[str, str]) -> None:
    assert expected == split_thinking(text)
