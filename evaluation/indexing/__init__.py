"""Indexes of corpora: built of what is stored, kept in the store, and kept in memory for who comes next."""
