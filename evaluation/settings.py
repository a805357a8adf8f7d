"""Settings that differ between machines and do not change any number: addresses, keys, paths."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `BENCHWRIGHT_…` variables by whoever starts the work; never at import. An empty one is as if unset."""

    model_config = SettingsConfigDict(env_prefix="BENCHWRIGHT_", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: SecretStr | None = None
    """Where results are stored; None: SQLite in the user's data directory."""
    embedded_url: str | None = None
    """Address of a running embedded server."""
    retry_base_s: float = Field(default=1.0, gt=0)
    """First pause before a request is sent again; it doubles from there."""

    metric_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that a metric from a user's file, or from another package, has for one case."""

    start_timeout_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """Seconds that a server or worker of ours may do nothing while it starts; it may take ten times as long in all."""

    sandbox: Literal["weak"] | None = None
    """`weak`: programs may run with resource limits alone where bubblewrap is missing."""

    prices: Path | None = None
    """A file of prices by model, for whoever gives no `--prices`; a run keeps what it used."""

    form_files: Path | None = None
    """The folder of which forms, and whoever else starts a deployment, may name files; None: they may name none."""

    @property
    def database(self) -> str | None:
        """The database URL in clear, for the store alone."""
        return self.database_url.get_secret_value() if self.database_url else None
