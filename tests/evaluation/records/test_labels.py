"""Labels tell candidates apart whatever they differ in, and do not depend on the order in which they are named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.candidate import Candidate, PipelineChoice, PromptProfile
from evaluation.records.labels import Labelled, distinct_labels

_FOLDERS = st.sampled_from(["docs", "x1/docs", "x2/docs", "/a/x1/docs", "/b/x1/docs/", "docs @here", "/"])
_FILES = st.sampled_from(["m.py:Shorter", "x1/m.py:Shorter", "x2/m.py:Shorter", "retrieval"])


def choice(name: str, *, content: str | None = None, signature: str = "P()", **options: str) -> PipelineChoice:
    return PipelineChoice(name=name, options=options, signature=signature, corpus=content)


def labelled(candidate: Candidate, endpoint: str = "here") -> Labelled:
    return Labelled(
        fingerprint=candidate.fingerprint,
        label=candidate.label,
        endpoint=endpoint,
        digest=candidate.digest,
        candidate=candidate,
    )


def labels_of(*candidates: Candidate) -> list[str]:
    made = distinct_labels([labelled(candidate) for candidate in candidates])
    return [made[candidate.fingerprint] for candidate in candidates]


@st.composite
def pipelines(draw: Any) -> PipelineChoice | None:
    if draw(st.booleans()):
        return None
    options = {word: draw(_FOLDERS) for word in draw(st.sets(st.sampled_from(["corpus", "sections"])))}
    content = draw(st.sampled_from(["one", "two"]))
    return choice(draw(_FILES), content=content, signature=draw(st.sampled_from(["P()", "Q()"])), **options)


@st.composite
def candidates(draw: Any) -> Labelled:
    digest = draw(st.sampled_from([None, "sha256:11111111aa", "11111111bb", "22222222"]))
    endpoint = draw(st.sampled_from(["here", "there", "x #1"]))
    profile = PromptProfile(name=draw(st.sampled_from(["plain", "brief"])), system=draw(st.sampled_from([None, "S"])))
    candidate = Candidate(
        model=draw(st.sampled_from(["a:1b", "a:1b @here", "b:1b"])),
        digest=digest,
        endpoint_identity=endpoint if digest is None else None,
        profile=profile,
        pipeline=draw(pipelines()),
    )
    return labelled(candidate, endpoint)


@given(st.lists(candidates(), max_size=12, unique_by=lambda item: item.fingerprint), st.randoms())
def test_no_two_candidates_have_one_label_in_whatever_order_they_come(named: list[Labelled], random: Any) -> None:
    made = distinct_labels(named)

    shuffled = random.sample(named, len(named))
    assert made == distinct_labels(shuffled)
    assert len(set(made.values())) == len(named)
    for item in named:
        if sum(other.label == item.label for other in named) == 1 and "@" not in item.label:
            assert made[item.fingerprint] == item.label


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            choice("retrieval", content="one", corpus="x1/docs"),
            choice("retrieval", content="two", corpus="x2/docs"),
            ["a:1b pipeline=retrieval corpus=x1/docs", "a:1b pipeline=retrieval corpus=x2/docs"],
        ),
        (
            choice("/w/x1/m.py:Shorter", signature="P(1)", sections="s.yaml"),
            choice("/w/x2/m.py:Shorter", signature="P(2)", sections="s.yaml"),
            ["a:1b pipeline=x1/m.py:Shorter sections=s.yaml", "a:1b pipeline=x2/m.py:Shorter sections=s.yaml"],
        ),
        (
            choice("retrieval", signature="P(1)", sections="p/q/s.yaml"),
            choice("retrieval", signature="P(2)", sections="r/q/s.yaml"),
            ["a:1b pipeline=retrieval sections=p/q/s.yaml", "a:1b pipeline=retrieval sections=r/q/s.yaml"],
        ),
    ],
)
def test_a_path_is_shown_as_far_as_it_tells_two_candidates_apart(
    first: PipelineChoice, second: PipelineChoice, expected: list[str]
) -> None:
    two = (Candidate(model="a:1b", digest="d", pipeline=pipeline) for pipeline in (first, second))

    assert labels_of(*two) == expected


def test_candidates_of_one_name_and_path_are_told_apart_by_their_fingerprints() -> None:
    first, second = (
        Candidate(model="a:1b", digest="d", profile=PromptProfile(name="brief", system=text)) for text in ("one", "two")
    )

    assert labels_of(first, second) == [f"a:1b profile=brief #{each.fingerprint[:6]}" for each in (first, second)]


def test_one_model_of_two_servers_is_told_apart_by_the_servers_and_then_by_the_weights() -> None:
    servers = [("here", "11111111"), ("there", "22222222"), ("there", "33333333")]
    named = [labelled(Candidate(model="a:1b", digest=digest), endpoint) for endpoint, digest in servers]

    assert list(distinct_labels(named).values()) == ["a:1b @here", "a:1b @there @22222222", "a:1b @there @33333333"]
