"""Names that are already promised to metrics which this version does not have, each with what it waits for."""

LATER_METRICS: dict[str, str] = {}
"""Why a promised metric cannot be had yet, by its name: "is not in this version". All are there now."""
