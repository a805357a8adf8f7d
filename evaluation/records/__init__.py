"""Records: what the store saves and returns, as values independent of SQL, with a file for each kind."""
