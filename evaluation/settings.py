"""Settings that differ between machines and do not change any number: addresses, keys, paths."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_PAGES_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9.\-_~/%]*)?")


class Settings(BaseSettings):
    """Settings from `BENCHWRIGHT_…` variables, read when work starts, never at import. Empty values count as unset."""

    model_config = SettingsConfigDict(env_prefix="BENCHWRIGHT_", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: SecretStr | None = None
    """URL of the results database; None for SQLite in the user's data directory."""
    embedded_url: str | None = None
    """Address of a running embedded server."""
    pages_url: str | None = None
    """Address at which people open Benchwright's pages, to which Prefect artifacts link; None: they link to none."""
    retry_base_s: float = Field(default=1.0, gt=0)
    """First pause in seconds before a request is retried; later pauses double."""

    metric_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds allowed for one case of a metric from a user's file or from another package."""

    pipeline_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds allowed for one step of a pipeline from a user's file, from the replies to its next requests."""

    import_timeout_s: float = Field(default=120.0, gt=0)
    """Seconds allowed for loading a user's file with a pipeline or a metric, with all that it imports."""

    document_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds allowed for reading one document of a corpus that is more than plain text: HTML, PDF, Word or CSV."""

    document_memory_mib: int = Field(default=2048, ge=64)
    """Memory in MiB allowed to the process that reads such documents; held to on Linux alone."""

    start_timeout_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """Seconds without progress allowed to one of our servers or workers at start; ten times as long in total."""

    sandbox: Literal["weak"] | None = None
    """`weak`: programs may run with resource limits only where bubblewrap is missing."""

    prices: Path | None = None
    """File of prices by model, used without `--prices`; a run keeps the prices that it used."""

    form_files: Path | None = None
    """Folder whose files forms and other starts of a deployment may name; None: they may name no files."""

    @field_validator("pages_url")
    @classmethod
    def _check_pages_url(cls, url: str | None) -> str | None:
        """Refuse what is no address or holds a secret: artifacts show it; a slash at its end is left out."""
        if url is None:
            return None
        if not _PAGES_URL.fullmatch(url):
            raise ValueError("no address of pages; write it like https://bench.example.com, without name or password")
        return url.rstrip("/")

    @property
    def database(self) -> str | None:
        """The database URL in clear text, for the store alone."""
        return self.database_url.get_secret_value() if self.database_url else None
