"""What an evaluation, a comparison, a sweep or a race found: frozen dataclasses, which all that shows it reads."""
