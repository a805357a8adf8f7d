"""What may the address in a notification block have Prefect's server do? Send something, and nothing on this machine.

Prefect sends notifications by Apprise, whose addresses can do more than name a server: `?template=/some/file` sends
what is in that file, and some schemes write files, start programs or speak to this machine's own log and desktop.
Whoever may use the API writes such addresses.
"""

import sys

LOCAL_SCHEMES = ("blink1", "dbus", "glib", "gnome", "macosx", "syslog", "vapid", "windows")
"""Apprise's modules that do something here, beside sending; `vapid` keeps its subscriptions in files."""


def only_send() -> None:
    """Has Apprise read no file in this process, and know no scheme that does something on this machine."""
    from apprise.attachment.file import AttachFile
    from apprise.common import ContentLocation

    AttachFile.location = ContentLocation.INACCESSIBLE
    for name in LOCAL_SCHEMES:
        sys.modules[f"apprise.plugins.{name}"] = None  # type: ignore[assignment]  # importing it fails from now on
