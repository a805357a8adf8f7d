"""Who writes a note or gives a tag: the name of the key, or on this machine the user, as on the command line."""

import getpass

from fastapi import Request

from deployments.api.access import LOCAL, Access


def author_of(request: Request) -> str:
    """Return the author's name."""
    access: Access = request.scope["state"]["access"]
    if access.key is not None:
        return access.name
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return LOCAL
