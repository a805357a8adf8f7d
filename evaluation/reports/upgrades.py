"""The page of a look at the models of policies. All names in it are escaped."""

from collections.abc import Iterator, Sequence

from evaluation.escaping import for_markdown
from evaluation.records.policies import Upgrade
from evaluation.results.upgrades import UpgradeLook

_SHORT = 12


def rows_of(upgrades: Sequence[Upgrade]) -> list[dict[str, str]]:
    """Return upgrades as rows of text, not escaped."""
    return [
        {
            "upgrade": upgrade.upgrade_id,
            "model": upgrade.model,
            "server": upgrade.endpoint,
            "change": f"{upgrade.kind}: {_short(upgrade.before)} → {_short(upgrade.after)}",
            "state": upgrade.state,
            "verdict": upgrade.verdict or "none yet",
        }
        for upgrade in upgrades
    ]


def look_as_markdown(look: UpgradeLook) -> str:
    """Return the page of a look."""
    return "\n".join(_lines(look))


def _lines(look: UpgradeLook) -> Iterator[str]:
    yield for_markdown(look.sentence)
    for row in rows_of(look.upgrades):
        text = " · ".join(f"{name}: {value}" for name, value in row.items())
        yield f"\n- {for_markdown(text)}"
        yield "  Decide by the form of the deployment `decide-upgrade`, by `benchwright upgrades`, or by the HTTP API."
    for sentence in (*look.away, *look.notes, *(f"kept as {name}" for name in look.kept)):
        yield f"\n- {for_markdown(sentence)}"


def _short(text: str) -> str:
    return text.removeprefix("sha256:")[:_SHORT]
