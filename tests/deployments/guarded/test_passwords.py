"""Prefect's comparison of passwords, which takes every text in a guarded server."""

import hmac

import pytest

from deployments.guarded.server import compare_any_texts


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "compare_digest", hmac.compare_digest)
    compare_any_texts()


@pytest.mark.parametrize("password", ["ana:pässwörd", "ana:密码", "ana:plain", "ana:\ud800"])
def test_a_password_of_any_signs_is_taken_and_no_other(password: str) -> None:
    assert hmac.compare_digest(password, password)
    for other in ("", "ana:", password[:-1], f"{password}x", "ana:é"):
        assert not hmac.compare_digest(other, password)
        assert not hmac.compare_digest(password, other)


def test_bytes_are_compared_as_before() -> None:
    assert hmac.compare_digest(b"key", b"key")
    assert not hmac.compare_digest(b"key", b"kez")
