"""Names of the Prefect blocks, and the prefixes by which a request refers to one in place of a server or a file."""

USUAL = "benchwright"
"""The block that is used where none is named."""
DATABASE_SLUG = "benchwright-results-database"
POOL = "pool:"
"""Before the name of an endpoint pool, where a server's name or address may stand."""
BLOCK = "block:"
"""Before the name of a block of prices, where a file of prices may stand."""
