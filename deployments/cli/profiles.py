"""The `benchwright profiles` commands: list, show and add prompt profiles."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_to_list
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_table
from evaluation.candidate import PromptProfile
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json as results_as_json
from evaluation.results.catalogue_entries import ProfileFacts

profiles = typer.Typer(no_args_is_help=True, help="Prompt profiles: list, show, add.")


@profiles.command("list")
def list_profiles(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the standard and the stored profiles."""
    profile_list = known_profiles(db)
    if as_json:
        print_json([results_as_json(facts) for facts in profile_list])
        return
    print_table(
        ("profile", "hash", "system", "template", "examples", "source"),
        [
            (facts.name, facts.hash[:12], facts.system, repr(facts.template), len(facts.examples), facts.source)
            for facts in profile_list
        ],
    )


def known_profiles(db: str | None) -> list[ProfileFacts]:
    """Return the standard profiles, then the stored ones."""
    from evaluation.requests.profiles import STANDARD_PROFILES
    from evaluation.store.registry import list_profiles as stored_profiles

    with open_to_list(db) as store:
        stored = [profile for profile in stored_profiles(store) if profile.name not in STANDARD_PROFILES]
    standard = [ProfileFacts.of(profile, source="standard") for profile in STANDARD_PROFILES.values()]
    return [*standard, *(ProfileFacts.of(profile, source="stored") for profile in stored)]


@profiles.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A profile's name.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a profile in full."""
    from evaluation.resolution.candidates import find_profile

    with open_to_list(db) as store:
        profile = find_profile(name, store=store)
    _print(profile, as_json=as_json)


@profiles.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML with name, system, template and examples.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store a profile from a file; its name refers to it from now on."""
    from evaluation.requests.profiles import STANDARD_PROFILES, read_profile
    from evaluation.store.registry import find_profile, save_profile

    profile = read_profile(file)
    standard = STANDARD_PROFILES.get(profile.name)
    if standard is not None and standard.hash != profile.hash:
        raise ConfigurationError(
            f"profile {str(file)!r}: {profile.name!r} is the name of a standard profile", "Give it another name."
        )
    with open_results(db) as store:
        before = find_profile(store, profile.name)
        save_profile(store, profile)
    if before is not None and before.hash != profile.hash:
        print_status(f"{profile.name} had the hash {before.hash[:12]} before; earlier runs keep that version")
    _print(profile, as_json=as_json)


def _as_json(profile: PromptProfile) -> dict[str, Any]:
    return asdict(profile) | {"hash": profile.hash}


def _print(profile: PromptProfile, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(profile))
        return
    examples = "\n\n".join(f"Q: {example.prompt}\nA: {example.answer}" for example in profile.examples)
    print_details(
        {
            "profile": profile.name,
            "hash": profile.hash,
            "system": profile.system,
            "template": profile.template,
            "examples": examples,
        }
    )
