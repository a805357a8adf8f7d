import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long

HERE = Path(__file__).parent


def run(program: str, *options: str) -> dict[str, Any]:
    """The one line that a program prints."""
    argv = [sys.executable, str(HERE / f"{program}.py"), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert program == found["program"]
    return found


@pytest.mark.parametrize(
    "program", ["slot_utilisation", "overhead_per_case", "swaps", "resume", "memory", "peers", "pipelines"]
)
def test_a_program_says_how_it_is_used(program: str) -> None:
    done = subprocess.run([sys.executable, str(HERE / f"{program}.py"), "--help"], capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    assert "--cases" in done.stdout


def test_busy_slots_are_measured_beside_a_bare_client(prefect_api: str) -> None:
    found = run("slot_utilisation", "--cases=6", "--slots=2", "--latency=0.02", f"--prefect={prefect_api}")
    assert (6, 2, 0.02, 0.06) == (found["cases"], found["slots"], found["latency_s"], found["ideal_s"])
    assert 0 < found["bare"]["busy"] <= 1.0
    assert 0 < found["benchwright"]["busy"] <= 1.0
    assert found["benchwright"]["demand"] <= 2
    assert found["ratio"] == pytest.approx(found["benchwright"]["busy"] / found["bare"]["busy"], abs=0.01)


def test_pipelines_load_each_model_once_and_ask_no_stored_stage_again(prefect_api: str) -> None:
    sizes = ("--cases=4", "--slots=2", "--documents=2", "--chunks=3", "--map-slots=2", "--kill-chunks=3", "--kills=2")
    found = run("pipelines", *sizes, "--latency=0.02", "--load=0.05", f"--prefect={prefect_api}")
    assert {"vectors:1b": 8 + 4, "other:1b": 4} == found["retrieval"]["requests"]
    assert {"steady:1b": 4, "other:1b": 2} == found["cascade"]["requests"]
    assert [(2, 2), (2, 2)] == [(found[name]["loads"], found[name]["pairs"]) for name in ("retrieval", "cascade")]
    assert all(found[name]["ratio"] > 0 for name in ("retrieval", "cascade", "map_reduce"))
    assert 2 * (3 + 1) == found["map_reduce"]["requests"]
    assert found["map_reduce"]["demand"] <= 2
    assert {"models", "chunks"} == set(found["killed"])
    for killed in found["killed"].values():
        assert (0, 0, 0) == (killed["asked_again"], killed["lost"], killed["different"])
    assert (18, 8) == (found["killed"]["models"]["stages"], found["killed"]["models"]["cases"])
    assert (2 * (1 + 3 + 1), 2) == (found["killed"]["chunks"]["stages"], found["killed"]["chunks"]["cases"])


def test_the_stores_writes_and_reads_are_measured() -> None:
    found = run("store_speed", "--rows=60", "--in-flight=8")
    assert {"one_by_one", "8_in_flight"} == set(found["sqlite"]["writes_per_s"])
    assert all(seconds >= 0 for seconds in found["sqlite"]["reads"].values())


def test_an_index_is_built_loaded_and_searched() -> None:
    found = run("retrieval_speed", "--passages=300", "--dimension=8", "--queries=20", "--batch=4")
    assert (300, 300) == (found["build"]["n_passages"], found["build"]["n_embedded"])
    assert (300, 0) == (found["load"]["n_passages"], found["load"]["n_embedded"])
    assert {"dense", "bm25", "hybrid"} == set(found["load"]["searches"])
    assert 64 == found["in_flight"]
    assert all(rate > 0 for rates in found["load"]["searches"].values() for rate in rates.values())


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_sandbox_gives_every_made_program_its_verdict() -> None:
    found = run("sandbox_speed", "--problems=2", "--samples=2", "--endless-every=0")
    assert (4, {"passed": 2, "failed": 2}) == (found["n_programs"], found["ends"])
    assert found["seconds"] > 0


def test_pictures_are_timed_by_the_number_on_a_page() -> None:
    found = run("chart_speed", "--rounds=1")
    assert ["1", "3", "20"] == list(found["pages"])
    assert found["pages"]["1"]["cpu_s"] < found["pages"]["20"]["cpu_s"]
    assert found["first_s"] > found["next_s"] > 0
    assert found["child_mib"] > 50


def test_seconds_are_counted_by_file_with_those_of_programs_that_ended(tmp_path: Path) -> None:
    busy = "import time\nuntil = time.process_time() + 0.4\nwhile time.process_time() < until: pass\n"
    in_a_child = "import subprocess, sys\ndef test_it():\n    subprocess.run([sys.executable, '-c', {!r}])\n"
    (tmp_path / "test_own.py").write_text(f"def test_it():\n    exec({busy!r}, {{}})\n")
    (tmp_path / "test_child.py").write_text(in_a_child.format(busy))

    found = run("suite_time", str(tmp_path))

    own, child = (found["files"][name] for name in sorted(found["files"], reverse=True) if name != "collecting")
    assert (0, 2) == (found["status"], found["n_tests"])
    assert own["cpu_s"] >= 0.35 > own["children_cpu_s"]
    assert child["children_cpu_s"] >= 0.35


def test_slots_are_half_busy_when_half_of_their_time_was_used() -> None:
    measuring = importlib.import_module("measuring")
    assert 0.5 == measuring.busy_share({"busy_s": 4.0, "slots": 2, "first": 10.0, "last": 14.0})


def test_a_commands_seconds_fall_into_those_before_while_and_after_the_server_worked() -> None:
    measuring = importlib.import_module("measuring")
    done = measuring.Done(100.0, 10.0, 1.0, 0, "", "")
    expected = {"command_s": 10.0, "before_s": 3.0, "serving_s": 5.0, "after_s": 2.0}
    assert expected == measuring.parts_s(done, {"first": 103.0, "last": 108.0})


def test_there_is_no_share_where_nothing_was_asked() -> None:
    measuring = importlib.import_module("measuring")
    with pytest.raises(measuring.MeasuringError, match="asked nothing"):
        measuring.busy_share({"busy_s": 0.0, "slots": 2, "first": None, "last": None})


@pytest.mark.parametrize(("n_ok", "value"), [(4, 1.0), (5, 0.8)])
def test_a_run_that_lacks_an_answer_or_a_right_one_is_no_measurement(n_ok: int, value: float) -> None:
    measuring = importlib.import_module("measuring")
    candidate = {"n_ok": n_ok, "metrics": {"exact_match": {"value": value}}}
    done = measuring.Done(0.0, 1.0, 1.0, 0, json.dumps({"runs": [{"candidates": [candidate]}]}), "")
    with pytest.raises(measuring.MeasuringError, match="not every case"):
        measuring.check_result(done, n_cases=5)


def test_a_command_that_fails_is_no_measurement_and_its_words_are_given(tmp_path: Path) -> None:
    measuring = importlib.import_module("measuring")
    with pytest.raises(measuring.MeasuringError, match="exit status 3: no luck"):
        measuring.run([sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"], tmp_path)


def test_a_commands_own_cpu_time_is_counted(tmp_path: Path) -> None:
    measuring = importlib.import_module("measuring")
    work = "import time\nwhile time.process_time() < 0.2: pass"
    assert 0.2 <= measuring.run([sys.executable, "-c", work], tmp_path).cpu_s


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
def test_memory_and_cpu_time_of_a_process_are_read() -> None:
    measuring = importlib.import_module("measuring")
    assert measuring.memory_bytes(os.getpid()) > 10_000_000
    assert measuring.cpu_s_of_tree(os.getpid()) > 0
    assert measuring.memory_bytes(2**22 + 1) is None


def test_what_a_case_costs_leaves_out_what_every_run_costs() -> None:
    program = importlib.import_module("overhead_per_case")
    costs = program.cost_per_case(lambda n: {"cpu_ms": 5.0 + 0.002 * n}, 100, 1100)
    assert {"cpu_ms": pytest.approx(2.0)} == costs


@pytest.mark.parametrize("tool", ["inspect", "inspect_plain", "lm_eval", "promptfoo", "promptfoo_plain"])
def test_every_tool_is_told_the_server_and_how_much_it_serves_at_once(tool: str, tmp_path: Path) -> None:
    peers, measuring = importlib.import_module("peers"), importlib.import_module("measuring")
    work = peers.Work(
        server=measuring.SlotServer("http://127.0.0.1:9", 1),
        n_cases=3,
        slots=13,
        models=("steady:1b",),
        folder=tmp_path,
        tools=tmp_path / "tools",
    )
    (call,) = peers.PEERS[tool](work)
    files = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert "13" in call.shown(work).replace("num_concurrent=", "").replace(",", " ").split()
    assert "URL" in call.shown(work)
    assert "steady:1b" in call.shown(work) + files
    assert all(f"Question {i}?" in files for i in range(3))


def test_metrics_are_held_against_their_references_in_another_process() -> None:
    found = run("metric_parity", "--cases=25", "--metric=exact_match", "--metric=rouge_l", "--metric=mcc")
    assert found["ok"]
    assert [("exact_match(squad=True)", 25), ("mcc", 25), ("rouge_l", 25)] == sorted(
        (row["metric"], row["cases"]) for row in found["rows"]
    )
    assert all(row["largest_difference"] < 1e-9 for row in found["rows"])


def test_a_metric_that_differs_from_its_reference_is_found() -> None:
    parity, cases = importlib.import_module("metric_parity"), importlib.import_module("metric_cases")
    row = parity.Row("exact_match", "exact_match", cases.texts)
    assert 1.0 == parity.compared(row, 200, 1).largest_difference


def test_the_table_of_parity_is_written_between_its_marks(tmp_path: Path) -> None:
    parity = importlib.import_module("metric_parity")
    page = tmp_path / "metrics.md"
    page.write_text(f"before\n{parity.BEGIN}\nold\n{parity.END}\nafter\n")
    parity.write_table(page, "new")
    assert f"before\n{parity.BEGIN}\nnew\n{parity.END}\nafter\n" == page.read_text()


def test_rows_of_the_table_that_were_not_measured_again_stay() -> None:
    parity = importlib.import_module("metric_parity")
    found = parity.Found("bleu", "sacrebleu 2.6.0 `BLEU`", 1000, 73, 1e-12, 1e-9, {})
    old = "| `bleu` | sacrebleu 2.5.1 `BLEU` | 10 | 0 | 0 |\n| `mcc` | scikit-learn 1.9 `mcc` | 10 | 0 | 0 |"
    text = parity.table([found], 1, f"{parity.BEGIN}\n{old}\n{parity.END}")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert ["| `bleu` | sacrebleu 2.6.0 `BLEU` | 1,000 | 73 | 1.0e-12 |", old.splitlines()[1]] == rows


def test_small_faults_are_put_where_something_is_computed_and_nowhere_else() -> None:
    program = importlib.import_module("mutants")
    text = (
        '"""Says."""\n'
        'unit: ClassVar[str] = "s"\n'
        "def f(a: int = 1) -> bool:\n"
        '    """Says more."""\n'
        "    if not a < 2:\n"
        '        raise ValueError("no" + "thing")\n'
        "    return a\n"
    )
    tree = ast.parse(text)
    found = program.mutants(tree)
    assert {
        (3, "1 -> 2"),
        (5, "condition negated"),
        (5, "Not removed"),
        (5, "Lt -> LtE"),
        (5, "2 -> 3"),
        (7, "return None"),
    } == {(mutant.line, mutant.fault) for mutant in found}
    next(mutant for mutant in found if mutant.fault == "Lt -> LtE").put()
    assert "if not a <= 2:" in ast.unparse(tree)


def test_mutants_are_tried_by_the_tests_of_their_module() -> None:
    found = run("mutation", "--file=evaluation/metrics/classification.py", "--share=0.2")
    assert {} == found["not_tried"]
    tally = found["files"]["evaluation/metrics/classification.py"]
    assert tally["mutants"] == tally["killed"] + len(found["survivors"].get("evaluation/metrics/classification.py", []))
    assert tally["killed"] > 0
