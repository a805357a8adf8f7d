"""Candidates, the units of comparison: a model with its options, prompt profile and think mode."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evaluation.case import Message
from evaluation.fingerprint import fingerprint

DEFAULT_OPTIONS: Mapping[str, Any] = {"temperature": 0.0, "num_ctx": 4096}
"""Options of every candidate unless the user sets them; part of its fingerprint."""
DEFAULT_NUM_PREDICT = 1024
"""Limit of output tokens where neither the benchmark nor the user sets one; not used for `OPEN_LENGTH_TASKS`."""
OPEN_LENGTH_TASKS = frozenset({"generation", "instruction_following"})
"""Tasks whose answers are limited only by the end of the model's context (`num_ctx`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedExample:
    """A question with its answer, shown to the model before the case."""

    prompt: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class PromptProfile:
    """A named set of prompting instructions. Different profiles make different candidates."""

    name: str
    system: str | None = None
    template: str = "{prompt}"
    examples: tuple[WorkedExample, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Identity of the profile: all but its name."""
        examples = [[example.prompt, example.answer] for example in self.examples]
        return fingerprint({"system": self.system, "template": self.template, "examples": examples})

    def wrap(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return the benchmark's messages with this profile applied."""
        own_system = (Message(role="system", content=self.system),) if self.system else ()
        shown = tuple(
            turn
            for example in self.examples
            for turn in (
                Message(role="user", content=self._fill(example.prompt)),
                Message(role="assistant", content=example.answer),
            )
        )
        given_system = tuple(message for message in messages if message.role == "system")
        rest = [message for message in messages if message.role != "system"]
        last_user = max((i for i, message in enumerate(rest) if message.role == "user"), default=None)
        if last_user is not None:
            rest[last_user] = Message(role="user", content=self._fill(rest[last_user].content))
        system = _joined_system(own_system + given_system)
        return system + shown + tuple(rest)

    def _fill(self, prompt: str) -> str:
        return self.template.replace("{prompt}", prompt)


def _joined_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    if len(messages) < 2:
        return messages
    return (Message(role="system", content="\n\n".join(message.content for message in messages)),)


PLAIN_PROFILE = PromptProfile(name="plain")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model with its options, prompt profile and think mode."""

    model: str
    """Full name with tag, as reported by the server."""
    digest: str | None
    """None for unverified weights, in which case `endpoint_identity` is part of the fingerprint."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The user's explicit options over `DEFAULT_OPTIONS`, without those of a benchmark."""
    profile: PromptProfile = PLAIN_PROFILE
    think: bool | str | None = None
    endpoint_identity: str | None = None
    """The endpoint and its server's description of the model, where no digest is available."""

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two candidates whose answers may be pooled."""
        weights = self.digest if self.digest is not None else [self.model, self.endpoint_identity]
        return fingerprint(
            {"weights": weights, "options": dict(self.options), "profile": self.profile.hash, "think": self.think}
        )

    @property
    def label(self) -> str:
        """A short display name: the model, and what differs from the defaults."""
        return self.label_with(())

    def label_with(self, names: Collection[str]) -> str:
        """Return the label, with these options (`profile` is one) included even at their defaults."""
        words = [self.model.removesuffix(":latest")]
        words += [
            f"{key}={value}"
            for key, value in sorted(self.options.items())
            if key in names or DEFAULT_OPTIONS.get(key, _UNSET) != value
        ]
        if "profile" in names or self.profile.name != PLAIN_PROFILE.name:
            words.append(f"profile={self.profile.name}")
        if self.think is not None:
            words.append(f"think={str(self.think).lower()}")
        return " ".join(words)


_UNSET = object()
