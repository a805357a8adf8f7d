"""Results as files for other programs: rows with the same values as the displays, in three file formats."""
