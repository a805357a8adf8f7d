"""What a form refuses before anything is stored: a name or password in the address of a server.

The patterns stand in the schema alone, since whoever sends a form sends it to Prefect, which keeps parameters in clear.
Commands and the Python API are told by `normalise_url`, in words and without the address.
"""

from typing import Annotated

from pydantic import WithJsonSchema

WHERE_KEYS_BELONG = (
    "No user, password or key in an address: keep it in a variable (`endpoints add --key-variable`) or a pool's block."
)
"""Shown in a form's help, instead of the pattern that was not met."""
_NO_AT = "[^@?#]*"
_NO_URL_BEFORE_AT = "(?!.*://.*@)"
_NO_USER_OF_A_MODEL = r"""(?![\s\S]*@https?://[^/\s'"]*@)"""

ServerText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_AT}$"})]
"""The name of an endpoint, an address, or `pool:NAME`."""
ModelText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_URL_BEFORE_AT}[^@]*(@{_NO_AT})?$"})]
"""`MODEL` or `MODEL@ENDPOINT`."""
MetricText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{_NO_USER_OF_A_MODEL}"})]
"""A metric with its options, among them the model that it asks."""
