"""Prompt profiles: those shipped with Benchwright, and reading one from a file."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.candidate import PLAIN_PROFILE, PromptProfile, WorkedExample
from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import read_settings_text
from evaluation.files.unreadable import unreadable
from evaluation.files.yaml_text import read_yaml
from evaluation.requests.request_model import file_step

WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of a profile",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be letters, digits, dots, dashes and underscores, 64 at most",
    "tuple_type": "must be a list",
    "model_type": "must hold a prompt and an answer",
}
"""Messages for pydantic's types of error."""
EXAMPLE = "For example, in YAML: template: 'Answer in one word. {prompt}'"
STANDARD_PROFILES: Mapping[str, PromptProfile] = {
    profile.name: profile
    for profile in (
        PLAIN_PROFILE,
        PromptProfile(name="concise", system="Answer as briefly as possible, without any explanation."),
        PromptProfile(
            name="step-by-step",
            template="{prompt}\n\nThink step by step, then give the final answer on a line of its own.",
        ),
    )
}


class _ExampleFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    prompt: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class _ProfileFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    system: str | None = None
    template: str = "{prompt}"
    examples: tuple[_ExampleFile, ...] = ()


def read_profile(path: Path) -> PromptProfile:
    """Read the prompt profile in a YAML file with `name`, `system`, `template` and `examples`.

    Raises:
        ConfigurationError: no such file, not YAML, a wrong field, or a template without `{prompt}`.
    """
    import yaml

    try:
        content = read_yaml(read_settings_text(path), is_settings=True)
    except OSError as error:
        raise unreadable(path, error, what="the profile") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{str(path)!r} is not YAML: {' '.join(str(error).split())}", EXAMPLE) from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{str(path)!r} is not a mapping with name, system, template and examples", EXAMPLE)
    try:
        profile = _ProfileFile.model_validate({"name": path.stem, **content})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {WORDS.get(item['type'], item['msg'])}" for item in error.errors()
        )
        step = file_step(error, outer=_ProfileFile, inner=_ExampleFile, example=EXAMPLE)
        raise ConfigurationError(f"profile {str(path)!r}: {problems}", step) from None
    if "{prompt}" not in profile.template:
        raise ConfigurationError(
            f"profile {str(path)!r}: its template lacks {{prompt}}, so every case would get the same prompt",
            EXAMPLE,
        )
    examples = tuple(WorkedExample(prompt=item.prompt, answer=item.answer) for item in profile.examples)
    return PromptProfile(name=profile.name, system=profile.system, template=profile.template, examples=examples)
