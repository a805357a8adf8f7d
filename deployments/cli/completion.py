"""What Tab offers for names that only the results know."""


def run_ids(incomplete: str) -> list[tuple[str, str]]:
    """The newest runs whose ids begin so, and `last`; none where the database cannot be read."""
    from deployments.cli.arguments import open_stored
    from evaluation.errors import BenchwrightError
    from evaluation.store.runs import list_runs

    try:
        with open_stored(None) as store:
            found = list_runs(store, limit=100)
    except BenchwrightError:
        return []
    ids = [("last", "the newest run"), *((run.run_id, run.benchmark_name) for run in found)]
    return [(run_id, about) for run_id, about in ids if run_id.startswith(incomplete)]
