"""Baseball's American League of 1987, East: who beat whom how often, as in Agresti's Categorical Data Analysis."""

from evaluation.stats.bradley_terry import Vote

TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
"""Of the team of the row against that of the column."""
VOTES = [
    Vote(a=winner, b=loser, score=1)
    for winner, row in zip(TEAMS, WINS, strict=True)
    for loser, n_wins in zip(TEAMS, row, strict=True)
    for _ in range(n_wins)
]
