"""A server for machines without one: a small real language model and the baselines, through Ollama's own API."""
