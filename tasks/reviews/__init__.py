"""Steps of a review: people rate answers."""
