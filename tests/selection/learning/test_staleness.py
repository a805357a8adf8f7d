"""A model beside evidence that is another one than it was trained on."""

import io
import json
import zipfile
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from learnable import learnable

from evaluation.records.evidence import Choosable, Evidence
from selection.archives import packed_archive, read_archive, written_array
from selection.learning.learned_answers import case_codes
from selection.learning.learners import Ridge
from selection.learning.model_files import pack, read_serving
from selection.learning.serving import ServedModel
from selection.learning.training import train

EVIDENCE, PROMPTS = learnable(n_cases=200)
KEYS = ("key0", "key1", "key2")
COLUMNS = ("candidate", "case", "quality", "latency_s", "cost_usd", "energy_j")
TASK = "reasoning"


@cache
def serving() -> bytes:
    return pack(train(EVIDENCE, PROMPTS, rng=np.random.default_rng(0), learners=(Ridge(n_refits=4),))).serving


@cache
def model() -> ServedModel:
    return read_serving(serving(), number=7)


def now(rows: np.ndarray | None = None, **columns: np.ndarray) -> Evidence:
    kept = np.arange(len(EVIDENCE.quality)) if rows is None else rows
    found = {name: columns.get(name, getattr(EVIDENCE, name))[kept] for name in COLUMNS}
    return replace(EVIDENCE, **found, fingerprint="of now")


def swapped(first: int, second: int) -> Evidence:
    moved = np.arange(3, dtype=np.int32)
    moved[[first, second]] = moved[[second, first]]
    return now(candidate=moved[EVIDENCE.candidate])


def rescored(candidate: int, n: int) -> Evidence:
    """The scores of the candidate in its first `n` cases that were learned from turned round."""
    learned = model().learned_from
    assert learned is not None
    places = np.flatnonzero(np.isin(case_codes(EVIDENCE), learned.cases))[:n]
    turned = (EVIDENCE.candidate == candidate) & np.isin(EVIDENCE.case, places)
    return now(quality=np.where(turned, 1 - EVIDENCE.quality, EVIDENCE.quality))


def deviations(one: ServedModel, prompt: str = PROMPTS[0], keys: tuple[str, ...] = KEYS) -> list[float]:
    found = one.deviations(TASK, prompt, keys)
    assert found is not None
    return found.value.tolist()


def notes(one: ServedModel) -> str:
    return "; ".join(one.notes_on(TASK))


def test_the_same_evidence_read_again_changes_and_says_nothing() -> None:
    again = model().as_of(replace(EVIDENCE))
    assert () == again.notes_on(TASK)
    assert deviations(model()) == deviations(again)


@pytest.mark.parametrize("what", ["another order", "repeats", "another case and another candidate"])
def test_evidence_that_came_beside_what_was_learned_from_changes_nothing(what: str) -> None:
    if what == "another order":
        found = now(np.random.default_rng(0).permutation(len(EVIDENCE.quality)))
    elif what == "repeats":
        found = now(np.tile(np.arange(len(EVIDENCE.quality)), 2))
        flipped = np.r_[EVIDENCE.quality, 1 - EVIDENCE.quality]
        found = replace(found, quality=flipped)
    else:
        more = now()
        case = replace(EVIDENCE.cases[0], case_id="new")
        stranger = Choosable(key="stranger", label="stranger", model="stranger")
        ends = {"candidate": 3, "case": len(EVIDENCE.cases), "quality": 1.0}
        found = replace(
            more,
            candidates=(*EVIDENCE.candidates, stranger),
            cases=(*EVIDENCE.cases, case),
            **{
                name: np.append(getattr(more, name), ends.get(name, np.nan)).astype(getattr(more, name).dtype)
                for name in COLUMNS
            },
        )
    held = model().as_of(found)
    assert deviations(model()) == deviations(held)
    assert "the evidence has changed since ridge 7" in notes(held)


def test_swapped_scores_are_noticed_though_means_are_equal_and_what_was_learned_goes_with_them() -> None:
    ours = deviations(model())
    held = model().as_of(swapped(0, 1))
    assert [ours[1], ours[0], ours[2]] == deviations(held)
    assert "the answers of model-0 on reasoning now applies to model-1" in notes(held)
    assert "the answers of model-1 on reasoning now applies to model-0" in notes(held)
    assert ours == deviations(held.as_of(EVIDENCE))


def test_a_candidate_under_another_key_keeps_what_was_learned_of_its_answers() -> None:
    renamed = replace(EVIDENCE.candidates[0], key="renamed")
    held = model().as_of(replace(now(), candidates=(renamed, *EVIDENCE.candidates[1:])))
    assert deviations(model()) == deviations(held, keys=("renamed", "key1", "key2"))


@pytest.mark.parametrize(("n", "is_withheld"), [(1, False), (7, False), (9, True), (60, True)])
def test_beyond_a_twentieth_of_changed_cases_a_candidate_is_withheld_with_the_numbers(
    n: int, is_withheld: bool
) -> None:
    learned = model().learned_from
    assert learned is not None
    assert 140 <= len(learned.cases) < 180
    held = model().as_of(rescored(1, n))
    ours, theirs = deviations(model()), deviations(held)
    assert [ours[0], ours[2]] == [theirs[0], theirs[2]]
    assert (ours[1] != theirs[1]) == is_withheld
    assert f"model-1 ({n} of {len(learned.cases)})" in notes(held)
    assert ("is ignored for model-1" in notes(held)) == is_withheld


def test_answers_that_are_gone_are_changed_too() -> None:
    gone = ~((EVIDENCE.candidate == 2) & (EVIDENCE.case % 2 == 0))
    held = model().as_of(now(np.flatnonzero(gone)))
    assert "is ignored for model-2" in notes(held)
    assert deviations(held)[2] != deviations(model())[2]


def test_where_most_candidates_are_withheld_nothing_holds() -> None:
    held = model().as_of(now(quality=np.where(EVIDENCE.candidate < 2, 1 - EVIDENCE.quality, EVIDENCE.quality)))
    assert held.deviations(TASK, PROMPTS[0], KEYS) is None
    assert "is ignored for all candidates, since that of model-0 (" in notes(held)


def test_of_one_that_is_withheld_or_unknown_the_prompt_says_how_hard_it_is_for_all() -> None:
    learner = model().learner
    assert learner is not None
    hard = replace(learner, difficulty=learner.difficulty * 0 - 1.0, difficulty_shrink=np.array([0.2]))
    features = hard.space.of(PROMPTS[0])
    shared = 0.2 * float(features @ hard.difficulty[:-1] - 1.0)
    held = replace(model(), learner=hard).as_of(rescored(1, 60))
    assert [shared, shared] == pytest.approx(deviations(held, keys=("key1", "stranger")))


def test_a_model_from_elsewhere_is_held_against_the_cases_that_are_known_here() -> None:
    here = EVIDENCE.case < 100
    as_learned = replace(model(), is_from_elsewhere=True)
    assert deviations(model()) == deviations(as_learned.as_of(now(np.flatnonzero(here))))
    assert "are not known here" in notes(as_learned.as_of(now(np.flatnonzero(here))))
    other = swapped(0, 1)
    other = replace(other, **{name: getattr(other, name)[here] for name in COLUMNS})
    assert "now applies to model-1" in notes(as_learned.as_of(other))
    assert model().as_of(now(np.flatnonzero(here))).deviations(TASK, PROMPTS[0], KEYS) is None


def test_a_model_of_the_first_format_holds_only_while_nothing_changes() -> None:
    with zipfile.ZipFile(io.BytesIO(serving())) as archive:
        later = ("learned.", "learner.told")
        members = {name: archive.read(name) for name in archive.namelist() if not name.startswith(later)}
    header = json.loads(np.load(io.BytesIO(members["header.npy"])).tobytes()) | {"format_version": 1}
    members["header.npy"] = written_array(np.frombuffer(json.dumps(header).encode(), dtype=np.uint8))
    old = read_serving(packed_archive(members))
    assert deviations(model()) == deviations(old.as_of(EVIDENCE))
    assert old.as_of(now()).deviations(TASK, PROMPTS[0], KEYS) is None
    assert "does not record what it learned from" in notes(old.as_of(now()))


def test_what_packs_too_well_to_be_read_again_is_stored_as_it_is() -> None:
    much = {"zeros.npy": bytes(3_000_000), "small": b"1"}
    assert much == read_archive(packed_archive(much), "it")
