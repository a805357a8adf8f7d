"""What counts as the same: benchmarks, cases, candidates, prompt profiles, seeds."""

from dataclasses import replace

import pytest

from evaluation.candidate import PLAIN_PROFILE, Candidate, PromptProfile, WorkedExample
from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.fingerprint import canonical_json, derived_seed, fingerprint

CANDIDATE = Candidate(model="m:1b", digest="d", options={"temperature": 0.0, "num_ctx": 4096})
BENCHMARK = Benchmark(
    name="b",
    task_type="reasoning",
    cases=(Case(case_id="1", prompt="a", references=("x",)), Case(case_id="2", prompt="b", references=("y",))),
)


def test_a_fingerprint_depends_on_nothing_but_the_content() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 1.5})
    assert '{"a":"é","b":null}' == canonical_json({"b": None, "a": "é"})
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json(float("nan"))


def test_a_seed_is_the_same_for_the_same_run_seed_case_and_repeat_and_fits_a_server() -> None:
    seeds = {derived_seed(run_seed, case_id, repeat) for run_seed in (0, 1) for case_id in "ab" for repeat in (0, 1)}
    assert 8 == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert derived_seed(3, "a", 1) == derived_seed(3, "a", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "e"},
        {"options": {"temperature": 0.1, "num_ctx": 4096}},
        {"options": {"temperature": 0.0}},
        {"profile": PromptProfile(name="plain", system="Be brief.")},
        {"think": False},
        {"digest": None, "endpoint_identity": "here"},
    ],
)
def test_what_can_change_an_answer_makes_another_candidate(change: dict[str, object]) -> None:
    assert CANDIDATE.fingerprint != replace(CANDIDATE, **change).fingerprint  # type: ignore[arg-type]


def test_a_name_makes_no_other_candidate_where_the_digest_is_known_and_does_where_it_is_not() -> None:
    assert CANDIDATE.fingerprint == replace(CANDIDATE, model="alias").fingerprint
    unverified = replace(CANDIDATE, digest=None, endpoint_identity="here")
    assert unverified.fingerprint != replace(unverified, model="alias").fingerprint
    assert unverified.fingerprint != replace(unverified, endpoint_identity="there").fingerprint


def test_a_label_says_the_model_and_what_differs_from_the_defaults() -> None:
    assert "m:1b" == CANDIDATE.label
    other = Candidate(
        model="llama:latest",
        digest="d",
        options={"temperature": 0.2, "num_ctx": 4096, "top_k": 1},
        profile=PromptProfile(name="concise", system="x"),
        think=True,
    )
    assert "llama temperature=0.2 top_k=1 profile=concise think=true" == other.label


def test_a_profiles_identity_is_all_but_its_name() -> None:
    assert PLAIN_PROFILE.hash == PromptProfile(name="renamed").hash
    changed = [
        PromptProfile(name="plain", system="x"),
        PromptProfile(name="plain", template="{prompt}!"),
        PromptProfile(name="plain", examples=(WorkedExample(prompt="p", answer="a"),)),
    ]
    assert 4 == len({PLAIN_PROFILE.hash, *(profile.hash for profile in changed)})


def test_a_profile_wraps_the_last_question_puts_its_examples_first_and_joins_the_system_texts() -> None:
    profile = PromptProfile(
        name="p", system="Own.", template="Q: {prompt} {x}", examples=(WorkedExample(prompt="1+1", answer="2"),)
    )
    messages = (
        Message(role="system", content="Given."),
        Message(role="user", content="first"),
        Message(role="assistant", content="reply"),
        Message(role="user", content="second {prompt}"),
    )
    assert [
        ("system", "Own.\n\nGiven."),
        ("user", "Q: 1+1 {x}"),
        ("assistant", "2"),
        ("user", "first"),
        ("assistant", "reply"),
        ("user", "Q: second {prompt} {x}"),
    ] == [(message.role, message.content) for message in profile.wrap(messages)]
    assert messages == PLAIN_PROFILE.wrap(messages)


@pytest.mark.parametrize(
    "change",
    [
        {"cases": tuple(reversed(BENCHMARK.cases))},
        {"cases": BENCHMARK.cases[:1]},
        {"cases": (replace(BENCHMARK.cases[0], case_id="9"), BENCHMARK.cases[1])},
        {"cases": (replace(BENCHMARK.cases[0], references=("z",)), BENCHMARK.cases[1])},
        {"prompt": PromptTemplate(system="x")},
        {"prompt": PromptTemplate(template="{prompt}?")},
        {"options": {"num_predict": 96}},
    ],
)
def test_cases_their_order_the_prompt_and_the_options_make_another_version(change: dict[str, object]) -> None:
    assert BENCHMARK.version != replace(BENCHMARK, **change).version  # type: ignore[arg-type]


def test_names_and_metrics_make_no_other_version() -> None:
    renamed = replace(BENCHMARK, name="c", metrics=("bleu",), headline="bleu", description="x", licence="y")
    assert BENCHMARK.version == renamed.version


def test_a_cases_content_is_all_but_its_id() -> None:
    case = BENCHMARK.cases[0]
    assert case.content_hash == replace(case, case_id="other").content_hash
    assert case.content_hash != replace(case, cluster="k").content_hash
    assert 2 == len({case, replace(case, case_id="other")})
