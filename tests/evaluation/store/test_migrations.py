"""Does a database that an older version filled hold the same after its upgrade?"""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from evaluation.errors import StoreError
from evaluation.store.address import parse_url
from evaluation.store.engine import make_engine, make_folder
from evaluation.store.evidence import evidence_fingerprint, read_evidence
from evaluation.store.outcomes import count_outcomes
from evaluation.store.revisions import VERSION_TABLE, known_revisions, newest_revision
from evaluation.store.runs import find_run, run_case_ids
from evaluation.store.schema import _config
from evaluation.store.session import open_store, upgrade
from evaluation.store.tables import METADATA

MOMENT = datetime(2026, 5, 4, tzinfo=UTC)
EMPTY = json.dumps([])


def _first_schema(url: str, *statements: tuple[str, dict[str, object]], revision: str = "0001") -> None:
    """Makes a database as the first version left it, or as a later one did that was given the same."""
    if parse_url(url).get_backend_name() == "sqlite":
        make_folder(parse_url(url))
    engine = make_engine(parse_url(url), foreign_keys=False).execution_options(sqlite_begin="IMMEDIATE")
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, row in statements:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
        command.upgrade(config, revision)
    engine.dispose()


def _benchmark_case(position: int, case_id: str) -> tuple[str, dict[str, object]]:
    content = json.dumps({"cluster": f"of {position}"} if position else {})
    return "benchmark_case", {
        "version": "v",
        "case_id": case_id,
        "position": position,
        "content_hash": "h",
        "content": content,
    }


def _rows() -> list[tuple[str, dict[str, object]]]:
    benchmark = {"version": "v", "name": "numbers", "task_type": "t", "prompt_template": "{prompt}", "options": "{}"}
    benchmark |= {"metrics": EMPTY, "headline": "h", "description": "", "criteria": "", "licence": "", "source": ""}
    run = {"id": "old", "invocation_id": "i", "benchmark_version": "v", "benchmark_name": "numbers", "name": "n"}
    run |= {"metrics": EMPTY, "headline": "h", "code_version": "0", "tags": EMPTY, "status": "completed"}
    candidate = {"run_id": "old", "candidate_fingerprint": "f", "label": "m", "model_name": "m", "options": "{}"}
    candidate |= {"endpoint_name": "e", "endpoint_url": "u", "provider": "ollama", "details": "{}", "status": "planned"}
    generation = {"run_candidate_id": 1, "case_id": "c0", "repeat": 0, "cold": False, "reused": False, "endpoint": "e"}
    counts = {"seed": 0, "n_repeats": 1, "n_cases": 2, "favourite": False, "created_at": MOMENT}
    known = {"fingerprint": "f", "model": "m", "options": "{}", "profile_hash": "p", "profile_name": "plain"}
    return [
        ("benchmark", {**benchmark, "format": "", "n_cases": 3, "created_at": MOMENT, "saved_at": MOMENT}),
        *(_benchmark_case(position, case_id) for position, case_id in enumerate(["c0", "\x1a0000c", "c2"])),
        ("invocation", {"id": "i", "request": "{}", "code_version": "0", "created_at": MOMENT}),
        ("profile", {"hash": "p", "name": "plain", "template": "{prompt}", "examples": EMPTY, "created_at": MOMENT}),
        ("candidate", {**known, "created_at": MOMENT}),
        ("run", {**run, **counts, "case_ids": json.dumps(["\x00c", "c0"])}),
        ("run_candidate", {**candidate, "slots": 1}),
        ("generation", {**generation, "n_attempts": 1, "text": "a", "answer": "a", "finished_at": MOMENT}),
        (
            "endpoint",
            {"name": "e", "url": "u", "provider": "ollama", "allow_remote": False, "created_at": MOMENT},
        ),
    ]


def test_the_lists_of_case_ids_become_rows_and_all_else_stays(store_url: str) -> None:
    _first_schema(store_url, *_rows())
    with pytest.raises(StoreError, match="has the schema '0001'"):
        open_store(store_url)

    told = upgrade(store_url)

    assert {"run_case": 2, "generation": 1, "endpoint": 1, "run": 1} == {
        name: told.n_rows[name] for name in ("run_case", "generation", "endpoint", "run")
    }
    with open_store(store_url) as store:
        assert [("c0", "\x00c")] == list(run_case_ids(store, "old"))
        assert 2 == find_run(store, "old").plan.n_cases
        assert 1 == count_outcomes(store, "old")[0].n_ok


@pytest.mark.parametrize("revision", known_revisions())
def test_every_version_is_upgraded_to_the_tables_that_the_code_declares(store_url: str, revision: str) -> None:
    _first_schema(store_url, *_rows(), revision=revision)
    assert newest_revision() == upgrade(store_url).revision
    with open_store(store_url) as store:
        with store.read() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
            )
            assert [] == compare_metadata(context, METADATA)
        assert 1 == count_outcomes(store, "old")[0].n_ok
        assert read_evidence(store).fingerprint == evidence_fingerprint(store)


def test_the_numbers_of_the_files_are_the_revisions_that_alembic_finds() -> None:
    from alembic.script import ScriptDirectory

    from evaluation.store import schema

    scripts = ScriptDirectory.from_config(schema._config())
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == known_revisions()
