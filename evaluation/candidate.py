"""Candidates, the units of comparison: a model with its options, prompt profile, think mode and pipeline."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
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


def last_parts(path: str, n: int) -> str:
    """Return the last `n` parts of a path."""
    return "/".join(path.rstrip("/").split("/")[-n:]) or path


@dataclass(frozen=True, kw_only=True)
class PipelineChoice:
    """The pipeline of a candidate: how it answers a case with several requests."""

    name: str
    """Name in the catalogue, or `path.py:Class`."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The options that the user set, as text."""
    signature: str
    """The pipeline with all its options and its version."""
    models: Mapping[str, str | None] = field(default_factory=dict)
    """Digests of the other models that it asks, by their names; None for unverified weights."""
    corpus: str | None = None
    """Hash of its documents; None without a corpus."""

    @property
    def identity(self) -> list[Any]:
        """All that can change its answers, as plain JSON."""
        return [self.signature, sorted(self.models.items()), self.corpus]

    @property
    def parts(self) -> dict[str, str]:
        """What may change under the same label, with its identity: weights of other models, corpus, the pipeline."""
        weights = {f"the weights of {name}": digest for name, digest in self.models.items() if digest is not None}
        corpus = {} if self.corpus is None else {"the corpus": self.corpus}
        return {**weights, **corpus, "the pipeline's version or defaults": self.signature}

    @property
    def paths(self) -> dict[str, str]:
        """The pipeline and the options that the user set, by the words that a label has for them, in full."""
        return {"pipeline": self.name, **self.options}

    @property
    def words(self) -> list[str]:
        """The words of a label: the pipeline and the options that the user set, a path by its last part."""
        return self.words_with({})

    def words_with(self, n_parts: Mapping[str, int]) -> list[str]:
        """Return the words of a label, with as many of a path's last parts as `n_parts` says."""
        return [f"{word}={last_parts(path, n_parts.get(word, 1))}" for word, path in self.paths.items()]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model with its options, prompt profile, think mode and pipeline."""

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
    pipeline: PipelineChoice | None = None
    """None: the model is asked directly."""

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two candidates whose answers may be pooled."""
        weights = self.digest if self.digest is not None else [self.model, self.endpoint_identity]
        identity = {
            "weights": weights,
            "options": dict(self.options),
            "profile": self.profile.hash,
            "think": self.think,
        }
        # Left out without one, so that candidates of versions that knew no pipelines keep their fingerprints.
        return fingerprint(identity if self.pipeline is None else identity | {"pipeline": self.pipeline.identity})

    @property
    def pipeline_models(self) -> tuple[str, ...]:
        """Names of the other models that its pipeline asks."""
        return () if self.pipeline is None else tuple(self.pipeline.models)

    @property
    def label(self) -> str:
        """A short display name: the model, and what differs from the defaults."""
        return self.label_with(())

    def label_with(self, names: Collection[str], *, n_parts: Mapping[str, int] = MappingProxyType({})) -> str:
        """Return the label, with these options (`profile` is one) included even at their defaults.

        Args:
            names: The options.
            n_parts: How many of a path's last parts to show, by `PipelineChoice.paths`; one of those left out.
        """
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
        if self.pipeline is not None:
            words += self.pipeline.words_with(n_parts)
        return " ".join(words)


_UNSET = object()
