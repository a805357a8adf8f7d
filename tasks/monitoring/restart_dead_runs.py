"""The task that restarts flow runs whose process is gone, before anything is judged."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import deployment

from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.flow_logging import log_warning
from tasks.reconciling import reconcile


@task(name="mend", task_run_name="restart dead flow runs", cache_policy=NO_CACHE, persist_result=False)
async def restart_dead() -> tuple[str, ...]:
    """Restart flow runs whose process died; return a sentence for each.

    Nothing that fails here keeps a monitor from looking.

    A command that somebody sits before does not wait for those that died just now.
    """
    try:
        with open_store(Settings().database) as store:
            return await reconcile(store, waits=deployment.id is not None)
    except Exception as error:  # whatever it is, it is looked at again in an hour
        log_warning("could not restart dead flow runs: %s: %s", type(error).__name__, error)
        return ()
