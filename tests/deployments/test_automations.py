"""What is noted when an operator names a webhook."""

import stat
from pathlib import Path

import pytest

from deployments.automations import allow_webhook
from deployments.guarded.connections import named_webhooks
from evaluation.errors import ConfigurationError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Prefect folder of this test's own."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    return tmp_path / "prefect"


def test_a_named_webhook_is_noted_without_what_is_secret_in_it(home: Path) -> None:
    for _ in range(2):
        allow_webhook("https://user:secret@93.184.216.34/services/secret?key=secret#secret", may_be_private=False)
    allow_webhook("http://[::1]:9000/hook", may_be_private=True)
    note = home / "benchwright" / "webhooks"
    assert "https://93.184.216.34:443\nhttp://[::1]:9000 private\n" == note.read_text()
    assert (0o600, 0o700) == tuple(stat.S_IMODE(path.stat().st_mode) for path in (note, note.parent))
    assert [("93.184.216.34", 443, False), ("::1", 9000, True)] == [
        (target.host, target.port, target.may_be_private) for target in named_webhooks(note)
    ]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/h", "http://localhost/h", "http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1/"],
)
def test_a_private_webhook_needs_a_word(home: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="of this machine or of a private network") as caught:
        allow_webhook(url, may_be_private=False)
    assert "--private" in str(caught.value.next_step)
    assert not (home / "benchwright" / "webhooks").exists()


@pytest.mark.parametrize(
    "url", ["ftp://a/secret", "file:///secret", "http:///secret", "mailto:secret@b", "https://:443/secret"]
)
def test_what_is_no_address_of_a_webhook_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must begin with http") as caught:
        allow_webhook(url, may_be_private=True)
    assert "secret" not in f"{caught.value.message}{caught.value.next_step}"
