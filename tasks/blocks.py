"""Prefect block types that people edit: the results database, pools of servers, and the prices of answers.

The server stores secrets encrypted, and its pages show stars. Errors in a block are reported when it is used: Prefect's
pages check no more than its schema.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from prefect.blocks.core import Block
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from evaluation.errors import ConfigurationError, StoreError
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import normalise_url
from evaluation.records.candidates import EndpointRecord
from evaluation.requests.prices import as_prices
from evaluation.resolution.endpoints import default_gpu_tag
from evaluation.store.address import parse_url, shown
from tasks.block_names import DATABASE_SLUG

KEY_VARIABLE = "BENCHWRIGHT_KEY_OF_POOL_"
ASKED = "asked"
"""Value in place of a protocol that means: detect it by asking the server."""

if TYPE_CHECKING:
    Protocol = str
else:
    Protocol = Literal[(ASKED, *PROVIDERS)]


class ResultsDatabase(Block):
    """Where results are kept."""

    _block_type_name = "Benchwright results database"
    _block_type_slug = DATABASE_SLUG
    _description = "Where results are stored. The block named `benchwright` is the default."
    model_config = ConfigDict(title="Results database", hide_input_in_errors=True)

    url: SecretStr = Field(
        title="URL",
        description="`postgresql://USER:PASSWORD@HOST/NAME`, or `sqlite:////WHOLE/PATH` on a single machine. Required.",
    )

    def address(self) -> str:
        """Return the URL in clear text, for the store only.

        Raises:
            ConfigurationError: it is not a URL, or is a relative path, which depends on where it is read.
        """
        url = self.url.get_secret_value().strip()
        try:
            parsed = parse_url(url or None)
        except StoreError as error:
            raise ConfigurationError(f"the block of the results database: {error.message}", error.next_step) from None
        is_file = parsed.get_backend_name() == "sqlite"
        if not url or (is_file and not str(parsed.database).startswith("/")):
            problem = f"names {shown(parsed)}" if url else "has no URL"
            step = "Give postgresql://USER:PASSWORD@HOST/NAME or sqlite:////WHOLE/PATH."
            raise ConfigurationError(
                f"the block of the results database {problem}, no one place for every worker", step
            )
        return url


class PoolServer(BaseModel):
    """One server of a pool."""

    model_config = ConfigDict(title="Server", extra="forbid", hide_input_in_errors=True)

    url: str = Field(title="Address", description="`http://gpu-1:11434`. No key or password belongs here.")
    slots: int = Field(default=1, ge=1, le=4096, title="Slots", description="Concurrent requests. From 1 to 4096.")
    gpu_tag: str = Field(
        default="", title="GPU tag", description="The GPU behind it: servers on one GPU share a tag. Empty: its own."
    )
    provider: Protocol = Field(
        default=ASKED, title="Protocol", description="The protocol that it speaks; `asked`: detected each time."
    )
    electricity_price: float | None = Field(
        default=None, ge=0, title="Price of a kWh", description="In the currency of your reports. At least 0."
    )


class EndpointPool(Block):
    """Servers that share the work of a run."""

    _block_type_name = "Benchwright endpoint pool"
    _block_type_slug = "benchwright-endpoint-pool"
    _description = "Servers that share the work of a run. Use `pool:NAME` wherever an endpoint is accepted."
    model_config = ConfigDict(title="Endpoint pool", hide_input_in_errors=True)

    servers: list[PoolServer] = Field(title="Servers", min_length=1, description="At least one.")
    key: SecretStr | None = Field(
        default=None,
        title="Key",
        description="API key of every server of the pool, if they need one.",
    )
    allow_remote: bool = Field(
        default=False, title="Allow remote models", description="Allow models that run on somebody else's machine."
    )

    def key_in_clear(self) -> str | None:
        """Return the key in clear text, for requests to the servers only; None where there is none."""
        return (self.key.get_secret_value() or None) if self.key else None

    def records(self, name: str) -> Iterator[EndpointRecord]:
        """Yield the servers of the pool as endpoints.

        They hold the name of the variable with the key, never the key.

        Raises:
            ConfigurationError: an address is invalid.
        """
        for server in self.servers:
            url = normalise_url(server.url)
            yield EndpointRecord(
                name=default_gpu_tag(url).replace("gpu-", "pool-", 1),
                url=url,
                provider="" if server.provider == ASKED else server.provider,
                gpu_tag=server.gpu_tag.strip() or None,
                slots=server.slots,
                electricity_price=server.electricity_price,
                key_variable=key_variable(name) if self.key_in_clear() else None,
                allow_remote=self.allow_remote,
            )


def key_variable(pool: str) -> str:
    """Return the name of the environment variable that holds the key of a pool while its servers are in use."""
    return KEY_VARIABLE + pool.upper().replace("-", "_")


class ModelPrice(BaseModel):
    """Price of a model."""

    model_config = ConfigDict(title="Model", extra="forbid")

    model: str = Field(title="Model", description="Its name, or a pattern: `llama3.2:*`.")
    input_per_million: float | None = Field(
        default=None, ge=0, title="USD for a million input tokens", description="At least 0."
    )
    output_per_million: float | None = Field(
        default=None,
        ge=0,
        title="USD for a million output tokens",
        description=("Required with the one above. At least 0."),
    )
    per_kwh: float | None = Field(
        default=None, ge=0, title="USD for a kWh", description="For the energy measured while it answers. At least 0."
    )


class Prices(Block):
    """Prices of answers and of energy."""

    _block_type_name = "Benchwright prices"
    _block_type_slug = "benchwright-prices"
    _description = "Prices of answers and energy. Use as `--prices block:NAME`; a run stores the prices that it used."
    model_config = ConfigDict(title="Prices")

    electricity_per_kwh: float | None = Field(
        default=None,
        ge=0,
        title="USD for a kWh",
        description="For every model with measured energy and without a price below. At least 0.",
    )
    models: list[ModelPrice] = Field(default=[], title="Models", description="Prices of individual models.")

    def content(self) -> dict[str, Any]:
        """Return the checked prices in the form of a file for `--prices`.

        Raises:
            ConfigurationError: a model has no price.
        """
        own = {price.model: price.model_dump(exclude={"model"}, exclude_none=True) for price in self.models}
        fields = {"electricity_per_kwh": self.electricity_per_kwh, "models": own}
        return as_prices(fields, source="the block of prices").content


BLOCKS: tuple[type[Block], ...] = (ResultsDatabase, EndpointPool, Prices)
"""All block types. To add one, write its class and list it here."""
