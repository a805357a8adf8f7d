from dataclasses import replace

import pytest

from evaluation.errors import UnknownNameError
from evaluation.records import EndpointRecord
from evaluation.store.registry import find_endpoint, list_endpoints, remove_endpoint, save_endpoint
from evaluation.store.session import Store

LOCAL = EndpointRecord(
    name="local",
    url="http://127.0.0.1:11434/",
    provider="ollama",
    gpu_tag="gpu-0",
    slots=4,
    electricity_price=0.31,
    key_variable="LOCAL_KEY",
    allow_remote=True,
)


def test_an_endpoint_is_found_by_name_and_by_url(store: Store) -> None:
    save_endpoint(store, LOCAL)
    save_endpoint(store, EndpointRecord(name="another", url="http://gpu:11434"))
    assert LOCAL == find_endpoint(store, "local")
    assert LOCAL == find_endpoint(store, "http://127.0.0.1:11434")
    assert ["another", "local"] == [endpoint.name for endpoint in list_endpoints(store)]
    assert find_endpoint(store, "nowhere") is None


def test_saving_an_endpoint_again_replaces_it(store: Store) -> None:
    save_endpoint(store, LOCAL)
    changed = replace(LOCAL, slots=None, url="http://gpu:1")
    save_endpoint(store, changed)
    assert (changed,) == list_endpoints(store)


def test_a_removed_endpoint_is_forgotten_and_may_come_back(store: Store) -> None:
    save_endpoint(store, LOCAL)
    remove_endpoint(store, "local")
    assert find_endpoint(store, "local") is None
    with pytest.raises(UnknownNameError):
        remove_endpoint(store, "local")
    save_endpoint(store, LOCAL)
    assert LOCAL == find_endpoint(store, "local")
