"""The program `python -m deployments.guarded.engine`: one flow run in a process, as Prefect's engine runs it.

It runs only our own flows.
"""

import os
import runpy

from deployments.guarded.own_flows import run_own_flows_only
from evaluation.files.private_files import only_for_this_user

if __name__ == "__main__":
    only_for_this_user()
    os.environ.pop("PREFECT__FLOW_ENTRYPOINT", None)  # it would be loaded instead
    run_own_flows_only()
    runpy.run_module("prefect.engine", run_name="__main__")
