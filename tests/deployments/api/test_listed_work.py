"""Which flow runs the page of work lists."""

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Running

from deployments.api.listed_work import listed_work
from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices
from flows.monitor import monitor


@flow(name="somebody-elses")
def foreign() -> None:
    """A flow that is none of ours."""


def test_flow_runs_of_commands_are_listed_beside_those_of_deployments(prefect_api: str) -> None:
    with get_client(sync_client=True) as client:
        (made,) = deploy(chosen(("monitor",)), DeployRequest(choices=Choices()))
        by_form = client.create_flow_run_from_deployment(made.deployment_id).id
        by_command, theirs = client.create_flow_run(monitor).id, client.create_flow_run(foreign).id
        for each in (by_form, by_command, theirs):
            client.set_flow_run_state(each, Running())
        try:
            listed = {each.flow_run_id: each for each in listed_work().flow_runs}
            assert ("monitor", True) == (listed[str(by_form)].deployment, listed[str(by_form)].can_cancel)
            assert ("", False) == (listed[str(by_command)].deployment, listed[str(by_command)].can_cancel)
            assert str(theirs) not in listed
        finally:
            for each in (by_form, by_command, theirs):
                client.set_flow_run_state(each, Cancelled(), force=True)
            client.delete_deployment(made.deployment_id)
