"""Answers of a run side by side: cases by candidates, filtered, sorted, and read a page at a time."""
