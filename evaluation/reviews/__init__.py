"""Blind human review of answers: which cases are shown, how, and what follows from the ratings."""
