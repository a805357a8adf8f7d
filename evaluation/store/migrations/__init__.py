"""The migrations of the schema, shipped with the package and run by `evaluation.store.schema`."""
