"""A closed list of named classes."""

import pytest

from evaluation.catalogue import Catalogue
from evaluation.errors import ConfigurationError, UnknownNameError


class Apple:
    name = "apple"


class Pear:
    name = "pear"


def test_what_exists_is_found_by_name_and_what_does_not_is_answered_with_what_does() -> None:
    fruits: Catalogue[object] = Catalogue("fruit", Apple, Pear)
    assert (Apple, 2, ["apple", "pear"]) == (fruits["apple"], len(fruits), list(fruits))
    assert ("pear" in fruits, "plum" in fruits) == (True, False)
    with pytest.raises(UnknownNameError, match=r"unknown fruit 'peer'; did you mean 'pear'\? Known: apple, pear"):
        fruits["peer"]


def test_two_classes_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two entries of the fruit catalogue are named 'pear'"):
        Catalogue("fruit", Pear, Pear)
