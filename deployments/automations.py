"""Who is told of an alert: an automation of Prefect's that calls a block for each of our events.

The address of a webhook is a secret: it lives in a block, which Prefect keeps encrypted.

Prefect's server reads it for each connection (`guarded/connections.py`). The note holds scheme, host and port alone,
since the rest of a webhook's address is a secret.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import ActionTypes, CallWebhook, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from pydantic import SecretStr

from deployments.guarded.connections import PRIVATE, WEBHOOKS_VARIABLE, is_public, read_target
from deployments.prefect_home import own_folder, webhooks_file
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.private_files import make_private_file
from tasks.monitoring.notify import RAISED


def allow_webhook(url: str, *, may_be_private: bool) -> None:
    """Let our Prefect servers on this home call the server of this address from now on.

    Args:
        url: Of the webhook; its path is not noted.
        may_be_private: It may be on this machine or in a network that is not public.

    Raises:
        ConfigurationError: it is not a webhook URL, or it is private and must not be.
    """
    entry = _entry(url)
    if not may_be_private and (address := _private_address(url)) is not None:
        raise ConfigurationError(
            f"the webhook's server {urlsplit(url).hostname!r} is at {address}, an address of this machine or of a "
            "private network",
            "Add --private if that is intended.",
        )
    own_folder()
    path = webhooks_file()
    make_private_file(path)
    entry = f"{entry} {PRIVATE}" if may_be_private else entry
    if entry not in path.read_text().splitlines():
        with path.open("a") as file:
            file.write(f"{entry}\n")


def _entry(url: str) -> str:
    try:
        target = read_target(url.replace(" ", "%20"))
    except ValueError:
        raise ConfigurationError(
            "the address of a webhook must begin with http:// or https:// and name a host",
            f"Give such a URL. For a block without one, name its server in {WEBHOOKS_VARIABLE} of Prefect's server.",
        ) from None
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{urlsplit(url).scheme.lower()}://{host}:{target.port}"


def _private_address(url: str) -> str | None:
    """Return a non-public address of the webhook's server; None: there is none, or it is not known now."""
    try:
        entries = socket.getaddrinfo(urlsplit(url).hostname, None, type=socket.SOCK_STREAM)
    except OSError:
        return None
    return next((str(entry[4][0]) for entry in entries if not is_public(str(entry[4][0]))), None)


NAME = "Benchwright alerts"
"""Name of the automation."""
BLOCK = "benchwright-alerts"
"""The webhook block that holds an address given on the command line."""
WEBHOOK = "webhook"
SEVERITIES = ("critical", "warning", "notice")
PAYLOAD = '{"text": {{ event.payload.sentence | tojson }}, "alert": {{ event.payload | tojson }}}'
"""Body sent to a webhook: `text` is what chats show, `alert` holds all fields of the alert."""
SUBJECT = "Benchwright {{ event.payload.severity }}: {{ event.payload.rule }}"
BODY = "{{ event.payload.sentence }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Current state of the automation."""

    name: str
    automation_id: str
    block: str
    """The block as `TYPE/NAME`."""


def notify_by(target: str, *, severities: Sequence[str] = (), may_be_private: bool = False) -> Notification:
    """Create or replace the automation for new alerts, and return it; there is only one.

    Args:
        target: A URL, or a block: `NAME` of a webhook, or `TYPE/NAME`.
        severities: Severities of alerts to notify of; empty: all.
        may_be_private: The webhook may be on this machine or in a network that is not public.

    Raises:
        ConfigurationError: there is no such block, the server refuses, or the webhook is private and must not be.
    """
    for word in severities:
        if word not in SEVERITIES:
            raise UnknownNameError("severity", word, SEVERITIES)
    with get_client(sync_client=True) as client:
        try:
            if url := target if _is_url(target) else _url_in_block(client, target):
                allow_webhook(url, may_be_private=may_be_private)
            block_type, name = _stored(target) if _is_url(target) else _named(target)
            action = _action(client, block_type, name)
            made = _put(client, action, severities)
        except PrefectHTTPStatusError as error:
            raise _refused(error.response.status_code) from None
    return Notification(name=NAME, automation_id=str(made), block=f"{block_type}/{name}")


def notify_nobody() -> bool:
    """Delete the automation, and return whether there was one. The block stays."""
    with get_client(sync_client=True) as client:
        automations = client.read_automations_by_name(NAME)
        for automation in automations:
            client.delete_automation(automation.id)
    return bool(automations)


def _is_url(target: str) -> bool:
    return "://" in target


def _stored(url: str) -> tuple[str, str]:
    """Store the address in a block, and return the block."""
    if not url.lower().startswith(("http://", "https://")):
        raise ConfigurationError("the address of a webhook must begin with http:// or https://", "Give such a URL.")
    made: Any = Webhook(url=SecretStr(url)).save(BLOCK, overwrite=True)
    if hasattr(made, "__await__"):
        raise TypeError("a webhook is stored from outside an event loop")
    return WEBHOOK, BLOCK


def _url_in_block(client: SyncPrefectClient, target: str) -> str:
    """Return the address that the block holds now; empty where there is none, or no block."""
    block_type, name = _named(target)
    try:
        block = client.read_block_document_by_name(name, block_type, include_secrets=True)
    except ObjectNotFound:
        raise _no_block(block_type, name) from None
    return str(block.data.get("url") or "")


def _no_block(block_type: str, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"the Prefect server has no block {block_type}/{name}",
        "Create it in the Prefect UI (Blocks, Webhook), or give a URL, which is stored in a block.",
    )


def _named(target: str) -> tuple[str, str]:
    block_type, _, name = target.rpartition("/")
    return block_type or WEBHOOK, name


def _action(client: SyncPrefectClient, block_type: str, name: str) -> ActionTypes:
    try:
        block = client.read_block_document_by_name(name, block_type, include_secrets=False)
    except ObjectNotFound:
        raise _no_block(block_type, name) from None
    if block_type == WEBHOOK:
        return CallWebhook(block_document_id=block.id, payload=PAYLOAD)
    return SendNotification(block_document_id=block.id, subject=SUBJECT, body=BODY)


def _put(client: SyncPrefectClient, action: ActionTypes, severities: Sequence[str]) -> UUID:
    automation = AutomationCore(
        name=NAME,
        description="Notifies of each new alert. Created by `benchwright alerts notify`.",
        enabled=True,
        trigger=EventTrigger(
            expect={RAISED},
            match={"benchwright.severity": list(severities)} if severities else {},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[action],
    )
    existing = client.read_automations_by_name(NAME)
    for duplicate in existing[1:]:
        client.delete_automation(duplicate.id)
    if existing:
        client.update_automation(existing[0].id, automation)
        return existing[0].id
    return client.create_automation(automation)


def _refused(status: int) -> ConfigurationError:
    if status in (401, 403):
        return ConfigurationError(
            "the Prefect server requires its password", "`export PREFECT_API_AUTH_STRING=user:password`"
        )
    return ConfigurationError(f"the Prefect server refuses the automation ({status})", "See its log.")
