"""Tasks of a monitoring pass: update alerts, notify, publish."""
