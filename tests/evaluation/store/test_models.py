import pytest
from recorded_models import record_model

from evaluation.errors import UnknownNameError
from evaluation.store.models import is_retired, list_models, model_versions, register_model, retire_model
from evaluation.store.session import Store


def test_a_model_comes_back_with_all_its_facts(store: Store) -> None:
    recorded = record_model(
        store,
        name="llama3.2:3b",
        digest="d1",
        endpoint_name="local",
        family="llama",
        parameter_size="3.2B",
        n_parameters=3_212_749_888,
        quantization="Q4_K_M",
        context_length=131_072,
        size_bytes=5_019_393_189,
        capabilities=("completion", "tools"),
        licence="a\x00licence",
        parameters={"stop": ["<|eot|>"]},
        template="{{ .Prompt }}",
        remote_host=None,
    )
    assert (recorded,) == list_models(store)
    assert ("llama3.2:3b", "d1", 5_019_393_189, ("completion", "tools"), "a\x00licence", {"stop": ["<|eot|>"]}) == (
        recorded.name,
        recorded.digest,
        recorded.size_bytes,
        recorded.capabilities,
        recorded.licence,
        recorded.parameters,
    )


def test_a_changed_digest_makes_a_new_version_and_keeps_the_old_one(store: Store) -> None:
    old = record_model(store, name="m:1b", digest="d1", endpoint_name="local")
    record_model(store, name="m:1b", digest="d2", endpoint_name="local")
    new, before = model_versions(store, "m:1b")
    assert [("d2", True), ("d1", False)] == [(new.digest, new.is_current), (before.digest, before.is_current)]
    assert old.first_seen == before.first_seen
    assert ["d2"] == [model.digest for model in list_models(store)]


def test_a_version_that_comes_back_is_current_again(store: Store) -> None:
    first = record_model(store, name="m:1b", digest="d1", endpoint_name="local")
    record_model(store, name="m:1b", digest="d2", endpoint_name="local")
    again = record_model(store, name="m:1b", digest="d1", endpoint_name="local")
    assert (first.first_seen, True) == (again.first_seen, again.is_current)
    assert again.last_seen > first.last_seen
    assert ["d1", "d2"] == [model.digest for model in model_versions(store, "m:1b")]


def test_two_endpoints_may_have_different_versions_of_one_name(store: Store) -> None:
    record_model(store, name="m:1b", digest="d1", endpoint_name="a")
    record_model(store, name="m:1b", digest="d2", endpoint_name="b")
    assert [("a", "d1"), ("b", "d2")] == [(model.endpoint_name, model.digest) for model in list_models(store)]


def test_models_are_found_by_what_they_can_do_and_need(store: Store) -> None:
    record_model(store, name="a", digest="1", endpoint_name="x", family="llama", size_bytes=10, capabilities=("tools",))
    record_model(store, name="b", digest="2", endpoint_name="x", family="qwen", size_bytes=20, capabilities=("vision",))
    record_model(store, name="c", digest="3", endpoint_name="x")
    assert ["a"] == [model.name for model in list_models(store, capability="tools")]
    assert ["b"] == [model.name for model in list_models(store, family="qwen")]
    assert ["a"] == [model.name for model in list_models(store, max_size_bytes=10)]


def test_a_retired_model_is_left_out_and_keeps_its_history(store: Store) -> None:
    record_model(store, name="m:1b", digest="d1", endpoint_name="local")
    retire_model(store, "m:1b")
    record_model(store, name="m:1b", digest="d2", endpoint_name="local")
    assert is_retired(store, "m:1b")
    assert () == list_models(store)
    assert ["d2"] == [model.digest for model in list_models(store, include_retired=True)]
    assert 2 == len(model_versions(store, "m:1b"))


def test_registering_a_retired_model_brings_it_back(store: Store) -> None:
    record_model(store, name="m:1b", digest="d1", endpoint_name="local", family="llama")
    retire_model(store, "m:1b")
    back = register_model(store, "m:1b", family="qwen")
    assert (False, "llama", "d1") == (is_retired(store, "m:1b"), back.family, back.digest)


def test_a_registered_model_becomes_the_one_that_a_server_shows(store: Store) -> None:
    register_model(store, "m:1b", family="llama", size_bytes=7)
    register_model(store, "m:1b", family="qwen", size_bytes=8)
    (registered,) = list_models(store)
    assert (None, None, "qwen", 8) == (
        registered.digest,
        registered.endpoint_name,
        registered.family,
        registered.size_bytes,
    )
    record_model(store, name="m:1b", digest="d1", endpoint_name="local", size_bytes=9)
    (seen,) = model_versions(store, "m:1b")
    assert ("d1", "local", 9) == (seen.digest, seen.endpoint_name, seen.size_bytes)


def test_a_model_without_a_digest_is_one_version(store: Store) -> None:
    record_model(store, name="gpt", digest=None, endpoint_name="remote")
    record_model(store, name="gpt", digest=None, endpoint_name="remote")
    assert 1 == len(model_versions(store, "gpt"))


def test_an_unknown_model_is_answered_with_those_that_exist(store: Store) -> None:
    record_model(store, name="llama3.2:3b", digest="d1", endpoint_name="local")
    for ask in (model_versions, retire_model):
        with pytest.raises(UnknownNameError, match=r"did you mean 'llama3\.2:3b'"):
            ask(store, "llama3:3b")
    assert not is_retired(store, "llama3:3b")
