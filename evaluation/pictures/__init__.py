"""Plots as SVG: plain strings without scripts or external references."""
