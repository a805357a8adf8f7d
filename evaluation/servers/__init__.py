"""Measurements of servers: how many requests they serve at once, and whether they answer alike."""
