"""Candidates from files: `--candidate @winner.yaml`, and whether the servers have the very same candidate."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal.output import print_status
from evaluation.candidate import Candidate, PromptProfile
from evaluation.candidate_files.reading import LoadedCandidate, read_candidate
from evaluation.candidate_files.request_text import text_of
from evaluation.errors import ConfigurationError, UnknownNameError

if TYPE_CHECKING:
    from evaluation.store.session import Store

MARK = "@"
"""First character of a candidate that is the path of a file."""
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


def with_candidate_files(
    fields: Mapping[str, Any], store: "Store"
) -> tuple[dict[str, Any], tuple[LoadedCandidate, ...]]:
    """Return the fields of a request with each file's candidate as its text, and what the files hold.

    The prompt profiles of the files are stored.

    Raises:
        ConfigurationError: a file that cannot be read, or holds no candidate.
    """
    requested = fields.get("candidates")
    texts = [requested] if isinstance(requested, str) else requested
    if not isinstance(texts, list | tuple):
        return dict(fields), ()
    files: list[LoadedCandidate] = []
    candidates: list[Any] = []
    for text in texts:
        if not (isinstance(text, str) and text.strip().startswith(MARK)):
            candidates.append(text)
            continue
        loaded = read_candidate(Path(text.strip().removeprefix(MARK)).expanduser())
        for change in loaded.changes:
            print_status(f"note: {change}")
        files.append(loaded)
        profile = _stored_profile(loaded, store)
        candidates.append(text_of(loaded.configuration, profile=profile))
    return {**fields, "candidates": candidates}, tuple(files)


def _stored_profile(loaded: LoadedCandidate, store: "Store") -> str:
    """Return the name of the file's prompt profile, under which it is stored now."""
    from evaluation.store.registry import save_profile

    profile = loaded.configuration.profile
    for name in (profile.name, f"{_plain_name(profile.name)}-{profile.hash[:12]}"):
        current = _current_profile(name, store)
        if current is not None and current.hash == profile.hash:
            return name
        if current is None and _PROFILE_NAME.fullmatch(name):
            save_profile(store, PromptProfile(**{**_parts(profile), "name": name}))
            print_status(f"note: the prompt profile of {loaded.path} is stored as {name}")
            return name
    raise ConfigurationError(
        f"candidate file {str(loaded.path)!r}: the name of its prompt profile is taken: {profile.name!r}",
        "Change the name in the file; it is no part of the candidate.",
    )


def _plain_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:40] or "profile"


def _parts(profile: PromptProfile) -> dict[str, Any]:
    return {"system": profile.system, "template": profile.template, "examples": profile.examples}


def _current_profile(name: str, store: "Store") -> PromptProfile | None:
    from evaluation.resolution.candidates import find_profile

    try:
        return find_profile(name, store=store)
    except UnknownNameError:
        return None


def refuse_other_candidates(files: Sequence[LoadedCandidate], resolved: Sequence[Candidate]) -> None:
    """Check that the servers have the candidates of the files, with the same weights.

    Raises:
        ConfigurationError: names what differs.
    """
    fingerprints = {candidate.fingerprint for candidate in resolved}
    for loaded in files:
        if loaded.fingerprint not in fingerprints:
            raise _difference(loaded, resolved)


def _difference(loaded: LoadedCandidate, resolved: Sequence[Candidate]) -> ConfigurationError:
    measured = loaded.candidate
    alike = [candidate for candidate in resolved if _same_model(candidate.model, measured.model)]
    here = min(alike, key=lambda candidate: len(_differing(measured, candidate)))
    step = (
        f"Get those weights back, or ask those that are here: `--candidate "
        f"{text_of(loaded.configuration, profile=here.profile.name)!r}`, and measure anew."
    )
    named = f"candidate file {str(loaded.path)!r}: model {measured.model!r}"
    if measured.digest != here.digest:
        return ConfigurationError(
            f"{named} has other weights here: {_weights(here)}, and it was measured with {_weights(measured)}", step
        )
    if measured.digest is None:
        return ConfigurationError(
            f"{named} has unverified weights, and it was measured at {measured.endpoint_identity}, which is not "
            f"{here.endpoint_identity}",
            step,
        )
    parts = ", ".join(_differing(measured, here))
    return ConfigurationError(f"{named} would be asked in another way here: {parts}", "Export it anew.")


def _same_model(name: str, other: str) -> bool:
    return name.removesuffix(":latest") == other.removesuffix(":latest")


def _weights(candidate: Candidate) -> str:
    return "unverified ones" if candidate.digest is None else candidate.digest


def _differing(measured: Candidate, here: Candidate) -> list[str]:
    parts = {
        "options": (dict(measured.options), dict(here.options)),
        "profile": (measured.profile.hash, here.profile.hash),
        "think": (measured.think, here.think),
    }
    return [f"{name} {there!r} became {now!r}" for name, (there, now) in parts.items() if there != now]
