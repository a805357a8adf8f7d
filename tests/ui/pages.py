"""Prefect's pages as a person uses them: menus, forms, runs. What is waited for and does not come is an error."""

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError as NotThereError

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PATIENCE_MS = 300_000
"""Longer than anything should take, on a busy machine too."""
ENDED = ("Completed", "Failed", "Crashed", "Cancelled")


class NotSeenError(Exception):
    """A step that did not come."""


class Pages:
    """One tab on Prefect's pages."""

    def __init__(self, page: "Page", address: str, shots: Path) -> None:
        page.set_default_timeout(PATIENCE_MS)
        self.page, self._address, self._shots = page, address, shots
        self._n_shots = 0

    def shot(self, name: str) -> None:
        """Takes a picture of what is seen now."""
        self._n_shots += 1
        self.page.wait_for_timeout(600)  # what moves comes to rest
        self.page.screenshot(path=str(self._shots / f"{self._n_shots:02}-{name}.png"))

    def go(self, path: str) -> None:
        """Opens a page by its address."""
        self.page.goto(self._address + path)

    def custom_run(self, deployment: str) -> None:
        """Deployments, the deployment, Run, Custom run: the form is there."""
        self.go("/deployments")
        self.page.get_by_role("link", name=deployment, exact=True).first.click()
        self.page.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_text("Custom run").click()
        self.page.get_by_text("Parameters", exact=True).first.wait_for()

    def field(self, label: str, within: "Locator | None" = None) -> "Locator":
        """A field of a form, by its label; of several the last."""
        found = self._fields(label, within).last
        found.wait_for()
        return found

    def _fields(self, label: str, within: "Locator | None") -> "Locator":
        exactly = re.compile(rf"^\s*{re.escape(label)}( \(Optional\))?\s*$")
        header = self.page.locator(".schema-form-property__label", has_text=exactly)
        titled = self.page.locator(".p-label__header", has=header)
        return (
            (within or self.page)
            .locator(".schema-form-property", has=titled)
            .filter(has_not=self.page.locator(".schema-form-property", has=titled))
        )

    def choose(self, label: str, *names: str, within: "Locator | None" = None, nth: int = -1) -> None:
        """Picks names in a field that offers some; of several fields of that label in the `nth`."""
        self.field(label, within)
        button = self._fields(label, within).nth(nth).locator("button.p-select-button__control").first
        options = self.page.get_by_role("option")
        for _ in range(10):
            button.focus()
            self.page.keyboard.press("Space")
            self.page.wait_for_timeout(500)
            if options.count():
                break
        for name in names:
            options.get_by_text(name, exact=True).click()
        self.page.wait_for_timeout(300)
        if options.count():
            self.page.mouse.click(5, 5)  # beside a list of several, which closes it
        options.first.wait_for(state="hidden")

    def fill(self, label: str, text: str, within: "Locator | None" = None) -> None:
        """Writes into a field; one that may be empty is told first that it is not."""
        field = self.field(label, within)
        control = field.locator("input:not([type=radio]):not([type=checkbox]), textarea")
        if not control.count():
            field.get_by_text("int", exact=True).or_(field.get_by_text("str", exact=True)).first.click()
        control.first.fill(text)

    def submit(self) -> None:
        """Sends the form of a run, and opens the page of the run that it made."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as caught:
            self.page.get_by_role("button", name="Submit").click()
        answer = caught.value
        if answer.status != 201:
            raise NotSeenError(f"the form is refused: {answer.text()}")
        self.go(f"/runs/flow-run/{answer.json()['id']}")

    def state(self) -> str:
        """The state of the run whose page is open."""
        return self.page.locator(".page-heading-flow-run__meta .state-badge").first.inner_text().strip()

    def wait_for_state(self, *wanted: str) -> None:
        """Returns when the run is in one of these states.

        Raises:
            NotSeenError: it ended otherwise, or does not get there.
        """
        waited_ms = 0
        while (state := self.state()) not in wanted:
            if state in ENDED or waited_ms > PATIENCE_MS:
                raise NotSeenError(f"the run is {state}, not {' or '.join(wanted)}")
            self.page.wait_for_timeout(1000)
            waited_ms += 1000

    def open_artifact(self, name: str, *texts: str) -> None:
        """Opens an artifact of the run whose page is open, the newest whose key ends so, and sees these texts in it."""
        link = self.page.locator(
            "a[href*='/artifacts/artifact/']", has_text=re.compile(rf"{name}\s*Created", re.I)
        ).first
        self.page.reload()
        self.page.locator(".p-tab", has_text="Artifacts").click()
        for _ in range(60):
            self.page.mouse.move(760, 700)
            self.page.mouse.wheel(0, 4000)  # those of task runs are fetched when they come into sight
            with suppress(NotThereError):
                link.click(timeout=PATIENCE_MS / 60)  # and may go out of sight again, when the page is drawn anew
                break
        self.page.wait_for_url("**/artifacts/artifact/**")
        for text in texts:
            self.see(text)

    def resume_form(self) -> "Locator":
        """The form with which a suspended run is resumed."""
        self.page.get_by_role("button", name="Resume").first.click()
        dialog = self.page.locator(".p-modal__card")
        dialog.wait_for()
        return dialog

    def submit_resume(self, dialog: "Locator") -> None:
        """Sends that form; a second time where the server was busy, as a person would.

        Raises:
            NotSeenError: it is not taken.
        """
        said = ""
        for _ in range(5):
            with self.page.expect_response(lambda answer: answer.url.endswith("/resume")) as caught:
                dialog.get_by_role("button", name="Submit").click()
            if caught.value.status == 201:
                return
            said = f"{caught.value.status} {caught.value.text()}"
            self.page.wait_for_timeout(3000)
        raise NotSeenError(f"the ratings are not taken: {said}")

    def see(self, text: str) -> None:
        """Returns when the text is on the page."""
        self.page.get_by_text(text).first.wait_for()
