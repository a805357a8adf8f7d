from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from evaluation.metrics import METRICS, third_party

Command = Callable[..., Any]
OWN = '''
from dataclasses import dataclass
from typing import ClassVar

from evaluation.metrics.metric import Metric
from evaluation.scores import Measurement


@dataclass(frozen=True, kw_only=True)
class Politeness(Metric):
    """Whether the answer says please.

    Once is enough.
    """

    name: ClassVar[str] = "politeness"
    unit: ClassVar[str] = "points"
    value_range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    higher_is_better: ClassVar[bool] = False
    formula: ClassVar[str] = "1 where it does"
    blind_spots: ClassVar[str] = "Irony."

    word: str
    """What is looked for."""

    def measure(self, case, generations, answers):
        return Measurement(value=1.0)
'''


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with a metric."""
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


@pytest.fixture
def broken_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package whose metric cannot be loaded."""
    offers = EntryPoints([EntryPoint(name="gone", value="no_such_package_at_all:Gone", group=third_party.GROUP)])
    monkeypatch.setattr(third_party, "entry_points", lambda **wanted: offers.select(**wanted))


def test_every_metric_is_listed_with_what_tells_it_apart(benchwright: Command) -> None:
    listed = {item["name"]: item for item in benchwright("metrics", "list", "--json").json}

    assert [*METRICS] == list(listed)
    assert {
        "name": "latency_s",
        "family": "speed and cost",
        "unit": "s",
        "range": [0.0, None],
        "higher_is_better": False,
        "needs": ["timing"],
        "summary": listed["latency_s"]["summary"],
    } == listed["latency_s"]
    assert listed["latency_s"]["summary"].startswith("Seconds from sending")


def test_the_list_for_people_is_grouped_by_family(benchwright: Command) -> None:
    said = benchwright("metrics", "list")

    assert 0 == said.code
    words = said.out.split()
    assert set(METRICS) <= set(words)
    places = [said.out.index(f"{family}\n") for family in ("TEXT", "CLASSIFICATION", "SPEED AND COST")]
    assert sorted(places) == places
    assert said.out.index("macro_f1") > places[1]
    assert "0 to ∞" in said.out


@pytest.mark.usefixtures("broken_offer")
def test_a_broken_package_is_told_of_and_the_others_are_listed(benchwright: Command) -> None:
    said = benchwright("metrics", "list", "--json")

    assert 0 == said.code
    assert "exact_match" in {item["name"] for item in said.json}
    assert "'gone'" in said.err
    assert "cannot be loaded" in said.err


def test_a_metric_is_shown_with_its_options_and_its_signature(benchwright: Command) -> None:
    shown = benchwright("metrics", "show", "regex(pattern='^yes')", "--json").json

    assert ("regex", "fraction", [0.0, 1.0], True) == tuple(
        shown[key] for key in ("name", "unit", "range", "higher_is_better")
    )
    assert shown["signature"].startswith("Regex(pattern='^yes', ignore_case=False, search=True)|v")
    assert ["pattern", "ignore_case", "search"] == [option["name"] for option in shown["options"]]
    assert "bool = False" == shown["options"][1]["type"]
    out = benchwright("metrics", "show", "regex").out
    for words in ("signature", "range", "0 to 1", "better", "higher", "ignore_case", "bool = False", shown["summary"]):
        assert words in out


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_can_be_shown(benchwright: Command, name: str) -> None:
    said = benchwright("metrics", "show", name)

    assert 0 == said.code
    assert ["metric", name] == said.out.splitlines()[0].split()
    assert METRICS[name]().signature in said.out


def test_a_metric_of_a_users_file_is_shown_like_ours(benchwright: Command, own: Path) -> None:
    shown = benchwright("metrics", "show", f"{own}:Politeness(word='please')", "--json").json

    assert ("politeness", "others", [0.0, None]) == (shown["name"], shown["family"], shown["range"])
    assert ("1 where it does", "Irony.", None) == (shown["formula"], shown["blind_spots"], shown["source"])
    assert [{"name": "word", "type": "str", "meaning": "What is looked for."}] == shown["options"]
    assert "Whether the answer says please.\n\nOnce is enough." == shown["docstring"]
    assert "+file:" in shown["signature"]


def test_without_an_option_that_it_must_have_it_has_no_signature_yet(benchwright: Command, own: Path) -> None:
    said = benchwright("metrics", "show", f"{own}:Politeness", "--json")

    assert (0, None) == (said.code, said.json["signature"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tokn_f1", "unknown metric 'tokn_f1'; did you mean 'token_f1'?"),
        ("regex(patern='x')", "has no option 'patern'"),
        ("/nowhere/own.py:Politeness", "cannot read the metric file '/nowhere/own.py'"),
    ],
)
def test_a_wrong_name_is_one_message_and_2(benchwright: Command, name: str, words: str) -> None:
    said = benchwright("metrics", "show", name)

    assert (2, "") == (said.code, said.out)
    assert words in said.err
