"""A model server for machines without one: a small real language model and the baselines, with Ollama's API."""
