"""The schema of the first release. Nothing leads to it: an empty database is given the newest tables at once."""

revision = "0012"
down_revision = None
