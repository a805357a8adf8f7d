"""Steps of a race: what is asked next, the decision after it, the outcome."""
