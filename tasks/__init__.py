"""One step each, with its retry, cache, concurrency and timeout policy."""
