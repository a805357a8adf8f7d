"""Price tables: the cost of a model's answers, from the user's invoices and electricity bill.

    electricity_per_kwh: 0.30               # USD; for every model whose energy is measured and that has no price here
    models:
      "gpt-oss:120b-cloud": {input_per_million: 0.15, output_per_million: 0.60}
      "llama3.2:*": {per_kwh: 0.12}

As YAML, or the same as TOML. Prices change numbers: a run that uses them stores them with its candidates.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.errors import ConfigurationError
from evaluation.files.bounded_reading import read_settings_text
from evaluation.files.names import composed, repeated_key
from evaluation.files.unreadable import unreadable
from evaluation.files.yaml_text import read_yaml
from evaluation.requests.request_model import file_step

PRICE = "price"
"""Key of a candidate's price (`Price.options`) in its details in a run."""
PRICES = "prices"
"""Key of the prices of a candidate that asks several models, by their names, in its details in a run."""
EXAMPLE = "For example, in YAML: models: {'gpt-oss:*': {input_per_million: 0.15, output_per_million: 0.60}}"
_WORDS = {
    "extra_forbidden": "is not a key of a price",
    "greater_than_equal": "must not be negative",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping of model names or patterns to prices",
}
"""Messages for pydantic's types of error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Price of a model: US dollars per million tokens in and out, or per kilowatt-hour of measured energy."""

    input_per_million: float | None = None
    output_per_million: float | None = None
    per_kwh: float | None = None

    @property
    def options(self) -> dict[str, float]:
        """The options with which the metric `cost_usd` computes costs at this price; plain JSON, stored with a run."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """Prices by model."""

    by_model: tuple[tuple[str, Price], ...] = ()
    """Prices by name, or by a pattern with `*`, `?` and `[…]`, in the order of the file."""
    electricity_per_kwh: float | None = None
    """Price for models without an entry."""

    @property
    def content(self) -> dict[str, Any]:
        """The table as plain JSON, from which `as_prices` restores it: what a request keeps of a file."""
        models = {pattern: price.options for pattern, price in self.by_model}
        return {"electricity_per_kwh": self.electricity_per_kwh, "models": models}


def price_of(table: PriceTable, model_name: str) -> Price | None:
    """Return the price of a model; None where nothing is known of it, which never means that it is free.

    An exact name goes before every pattern; of the matching patterns, the one with the most characters that are not
    wildcards wins, among equals the first in the file. A name without a tag means its `latest`.
    """
    names = (composed(model_name), _full(composed(model_name)))
    fitting = [
        (_distinctness(pattern, names), -place, price)
        for place, (pattern, price) in enumerate((composed(pattern), price) for pattern, price in table.by_model)
        if any(fnmatchcase(name, pattern) for name in names) or _full(pattern) in names
    ]
    if fitting:
        return max(fitting, key=lambda fit: fit[:2])[2]
    return None if table.electricity_per_kwh is None else Price(per_kwh=table.electricity_per_kwh)


def stored_prices(table: PriceTable, model_names: Sequence[str]) -> dict[str, Any]:
    """Return the prices of a candidate's models as its details in a run hold them.

    A candidate of several models has one of them all or none: with a part of them, only the cases that ask no other
    model would have a cost, which are the cheap ones.

    Args:
        table: All prices.
        model_names: Its model, and the others that its pipeline asks.
    """
    prices = {name: price_of(table, name) for name in model_names}
    options = {name: price.options for name, price in prices.items() if price is not None}
    if len(prices) == 1:
        return {PRICE: next(iter(options.values()), None)}
    return {PRICE: None, PRICES: options if len(options) == len(prices) else None}


def models_without_price(table: PriceTable, model_names: Sequence[str]) -> tuple[str, ...]:
    """Return the models for whose lack of a price a candidate of several models has no cost."""
    lacking = tuple(name for name in model_names if price_of(table, name) is None)
    return lacking if len(lacking) < len(model_names) else ()


def _full(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _distinctness(pattern: str, names: tuple[str, ...]) -> float:
    if pattern in names or _full(pattern) in names:
        return float("inf")
    return sum(letter not in "*?[]" for letter in pattern)


def read_prices(path: Path) -> PriceTable:
    """Read the prices in a YAML or TOML file.

    Raises:
        ConfigurationError: no such file, neither YAML nor TOML, a wrong key, an invalid price.
    """
    return as_prices(_mapping(path), source=f"prices {str(path)!r}")


def as_prices(content: Mapping[str, Any], *, source: str = "prices") -> PriceTable:
    """Return the validated prices in a mapping.

    Args:
        content: As a file has it.
        source: Where it comes from, for a message.

    Raises:
        ConfigurationError: a wrong key, an invalid price.
    """
    try:
        price_file = _PriceFile.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{' → '.join(map(str, item['loc']))} {_WORDS.get(item['type'], item['msg'])}" for item in error.errors()
        )
        step = file_step(error, outer=_PriceFile, inner=_PriceEntry, example=EXAMPLE)
        raise ConfigurationError(f"{source}: {problems}", step) from None
    if twice := repeated_key(price_file.models):
        raise ConfigurationError(f"{source}: models → {twice[0]} appears twice{twice[1]}", "Keep one of them.")
    by_model = tuple((composed(name), _price(source, name, entry)) for name, entry in price_file.models.items())
    return PriceTable(by_model=by_model, electricity_per_kwh=price_file.electricity_per_kwh)


class _PriceEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    input_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    output_per_million: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    per_kwh: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class _PriceFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    electricity_per_kwh: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    models: dict[str, _PriceEntry] = {}


def _mapping(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        text = read_settings_text(path)
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else read_yaml(text, is_settings=True)
    except OSError as error:
        raise unreadable(path, error, what="the prices") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise ConfigurationError(f"prices {str(path)!r} are neither YAML nor TOML: {problem}", EXAMPLE) from None
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"prices {str(path)!r} hold a {type(content).__name__}, expected a mapping", EXAMPLE)
    return content


def _price(source: str, name: str, entry: _PriceEntry) -> Price:
    by_token = [entry.input_per_million, entry.output_per_million]
    is_by_token = None not in by_token
    is_by_energy = entry.per_kwh is not None and by_token == [None, None]
    if not is_by_energy and not (is_by_token and entry.per_kwh is None):
        raise ConfigurationError(
            f"{source}: models → {name} must have either input_per_million and output_per_million, or per_kwh",
            EXAMPLE,
        )
    return Price(**entry.model_dump())
