"""Server addresses in the forms of OLLAMA_HOST, and their normal form."""

import ipaddress
import re
from collections.abc import Mapping

from evaluation.errors import ConfigurationError

DEFAULT_URL = "http://127.0.0.1:11434"
DEFAULT_PROGRAM = "ollama"
"""Program that serves at the default address once installed."""
_PORTS = {"http": "80", "https": "443"}
_THIS_MACHINE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - read, never bound
_EXAMPLES = "Write it like gpu-box, gpu-box:11434, :11434 or https://gpu-box/ollama."


def default_url(environ: Mapping[str, str]) -> str:
    """Return the URL of the server that `OLLAMA_HOST` names, else of the one on this machine."""
    host = environ.get("OLLAMA_HOST", "").strip().strip("'\"").strip()
    return normalise_url(host) if host else DEFAULT_URL


def normalise_url(text: str) -> str:
    """Return `scheme://host[:port][/path]`, equal for two ways of writing one address.

    As Ollama reads it: no scheme means http and port 11434; an explicit scheme has its own default port; an address
    to listen on everywhere means this machine.

    Raises:
        ConfigurationError: credentials, a bad port, an unknown scheme, or no address at all.
    """
    text = text.strip()
    _refuse_secrets(text)
    scheme, sign, rest = text.rpartition("://")
    scheme = scheme.lower() if sign else "http"
    if scheme not in _PORTS or not text:
        raise ConfigurationError(f"{text!r} is not the address of a server", _EXAMPLES)
    authority, _, path = rest.partition("/")
    if sign and not authority:
        raise ConfigurationError(f"{text!r} names no host", _EXAMPLES)
    host, port = _split_port(authority, text)
    port = port or (_PORTS[scheme] if sign else "11434")
    shown_port = "" if port == _PORTS[scheme] else f":{port}"
    path = path.strip("/")
    return f"{scheme}://{_host(host, text)}{shown_port}" + (f"/{path}" if path else "")


def without_credentials(url: str) -> str:
    """Return `url` without user and password, for messages; an '@' or '/' inside the password exposes no part of it."""
    return re.sub(r"://.*@", "://", url, flags=re.DOTALL)


def _refuse_secrets(text: str) -> None:
    if "@" in text or "?" in text or "#" in text:
        raise ConfigurationError(
            "an address must hold neither a name and password (@) nor a query (?, #); it is not repeated here",
            "Keep the key in an environment variable, and give the endpoint that variable's name.",
        )


def _split_port(authority: str, text: str) -> tuple[str, str]:
    if authority.count(":") > 1 and not authority.startswith("["):
        return f"[{authority}]", ""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::(.*))?", authority)
    if match is None:
        raise ConfigurationError(f"{text!r} is not the address of a server", _EXAMPLES)
    host, port = match[1], match[2]
    if port is None:
        return host, ""
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ConfigurationError(f"port {port!r} in {text!r} is not a whole number from 1 to 65535", _EXAMPLES)
    return host, str(int(port))


def _host(host: str, text: str) -> str:
    host = host.lower()
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise ConfigurationError(f"{text!r} holds no valid IPv6 address", _EXAMPLES) from None
    elif not re.fullmatch(r"[\w.-]*", host):
        raise ConfigurationError(f"{host!r} in {text!r} is not the name of a host", _EXAMPLES)
    return _THIS_MACHINE.get(host, host)
