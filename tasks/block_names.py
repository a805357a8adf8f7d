"""Names of the Prefect blocks, and the prefixes by which a request refers to one in place of a server or a file."""

USUAL = "benchwright"
"""Name of the block that is used by default."""
DATABASE_SLUG = "benchwright-results-database"
POOL = "pool:"
"""Prefix of the name of an endpoint pool, where a server's name or address is also accepted."""
BLOCK = "block:"
"""Prefix of the name of a block of prices, where a file of prices is also accepted."""
