"""Resolution of names to endpoints, models with their digests, and metrics."""
