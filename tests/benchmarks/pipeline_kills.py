"""Runs killed in mid-pipeline and resumed: is a stored stage asked again, is one lost, are the numbers others?

A stage is told by its model and its seed, which the run's seed, the case and the stage's name determine, an embedding
by its model and text. What was on its way when the run was killed may be asked again, and is counted apart.
"""

import random
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from measuring import (
    Command,
    MeasuringError,
    PrefectServer,
    SlotServer,
    benchwright_words,
    question,
    run,
    succeeded,
)

from evaluation.fingerprint import derived_seed

RUN_SEED = 0
LONGEST_WAIT_S = 120.0
STAGES = (
    "SELECT c.label, s.case_id, s.name, s.kind, s.model, s.text, s.request_hash, s.prompt_tokens, s.output_tokens "
    "FROM stage s JOIN run_candidate c ON c.id = s.run_candidate_id ORDER BY 1, 2, 3"
)
ANSWERS = (
    "SELECT c.label, g.case_id, g.answer, g.prompt_tokens, g.output_tokens "
    "FROM generation g JOIN run_candidate c ON c.id = g.run_candidate_id ORDER BY 1, 2"
)
Identity = tuple[str, str | int]


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a database that another process may write; none before it has its tables."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def identities(stages: Sequence[tuple[Any, ...]]) -> set[Identity]:
    """What tells the requests of stored stages; searches ask nobody."""
    names: set[Identity] = set()
    for _, case_id, name, kind, model, *_ in stages:
        if kind == "chat":
            names.add((model, derived_seed(derived_seed(RUN_SEED, case_id, 0), name, 0)))
        elif kind == "embed":
            names.add((model, question(int(case_id.removeprefix("c")))))
    return names


def killed_and_resumed(
    argv: Sequence[str], folder: Path, prefect: PrefectServer, server: SlotServer, *, n_kills: int, seed: int
) -> Mapping[str, Any]:
    """Counts of a run that was killed so many times, beside an unbroken one.

    Args:
        argv: The command, with `{database}` for the path of its database.
        folder: For the databases; made.
        prefect: The standing server.
        server: Server of the models.
        n_kills: How often; fewer where the run ends before.
        seed: Of the moments of the kills.
    """
    folder.mkdir()
    unbroken, broken = folder / "unbroken.db", folder / "broken.db"
    server.reset()
    run(_of(argv, unbroken), folder, prefect.env)
    expected = rows(unbroken, STAGES)
    of_stages = identities(expected)
    asked = [each for each in server.identities() if each in of_stages]
    if len(asked) != len(of_stages) or set(asked) != of_stages:
        raise MeasuringError(f"{len(of_stages)} stages are stored, and {len(asked)} of them were asked")
    again = in_flight = done_kills = 0
    moments = random.Random(seed)
    words = _of(argv, broken)
    for _ in range(n_kills):
        stored = rows(broken, STAGES)
        server.reset()
        n_wanted = len(stored) + moments.randint(1, max(1, len(expected) // (n_kills + 1)))
        is_killed = _run_until(words, folder, prefect, broken, n_wanted)
        now_asked = [each for each in server.identities() if each in of_stages]
        again += len(now_asked) - len(set(now_asked) - identities(stored))
        if not is_killed:
            break
        done_kills += 1
        in_flight += len(set(now_asked) - identities(rows(broken, STAGES)))
        if rows(broken, "SELECT id FROM run LIMIT 1"):
            words = _resuming(broken)
    stored = rows(broken, STAGES)
    server.reset()
    run(_resuming(broken), folder, prefect.env)
    now_asked = [each for each in server.identities() if each in of_stages]
    again += len(now_asked) - len(set(now_asked) - identities(stored))
    found = rows(broken, STAGES)
    answers, expected_answers = rows(broken, ANSWERS), rows(unbroken, ANSWERS)
    return {
        "kills": done_kills,
        "stages": len(expected),
        "cases": len(expected_answers),
        "asked_again": again,
        "in_flight_at_kills": in_flight,
        "lost": len({row[:3] for row in expected} - {row[:3] for row in found}) + len(expected_answers) - len(answers),
        "different": sum(one != other for one, other in zip(found, expected, strict=False))
        + sum(one != other for one, other in zip(answers, expected_answers, strict=False)),
    }


def _of(argv: Sequence[str], database: Path) -> list[str]:
    return [word.replace("{database}", str(database)) for word in argv]


def _resuming(database: Path) -> list[str]:
    return [*benchwright_words(), "evaluate", "--resume", "last", "--db", str(database), "--json"]


def _run_until(words: Sequence[str], folder: Path, prefect: PrefectServer, database: Path, n_stages: int) -> bool:
    """Run the command until so many stages are stored, and kill it; False where it ended before."""
    with Command(words, folder, prefect.env) as command:
        deadline = time.monotonic() + LONGEST_WAIT_S
        while len(rows(database, STAGES)) < n_stages:
            if time.monotonic() > deadline:
                raise MeasuringError(f"{n_stages} stages were not stored within {LONGEST_WAIT_S:g} s")
            if command.has_ended:
                succeeded(command.wait())
                return False
            time.sleep(0.01)
        command.kill()
        command.wait()
        return True
