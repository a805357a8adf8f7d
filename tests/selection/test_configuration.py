import json
import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ollama_modelfile import read_modelfile

from evaluation.errors import ConfigurationError
from evaluation.records.evidence import Choosable, Place
from selection.configuration import as_environment, as_modelfile, written_as

HERE = Place(name="box", url="http://box:11434", provider="ollama")
WRITTEN = st.text(
    st.sampled_from(list("ab \"'\n\r\t#\\ä\u200d\x1b\xa0\x85\u2028\ufeff🫠")) | st.characters(), max_size=40
)


def choosable(**changed: Any) -> Choosable:
    given: dict[str, Any] = {"key": "k", "label": "llama3.2:3b", "model": "llama3.2:3b", "places": (HERE,)}
    return Choosable(**{**given, **changed})


def directives(candidate: Choosable) -> list[tuple[str, str]]:
    return read_modelfile(as_modelfile(candidate))


def test_a_modelfile_holds_the_weights_the_parameters_and_the_system_prompt() -> None:
    candidate = choosable(
        options={
            "temperature": 0.0,
            "num_ctx": 8192,
            "use_mmap": False,
            "stop": ["<|end|>", 'a "b"'],
            "top_k": "model",
        },
        system='Be brief.\nSay "no" where you do not know.',
        template="Q: {prompt}\nA:",
        think=False,
    )

    assert [
        ("FROM", "llama3.2:3b"),
        ("PARAMETER temperature", "0"),
        ("PARAMETER num_ctx", "8192"),
        ("PARAMETER use_mmap", "false"),
        ("PARAMETER stop", "<|end|>"),
        ("PARAMETER stop", 'a "b"'),
        ("SYSTEM", 'Be brief.\nSay "no" where you do not know.'),
    ] == directives(candidate)
    assert "# ask with this prompt template (Benchwright's, not Ollama's TEMPLATE): Q: {prompt} A:" in as_modelfile(
        candidate
    )
    assert "# ask with think=false" in as_modelfile(candidate)


def test_a_modelfile_keeps_every_digit_and_the_worked_examples() -> None:
    candidate = choosable(
        options={"temperature": 0.1234567, "top_p": 1e-05},
        template="Q: {prompt}",
        examples=(("What is 1?", "one\nor 1"),),
    )

    assert [
        ("FROM", "llama3.2:3b"),
        ("PARAMETER temperature", "0.1234567"),
        ("PARAMETER top_p", "1e-05"),
        ("MESSAGE user", "Q: What is 1?"),
        ("MESSAGE assistant", "one\nor 1"),
    ] == directives(candidate)


@given(system=WRITTEN, stop=WRITTEN, template=WRITTEN, label=WRITTEN)
@example(system='x"""\nFROM evil', stop="", template="", label="x\nFROM evil")
@example(system='x""\u200d"  \nFROM evil', stop='"""\nFROM evil', template="{prompt}\rFROM evil", label="")
@example(system='"""\nFROM evil', stop='"', template="", label="")
@example(system='""\nx', stop='""', template="", label="")
def test_no_text_adds_a_directive(system: str, stop: str, template: str, label: str) -> None:
    candidate = choosable(system=system, options={"stop": [stop]}, template=template or "{prompt}", label=label)

    found = directives(candidate)

    assert ("FROM", "llama3.2:3b") == found[0]
    assert {"FROM", "PARAMETER stop", "SYSTEM"} >= {name for name, _ in found}
    assert 1 == [name for name, _ in found].count("FROM")
    assert [stop] * len(found[1:]) >= [said for name, said in found[1:] if name == "PARAMETER stop"]
    if "invisible ones" not in as_modelfile(candidate):
        assert [system] * bool(system) == [said for name, said in found if name == "SYSTEM"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('say """\nthen', "say '''\nthen"),
        ('say """" \nthen', "say '''' \nthen"),
        ('say """ then\nmore', 'say """ then\nmore'),
        ('the end is """', 'the end is """'),
        ("one\u200bword\xa0more\r\nline", "oneword more\nline"),
    ],
)
def test_what_a_modelfile_cannot_hold_is_changed_as_little_as_can_be_and_said(text: str, held: str) -> None:
    candidate = choosable(system=text)

    assert ("SYSTEM", held) == directives(candidate)[-1]
    assert (text != held) == ("the format json holds them all" in as_modelfile(candidate))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "llama\nSYSTEM evil"}, "is not a model name for Ollama"),
        ({"model": "./weights"}, "is not a model name for Ollama"),
        ({"model": "a/../../etc/passwd"}, "is not a model name for Ollama"),
        ({"model": "baseline-lead"}, "is a program"),
        ({"places": (Place(name="v", url="http://v", provider="openai_compatible"),)}, "served by openai_compatible"),
    ],
)
def test_what_ollama_cannot_load_is_refused_with_another_form(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as refused:
        as_modelfile(choosable(**changed))

    assert "the format yaml, json or env." in (refused.value.next_step or "")


def test_json_holds_all_that_it_takes_to_call_it() -> None:
    found = json.loads(written_as(choosable(system='"""\nFROM evil', options={"num_ctx": 8192}), "json"))

    assert ("llama3.2:3b", {"num_ctx": 8192}, '"""\nFROM evil') == (found["model"], found["options"], found["system"])
    assert [{"name": "box", "url": "http://box:11434", "provider": "ollama"}] == found["endpoints"]


def test_a_shell_reads_the_values_and_obeys_none() -> None:
    hostile = 'a\'b\n$(touch x) `id` "c" \\ \x1b[2J é'
    lines = as_environment(choosable(model=hostile, system=hostile, options={"stop": ["'"]}, think="low"))

    program = f'{lines}\nprintf "%s|%s|%s|%s|%s" "$LLM_MODEL" "$LLM_SYSTEM" "$LLM_OPTIONS" "$LLM_THINK" "$LLM_ENDPOINT"'
    said = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True).stdout

    assert [hostile, hostile, '{ "stop": [ "\'" ] }', "low", "http://box:11434"] == said.split("|")
    assert "\x1b" not in lines
    assert as_environment(choosable()).startswith("export LLM_MODEL=llama3.2:3b\n")
    embedded = Place(name="embedded", url=None, provider="ollama")
    assert "export LLM_MODEL=llama3.2:3b\n" == as_environment(choosable(places=(embedded,)))
