import numpy as np
import pytest

from evaluation.records.evidence import EvidenceCase
from selection.learning.families import folds, held_out, prompt_codes, prompt_families

WORDS = ("red", "old", "tall", "quick", "lost", "iron", "glass", "north", "river", "tower", "ship", "baker", "clock")
SENTENCES = tuple(
    f"The {one} {two} {three} near the {four} and was never {five} again by anyone from the {six} {one} {two} {three}."
    for one, two, three, four, five, six in np.random.default_rng(0).choice(WORDS, (60, 6)).tolist()
)


def cases(n: int, *, task: str = "reasoning", families: tuple[str, ...] = ()) -> list[EvidenceCase]:
    return [
        EvidenceCase(
            task=task, yardstick=f"{task}@1", case_id=str(at), family=families[at] if families else f"own {at}"
        )
        for at in range(n)
    ]


def test_cases_of_a_declared_family_belong_together() -> None:
    found = prompt_families(cases(4, families=("a", "b", "a", "c")), SENTENCES[:4])
    assert [0, 1, 0, 2] == found.tolist()


def test_prompts_that_differ_in_numbers_case_and_blanks_belong_together() -> None:
    prompts = ("Add 3 to 14.", "add 55  to 2.", "Take 3 from 14.")
    assert [0, 0, 1] == prompt_families(cases(3), prompts).tolist()


def test_near_duplicates_belong_together_and_other_prompts_do_not() -> None:
    near = SENTENCES[0].replace("anyone", "somebody")
    found = prompt_families(cases(61), (*SENTENCES, near))
    assert found[0] == found[60]
    assert 60 == len(set(found.tolist()))


def test_common_instructions_make_no_family() -> None:
    preamble = "You are a careful assistant who answers in one word and never explains what was asked. "
    found = prompt_families(cases(60), [preamble * 4 + one for one in SENTENCES])
    assert 60 == len(set(found.tolist()))


def test_the_same_prompt_on_another_task_is_another_family() -> None:
    both = [*cases(1, task="reasoning"), *cases(1, task="code")]
    assert [0, 1] == prompt_families(both, SENTENCES[:1] * 2).tolist()


def test_about_the_asked_share_of_families_is_held_out_and_whole() -> None:
    families = np.repeat(np.arange(1000), 2)
    codes = np.random.default_rng(1).integers(2**63, size=2000).astype(np.uint64)
    found = held_out(families, codes, 0.2)
    assert 0.16 < found.mean() < 0.24
    assert (found[::2] == found[1::2]).all()


def test_a_family_stays_held_out_when_others_come_and_go() -> None:
    def asked(count: int, offset: int) -> dict[str, bool]:
        some = cases(count)
        prompts = SENTENCES[offset : offset + count]
        codes = prompt_codes(some, prompts)
        found = held_out(prompt_families(some, prompts), codes, 0.5)
        return dict(zip(prompts, found.tolist(), strict=True))

    before, after = asked(30, 0), asked(40, 15)
    assert any(before.values())
    common = before.keys() & after.keys()
    assert 15 == len(common)
    assert {one: before[one] for one in common} == {one: after[one] for one in common}


@pytest.mark.parametrize("n_folds", [2, 5])
def test_folds_share_the_families_out_evenly_and_never_split_one(n_folds: int) -> None:
    families = np.repeat(np.arange(50), 3)
    found = folds(families, n_folds, np.random.default_rng(0))
    assert {50 // n_folds * 3} == set(np.bincount(found).tolist())
    assert all(1 == len(set(found[families == family].tolist())) for family in range(50))
