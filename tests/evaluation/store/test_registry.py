from dataclasses import replace

import pytest

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.errors import UnknownNameError
from evaluation.records.candidates import EndpointRecord
from evaluation.store.registry import (
    find_candidate,
    find_endpoint,
    find_profile,
    list_endpoints,
    list_profiles,
    remove_endpoint,
    save_candidate,
    save_endpoint,
    save_profile,
)
from evaluation.store.session import Store

TERSE = PromptProfile(
    name="terse", system="Be terse.", template="{prompt}!", examples=(WorkedExample(prompt="1+1?", answer="2"),)
)


TERSER = PromptProfile(name="terse", system="Be terser.")


@pytest.mark.parametrize("think", [None, True, False, "high"])
def test_a_candidate_comes_back_as_it_went_in(store: Store, think: bool | str | None) -> None:
    candidate = Candidate(
        model="m", digest="d", options={"temperature": 0.5, "stop": ["a"]}, profile=TERSE, think=think
    )
    assert candidate.fingerprint == save_candidate(store, candidate) == save_candidate(store, candidate)
    found = find_candidate(store, candidate.fingerprint)
    assert candidate == found
    assert found is not None
    assert candidate.fingerprint == found.fingerprint


def test_unverified_weights_keep_the_identity_of_their_endpoint(store: Store) -> None:
    candidate = Candidate(model="m", digest=None, endpoint_identity="http://x m")
    assert candidate == find_candidate(store, save_candidate(store, candidate))


def test_an_unknown_fingerprint_finds_nothing(store: Store) -> None:
    assert find_candidate(store, "0" * 64) is None


def test_the_newest_content_is_what_a_profiles_name_means(store: Store) -> None:
    save_profile(store, TERSE)
    save_profile(store, TERSER)
    assert TERSER == find_profile(store, "terse")
    assert TERSE.hash == save_profile(store, TERSE)
    assert TERSE == find_profile(store, "terse")
    assert (TERSE,) == list_profiles(store)


def test_a_candidates_profile_does_not_change_what_the_name_means(store: Store) -> None:
    save_profile(store, TERSE)
    candidate = Candidate(model="m", digest="d", profile=TERSER)
    assert candidate == find_candidate(store, save_candidate(store, candidate))
    assert TERSE == find_profile(store, "terse")


def test_an_unknown_profile_finds_nothing(store: Store) -> None:
    assert find_profile(store, "terse") is None
    assert () == list_profiles(store)


LOCAL = EndpointRecord(
    name="local",
    url="http://127.0.0.1:11434/",
    provider="ollama",
    gpu_tag="gpu-0",
    slots=4,
    electricity_price=0.31,
    key_variable="LOCAL_KEY",
    allow_remote=True,
)


def test_an_endpoint_is_found_by_name_and_by_url(store: Store) -> None:
    save_endpoint(store, LOCAL)
    save_endpoint(store, EndpointRecord(name="another", url="http://gpu:11434"))
    assert LOCAL == find_endpoint(store, "local")
    assert LOCAL == find_endpoint(store, "http://127.0.0.1:11434")
    assert ["another", "local"] == [endpoint.name for endpoint in list_endpoints(store)]
    assert find_endpoint(store, "nowhere") is None


def test_saving_an_endpoint_again_replaces_it(store: Store) -> None:
    save_endpoint(store, LOCAL)
    changed = replace(LOCAL, slots=None, url="http://gpu:1")
    save_endpoint(store, changed)
    assert (changed,) == list_endpoints(store)


def test_a_removed_endpoint_is_forgotten_and_may_come_back(store: Store) -> None:
    save_endpoint(store, LOCAL)
    remove_endpoint(store, "local")
    assert find_endpoint(store, "local") is None
    with pytest.raises(UnknownNameError):
        remove_endpoint(store, "local")
    save_endpoint(store, LOCAL)
    assert LOCAL == find_endpoint(store, "local")
