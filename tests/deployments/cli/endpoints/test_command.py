from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from patient_client import patient_client

Command = Callable[..., Any]


def test_an_added_endpoint_is_listed_with_the_provider_that_it_turned_out_to_speak(
    benchwright: Command, ollama: Any
) -> None:
    ollama.add("llama3.2:3b", digest="a" * 64)

    said = benchwright("endpoints", "add", "box", ollama.url, "--gpu-tag", "gpu-0", "--slots", 4)

    assert (0, f"box: {ollama.url}, ollama 0.33.0, 1 model\n") == (said.code, said.out)
    (record,) = benchwright("endpoints", "list", "--json").json
    assert ("box", ollama.url, "ollama", "gpu-0", 4) == tuple(
        record[key] for key in ("name", "url", "provider", "gpu_tag", "slots")
    )


def test_a_server_that_is_down_is_not_stored_and_the_next_step_is_named(benchwright: Command) -> None:
    said = benchwright("endpoints", "add", "box", "http://127.0.0.1:9")

    assert 2 == said.code
    assert "endpoint 'box': no server answers at http://127.0.0.1:9" in said.err
    assert "next: Start it, or check the address. --no-check stores it without asking." in said.err
    assert [] == benchwright("endpoints", "list", "--json").json


def test_no_check_stores_a_server_that_is_down(benchwright: Command) -> None:
    said = benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check", "--electricity-price", "0.3")

    assert 0 == said.code
    (record,) = benchwright("endpoints", "list", "--json").json
    assert ("http://127.0.0.1:9", 0.3) == (record["url"], record["electricity_price"])
    assert "detected each time" in benchwright("endpoints", "list").out


def test_adding_a_name_again_replaces_it_and_says_so(benchwright: Command) -> None:
    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check")

    said = benchwright("endpoints", "add", "box", "http://127.0.0.1:10", "--no-check")

    assert "replaced box (was http://127.0.0.1:9)" in said.err
    assert ["http://127.0.0.1:10"] == [item["url"] for item in benchwright("endpoints", "list", "--json").json]


def test_adding_a_name_again_keeps_what_is_not_given_anew(benchwright: Command) -> None:
    settings = ("--slots", "4", "--gpu-tag", "gpu-0", "--allow-remote", "--electricity-price", "0.3")
    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check", *settings)

    said = benchwright(
        "endpoints", "add", "box", "http://127.0.0.1:10", "--no-check", "--slots", "2", "--no-allow-remote", "--json"
    )

    (record,) = benchwright("endpoints", "list", "--json").json
    assert record == said.json
    assert (2, "gpu-0", 0.3, False) == tuple(
        record[key] for key in ("slots", "gpu_tag", "electricity_price", "allow_remote")
    )
    assert "kept: --gpu-tag gpu-0, --electricity-price 0.3 (`benchwright endpoints remove box` clears them)" in said.err

    benchwright("endpoints", "remove", "box")
    benchwright("endpoints", "add", "box", "http://127.0.0.1:10", "--no-check")
    (record,) = benchwright("endpoints", "list", "--json").json
    assert (None, None) == (record["slots"], record["gpu_tag"])


def test_a_key_and_the_leave_to_go_remote_stay_with_the_address_that_got_them(benchwright: Command) -> None:
    granted = ("--key-variable", "BOX_KEY", "--allow-remote")
    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check", *granted)

    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check", "--slots", "2")
    (same,) = benchwright("endpoints", "list", "--json").json
    benchwright("endpoints", "add", "box", "http://127.0.0.1:10", "--no-check")
    (other,) = benchwright("endpoints", "list", "--json").json

    assert ("BOX_KEY", True, 2) == (same["key_variable"], same["allow_remote"], same["slots"])
    assert (None, False, 2) == (other["key_variable"], other["allow_remote"], other["slots"])


SECRETS = ("sk-proj-abcdef0123456789", "sk_live_0123456789abcdef", "hf_AbCdEfGhIjKl", "AKIA0123456789ABCDEF", "a b", "")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_given_in_place_of_a_variables_name_is_refused_and_not_repeated(
    benchwright: Command, secret: str
) -> None:
    said = benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check", "--key-variable", secret)

    assert 2 == said.code
    assert "name of an environment variable" in said.err
    assert not secret or secret not in said.out + said.err
    assert [] == benchwright("endpoints", "list", "--json").json


def test_the_key_in_the_variable_is_sent_and_never_stored(
    benchwright: Command, ollama: Any, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.setenv("BOX_KEY", "topsecretvalue")

    assert 0 == benchwright("endpoints", "add", "box", ollama.url, "--key-variable", "BOX_KEY").code

    assert {"Bearer topsecretvalue"} == set(ollama.keys)
    assert "BOX_KEY (set)" in benchwright("endpoints", "list").out
    stored = b"".join(path.read_bytes() for path in Path(database.removeprefix("sqlite:///")).parent.iterdir())
    assert b"BOX_KEY" in stored
    assert b"topsecretvalue" not in stored


def test_a_variable_that_is_not_set_is_named(benchwright: Command, ollama: Any) -> None:
    said = benchwright("endpoints", "add", "box", ollama.url, "--key-variable", "NOT_SET_HERE")

    assert 2 == said.code
    assert "'NOT_SET_HERE', which is not set" in said.err
    assert "export NOT_SET_HERE=" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("bad name", "http://127.0.0.1:9"), "'bad name' is not a name"),
        (
            ("embedded", "http://127.0.0.1:9"),
            "'embedded' is reserved for the server that `benchwright evaluate --embedded` starts",
        ),
        (("box", "ftp://127.0.0.1"), "'ftp://127.0.0.1' is not the address of a server"),
        (("box", "http://127.0.0.1:99999"), "port '99999'"),
        (("box", "http://127.0.0.1:9", "--provider", "olama"), "unknown provider 'olama'; did you mean 'ollama'?"),
        (("box", "http://127.0.0.1:9", "--slots", "0"), "--slots"),
        (("box", "http://127.0.0.1:9", "--electricity-price", "-1"), "--electricity-price"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(benchwright: Command, words: tuple[str, ...], message: str) -> None:
    said = benchwright("endpoints", "add", *words, "--no-check")

    assert 2 == said.code
    assert message in said.err
    assert [] == benchwright("endpoints", "list", "--json").json


def test_a_password_in_the_address_is_refused_and_not_repeated(benchwright: Command) -> None:
    said = benchwright("endpoints", "add", "box", "http://me:hunter2@127.0.0.1:9", "--no-check")

    assert 2 == said.code
    assert "hunter2" not in said.out + said.err


def test_a_removed_endpoint_is_gone(benchwright: Command) -> None:
    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check")

    assert "box: removed\n" == benchwright("endpoints", "remove", "box").out
    assert [] == benchwright("endpoints", "list", "--json").json


def test_removing_an_unknown_endpoint_lists_the_known_ones(benchwright: Command) -> None:
    benchwright("endpoints", "add", "box", "http://127.0.0.1:9", "--no-check")

    said = benchwright("endpoints", "remove", "bix")

    assert 2 == said.code
    assert "unknown endpoint 'bix'; did you mean 'box'?" in said.err


def test_an_empty_list_says_what_is_asked_instead(benchwright: Command) -> None:
    said = benchwright("endpoints", "list")

    assert (0, "") == (said.code, said.out)
    assert "OLLAMA_HOST" in said.err


def test_an_added_endpoint_is_printed_as_json_on_demand(benchwright: Command, ollama: Any) -> None:
    said = benchwright("endpoints", "add", "box", ollama.url, "--allow-remote", "--json")

    assert benchwright("endpoints", "list", "--json").json == [said.json]
    assert said.json["allow_remote"]


def test_slots_that_are_set_without_prefect_wait_for_the_next_evaluation(benchwright: Command) -> None:
    said = benchwright("endpoints", "add", "box", "http://gpu:1", "--gpu-tag", "gpu-0", "--slots", 4, "--no-check")

    assert "the next evaluation sets the limit gpu-0" in said.err
    (record,) = benchwright("endpoints", "list", "--json").json
    assert record["limit_pending"]


def test_an_endpoint_without_slots_leaves_the_limit_alone(benchwright: Command) -> None:
    said = benchwright("endpoints", "add", "box", "http://gpu:1", "--gpu-tag", "gpu-0", "--no-check")

    assert "Prefect" not in said.err
    (record,) = benchwright("endpoints", "list", "--json").json
    assert not record["limit_pending"]


def test_slots_that_are_set_while_prefect_answers_are_its_limit(benchwright: Command, prefect_api: str) -> None:
    tag = f"gpu-{uuid4()}"
    benchwright("endpoints", "add", "a", "http://one:1", "--gpu-tag", tag, "--slots", 4, "--no-check")
    said = benchwright("endpoints", "add", "b", "http://two:1", "--gpu-tag", tag, "--slots", 3, "--no-check", "--json")

    assert f"the limit {tag} in Prefect is 7 now" in said.err
    assert not said.json["limit_pending"]
    with patient_client(prefect_api) as client:
        assert 7 == client.get(f"v2/concurrency_limits/{tag}").json()["limit"]
