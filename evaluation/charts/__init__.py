"""Charts: what they show, their specifications in Vega-Lite, and SVG of them."""
