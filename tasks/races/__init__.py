"""Steps of a race: what is asked next, what is decided after it, how it came out."""
