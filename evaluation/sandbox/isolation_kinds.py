"""The kinds of isolation."""

from dataclasses import dataclass

BUBBLEWRAP = "bubblewrap"
WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """How programs are isolated."""

    name: str
    """`bubblewrap` or `weak`."""
    in_user_namespace: bool = False
    """True if bubblewrap's privileges come from a user namespace; else from root, and each program gets a user id."""
