"""Results as files for other programs: rows that equal what is shown, and the three forms they take."""
