import pytest
from pydantic import ValidationError

from evaluation.requests.run_share import Share, is_share, may_work_beside, share_of, whole_of


def test_a_share_that_there_is_not_is_refused() -> None:
    for number, of in ((0, 2), (3, 2), (1, 65)):
        with pytest.raises(ValidationError):
            Share(number=number, of=of)


def test_a_share_is_found_again_by_its_mark() -> None:
    assert Share(number=2, of=3) == share_of(Share(number=2, of=3).part)
    assert (True, False, False) == (is_share("2/3"), is_share(whole_of(3)), is_share(None))


def test_different_parts_of_one_division_are_worked_on_beside_each_other_and_nothing_else() -> None:
    assert may_work_beside("1/3", "2/3")
    assert may_work_beside(whole_of(3), "3/3")
    for own, other in ((None, None), (None, "1/3"), ("1/3", None), ("1/3", "1/3"), ("1/3", "2/4"), ("0/3", "0/3")):
        assert not may_work_beside(own, other)
