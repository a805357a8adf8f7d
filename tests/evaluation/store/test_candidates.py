import pytest

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.store.registry import find_candidate, find_profile, list_profiles, save_candidate, save_profile
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
