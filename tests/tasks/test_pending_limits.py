import asyncio
from uuid import uuid4

import pytest
from patient_client import patient_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from evaluation.records.candidates import EndpointRecord
from evaluation.servers.gpu_limits import slots_by_tag
from evaluation.store.registry import list_endpoints, save_endpoint
from evaluation.store.session import Store
from tasks.pending_limits import apply_pending_limits
from tasks.slots import LimitsAwayError


def endpoint(name: str, tag: str | None, slots: int | None, *, pending: bool = False) -> EndpointRecord:
    return EndpointRecord(name=name, url=f"http://{name}:11434", gpu_tag=tag, slots=slots, limit_pending=pending)


def limit_in_prefect(api: str, tag: str) -> int | None:
    with patient_client(api) as client:
        found = client.get(f"v2/concurrency_limits/{tag}")
        return int(found.json()["limit"]) if found.status_code == 200 else None


def test_endpoints_of_one_gpu_are_counted_together() -> None:
    known = [endpoint("a", "gpu", 4), endpoint("b", "gpu", None), endpoint("c", None, 2)]

    assert {"gpu": 5, "gpu-c-11434": 2} == slots_by_tag(known)


def test_a_pending_limit_is_set_to_what_all_its_endpoints_serve(prefect_api: str, store: Store) -> None:
    tag, other = f"gpu-{uuid4()}", f"gpu-{uuid4()}"
    for record in (endpoint("a", tag, 4, pending=True), endpoint("b", tag, 3), endpoint("c", other, 9)):
        save_endpoint(store, record)

    assert {tag: 7} == asyncio.run(apply_pending_limits(store))
    assert (7, None) == (limit_in_prefect(prefect_api, tag), limit_in_prefect(prefect_api, other))
    assert not any(record.limit_pending for record in list_endpoints(store))


def test_a_limit_that_exists_is_resized_once_and_then_left_to_people(prefect_api: str, store: Store) -> None:
    tag = f"gpu-{uuid4()}"
    save_endpoint(store, endpoint("a", tag, 4, pending=True))
    asyncio.run(apply_pending_limits(store))
    save_endpoint(store, endpoint("a", tag, 2, pending=True))
    asyncio.run(apply_pending_limits(store))
    assert 2 == limit_in_prefect(prefect_api, tag)

    with patient_client(prefect_api) as client:
        client.patch(f"v2/concurrency_limits/{tag}", json={"limit": 1}).raise_for_status()
    assert {} == asyncio.run(apply_pending_limits(store))
    assert 1 == limit_in_prefect(prefect_api, tag)


def test_what_prefect_could_not_be_told_stays_pending(prefect_api: str, store: Store) -> None:
    save_endpoint(store, endpoint("a", "gpu", 4, pending=True))

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), pytest.raises(LimitsAwayError):
        asyncio.run(apply_pending_limits(store, patience_s=0))
    assert [True] == [record.limit_pending for record in list_endpoints(store)]
