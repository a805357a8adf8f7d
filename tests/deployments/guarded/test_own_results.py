"""Whether a process of ours reads a result of Prefect's, which is a pickle, because a state or a block says so."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

ATTACK = """
import asyncio
import sys
{first}
import prefect.results
from prefect._internal.result_records import ResultRecordMetadata
from prefect.results import ResultStore
from prefect.states import Completed, Failed

folder = sys.argv[1]
seen = []


async def asynchronous(state):
    from prefect.states import aget_state_exception

    await (aget_state_exception(state) if state.is_failed() else state.aresult())


def synchronous(state):
    from prefect.states import get_state_exception

    get_state_exception(state)


def attempt(begin):
    try:
        begin()
    except BaseException as error:
        seen.append(type(error).__name__)
    else:
        seen.append("read")


data = ResultRecordMetadata(storage_key=folder + "/result", serializer={{"type": "pickle"}})
attempt(lambda: asyncio.run(asynchronous(Completed(data=data))))
attempt(lambda: asyncio.run(asynchronous(Failed(data=data))))
attempt(lambda: synchronous(Failed(data=data)))
storage = prefect.results.LocalFileSystem(basepath=folder)
attempt(lambda: ResultStore(result_storage=storage).read("result"))
attempt(lambda: asyncio.run(ResultStore(result_storage=storage).aread("result")))
attempt(lambda: ResultRecordMetadata(storage_key="x", serializer={{"type": "pickle", "picklelib": "this.s"}}))
print(" ".join(seen), "this" in sys.modules)
"""
GUARDED = "from deployments.guarded.own_flows import run_own_flows_only\nrun_own_flows_only()"


class Program:
    """A result that runs something when it is read."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self._target, "it ran")


@pytest.fixture
def attacked(tmp_path: Path) -> Path:
    """A folder with a result of Prefect's whose reading writes the file `ran` beside it."""
    pickled = base64.encodebytes(cloudpickle.dumps(Program(tmp_path / "ran"))).decode()
    metadata = {"storage_key": "result", "serializer": {"type": "pickle"}}
    (tmp_path / "result").write_text(json.dumps({"metadata": metadata, "result": pickled}))
    return tmp_path


def _attack(folder: Path, first: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", ATTACK.format(first=first), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    return done.stdout.splitlines()[-1]


def test_without_our_limits_a_result_is_a_program_that_runs(attacked: Path) -> None:
    """What the attack does to Prefect's own processes; where it fails there, it shows nothing about ours."""
    _attack(attacked, "")
    assert "it ran" == (attacked / "ran").read_text()


def test_a_process_of_ours_reads_no_result_wherever_a_state_says_that_it_is(attacked: Path) -> None:
    said = _attack(attacked, GUARDED)
    assert not (attacked / "ran").exists()
    assert [*["ConfigurationError"] * 5, "ValidationError", "False"] == said.split()


def test_a_process_of_ours_asks_no_server_where_to_put_what_a_flow_raised() -> None:
    code = f"""
{GUARDED}
import asyncio
import prefect.client.orchestration
import prefect.results
del prefect.client.orchestration.get_client  # whoever asks the server fails
storage = [prefect.results.get_default_result_storage(_sync=True)]
storage.append(asyncio.run(prefect.results.aget_default_result_storage()))
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH
assert {{str(PREFECT_LOCAL_STORAGE_PATH.value())}} == {{str(one.basepath) for one in storage}}, storage
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)


@pytest.mark.parametrize("begin", ["servers.PrefectServer(API).wait()", "servers.use_lasting_server('x')"])
def test_a_command_that_only_asks_a_server_imports_nothing_that_a_state_names(begin: str) -> None:
    """A state is parsed, with what its result names as serializer, by whoever reads a flow run."""
    code = f"""
import sys
from deployments import prefect_server as servers
API = "http://127.0.0.1:9/api"
servers.lasting_api = lambda: API
servers.wait_for_named = servers.must_let_in = lambda *_: None
{begin}
from prefect.client.schemas.objects import State
try:
    State.model_validate(
        {{"type": "COMPLETED", "data": {{"storage_key": "x", "serializer": {{"type": "pickle", "picklelib": "this"}}}}}}
    )
except ValueError as error:
    assert "expected one of cloudpickle" in str(error), error
else:
    raise AssertionError("it was read")
assert "this" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)
