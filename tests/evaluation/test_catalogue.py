"""A closed list of named classes."""

import subprocess
import sys

import pytest

from evaluation.catalogue import Catalogue, LazyCatalogue
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


def lazily(**places: str) -> LazyCatalogue[object]:
    return LazyCatalogue("error", **places)


def test_a_class_is_imported_when_it_is_looked_up_and_its_name_costs_no_import() -> None:
    program = (
        "import sys\nfrom evaluation.providers import PROVIDERS\n"
        "print(list(PROVIDERS), len(PROVIDERS), 'ollama' in PROVIDERS, 'httpx' in sys.modules)\n"
        "print(PROVIDERS['ollama'].__name__, 'httpx' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "['ollama', 'openai_compatible'] 2 True False\nOllamaProvider True\n" == said


def test_an_unknown_name_is_answered_by_a_lazy_catalogue_too() -> None:
    fruits = lazily(apple="test_catalogue:Apple")
    assert (True, False) == ("apple" in fruits, "pear" in fruits)
    with pytest.raises(UnknownNameError, match=r"unknown error .pear.\. Known: apple"):
        fruits["pear"]


def test_a_lazy_catalogue_refuses_a_class_of_another_name() -> None:
    with pytest.raises(ConfigurationError, match=r"lists evaluation\.providers\.ollama:OllamaProvider as .pear."):
        lazily(pear="evaluation.providers.ollama:OllamaProvider")["pear"]
