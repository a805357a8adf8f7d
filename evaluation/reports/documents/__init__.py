"""Reports to hand on: a run, a comparison, an experiment, a race or a sweep as one HTML, PDF, Excel or Markdown file."""
