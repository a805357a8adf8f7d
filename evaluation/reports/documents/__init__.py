"""Reports to hand on: what was found, as one HTML, PDF, Excel or Markdown file."""
