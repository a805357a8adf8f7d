"""Steps of a sweep: layout, progress, analysis and publication."""
