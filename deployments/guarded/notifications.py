"""Restriction of notification blocks: their addresses may send something, and do nothing on this machine.

Prefect sends notifications by Apprise, whose addresses can do more than name a server: `?template=/some/file` sends
the contents of that file, and some schemes write files, start programs or speak to this machine's own log and desktop.
Anyone with access to the API can write such addresses.
"""

import sys

LOCAL_SCHEMES = ("blink1", "dbus", "glib", "gnome", "macosx", "syslog", "vapid", "windows")
"""Apprise's modules with local effects beside sending; `vapid` keeps its subscriptions in files."""


def only_send() -> None:
    """Keep Apprise in this process from reading files, and from using schemes that act on this machine."""
    from apprise.attachment.file import AttachFile
    from apprise.common import ContentLocation

    AttachFile.location = ContentLocation.INACCESSIBLE
    for name in LOCAL_SCHEMES:
        sys.modules[f"apprise.plugins.{name}"] = None  # type: ignore[assignment]  # importing it fails from now on
