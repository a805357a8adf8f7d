"""What a request says, read piece by piece: durations, options, schemas, and the header of a model file."""

import struct
from pathlib import Path
from typing import Any

import pytest

from deployments.embedded.baseline_engine import baseline_models
from deployments.embedded.gguf import read_header
from deployments.embedded.llama_engine import chat_prompt
from deployments.embedded.options import full_options, keep_alive_s, load_options
from deployments.embedded.prompt_window import kept_range
from deployments.embedded.replies import WireError, go_time
from deployments.embedded.schema import schema_of
from evaluation.errors import ConfigurationError

LEAD = baseline_models()[0]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [(None, None), (30, 30.0), (1.5, 1.5), (0, 0.0), ("0", 0.0), ("10m", 600.0), ("1h30m", 5400.0), ("50ms", 0.05)],
)
def test_a_keep_alive_is_seconds_or_a_duration(given: Any, seconds: float | None) -> None:
    assert pytest.approx(seconds) == keep_alive_s(given)


@pytest.mark.parametrize("given", [-1, "-1m"])
def test_a_negative_keep_alive_is_for_ever(given: Any) -> None:
    seconds = keep_alive_s(given)
    assert seconds is not None
    assert seconds > 1e9


@pytest.mark.parametrize("given", ["soon", "10", "m", "1h x", True, []])
def test_any_other_keep_alive_is_refused(given: Any) -> None:
    with pytest.raises(WireError) as refused:
        keep_alive_s(given)
    assert 400 == refused.value.status


def test_floats_are_cut_to_integers_and_integers_are_floats_too() -> None:
    options = full_options({"seed": 7.9, "temperature": 1}, LEAD)
    assert (7, 1.0) == (options["seed"], options["temperature"])


@pytest.mark.parametrize(("given", "cap"), [(5, 5), (-1, 2560), (0, 2560), (10**6, 2560)])
def test_num_predict_is_capped_at_ten_times_the_context(given: int, cap: int) -> None:
    assert cap == full_options({"num_predict": given, "num_ctx": 256}, LEAD)["num_predict"]


def test_sampling_options_do_not_reload_a_model_and_load_options_do() -> None:
    def load(shift: bool = True, **given: Any) -> Any:
        return load_options(full_options(given, LEAD), LEAD, shift=shift)

    assert load() == load(seed=3, temperature=0.1, stop=["x"])
    assert 5 == len({load(), load(num_ctx=512), load(num_thread=1), load(num_batch=64), load(shift=False)})


def test_half_the_window_stays_of_an_overlong_prompt() -> None:
    front, tail = kept_range(2048, 4)
    assert (4, 1026) == (front, front + tail)


@pytest.mark.parametrize(("at_ns", "text"), [(0, "1970-01-01T00:00:00Z"), (1_500_000_000, "1970-01-01T00:00:01.5Z")])
def test_times_are_written_as_go_writes_them(at_ns: int, text: str) -> None:
    assert text == go_time(at_ns)


def test_messages_become_chatml_and_nothing_is_added() -> None:
    expected = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    assert expected == chat_prompt((("system", "Be kind."), ("user", "Hi")))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"type": "array", "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "integer"}}},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
        {"properties": {"a": True}},
    ],
)
def test_a_sound_schema_is_taken_as_it_is(schema: Any) -> None:
    assert schema == schema_of(schema)


@pytest.mark.parametrize("schema", [{"items": {"type": "strin"}}, {"anyOf": [{"$ref": "#/$defs/b"}]}, {"items": 3}])
def test_an_unsound_schema_is_a_400(schema: Any) -> None:
    with pytest.raises(WireError) as refused:
        schema_of(schema)
    assert 400 == refused.value.status


def _text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def test_the_header_of_a_model_file_is_read_without_its_weights(tmp_path: Path) -> None:
    keys = [
        _text("general.architecture") + struct.pack("<I", 8) + _text("llama"),
        _text("llama.context_length") + struct.pack("<II", 4, 8192),
        _text("words") + struct.pack("<IIQ", 9, 8, 2) + _text("a") + _text("bc"),
        _text("scores") + struct.pack("<IIQ", 9, 6, 2) + bytes(8),
        _text("general.file_type") + struct.pack("<II", 4, 3),
    ]
    tensor = _text("embedding") + struct.pack("<IQQIQ", 2, 4, 6, 8, 0)
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys)) + b"".join(keys) + tensor)
    header = read_header(path)
    assert (8192, "Q4_1", 24) == (header.of_architecture("context_length"), header.quantization, header.n_parameters)
    assert (("embedding", "Q8_0", (4, 6)),) == header.tensors
    assert header.keys["words"] is None


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.gguf"
    path.write_text("not a model")
    with pytest.raises(ConfigurationError, match="not a GGUF file"):
        read_header(path)
