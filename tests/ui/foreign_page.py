"""Can a page of another website use `benchwright serve` through its reader's browser? A headless Chromium tries.

The server asks for no password here, so that nothing but its own look at `Host` and `Origin` keeps the page out. The
page is opened as one of another site, and as one whose name was made to lead to this machine (DNS rebinding). It tries
to read, to change and to run, by every kind of request that a page can send. Then our own pages are opened under each
name of the server. Exit code 1 where something came through, or where our own pages are kept out.
"""

import json
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import httpx
from first_day import CHROMIUM, FLAGS, NOBODY, free_port, say
from pages import PATIENCE_MS
from playwright.sync_api import Browser, Page, sync_playwright
from served import Home, eventually

NAMED = "bench.example"
"""A name of the server that its operator named."""
EVIL = "evil.example"
RESOLVED = (
    f"--host-resolver-rules=MAP {NAMED} 127.0.0.1, MAP {EVIL} 127.0.0.1, MAP * ~NOTFOUND, "
    "EXCLUDE 127.0.0.1, EXCLUDE localhost"
)
ATTACK = """async ([page, embedded, flow, deployment]) => {
    const seen = {};
    const body = JSON.stringify({name: 'attack', flow_id: flow, deployment_id: deployment, state: {type: 'SCHEDULED'}});
    const json = {'Content-Type': 'application/json'}, text = {'Content-Type': 'text/plain'};
    const fetched = async (name, url, options) => {
        try {
            const answer = await fetch(url, options);
            seen[name] = answer.type === 'opaque' ? 'opaque' : `${answer.status}`;
        } catch (error) { seen[name] = 'blocked'; }
    };
    const api = `${page}/api`;
    await fetched('read', `${api}/admin/version`, {});
    await fetched('json', `${api}/flow_runs/`, {method: 'POST', headers: json, body});
    await fetched('create', `${api}/deployments/${deployment}/create_flow_run`, {method: 'POST', headers: json, body});
    await fetched('text', `${api}/flow_runs/`, {method: 'POST', headers: text, body});
    await fetched('simple', `${api}/flow_runs/`, {method: 'POST', mode: 'no-cors', headers: text, body});
    await fetched('untyped', `${api}/flow_runs/`, {method: 'POST', mode: 'no-cors', body: new Blob([body])});
    await fetched('delete', `${api}/deployments/${deployment}`, {method: 'DELETE'});
    await fetched('slashes', `${page}//api/flow_runs/`, {method: 'POST', mode: 'no-cors', headers: text, body});
    await fetched('get', `${api}/admin/settings`, {mode: 'no-cors'});
    await fetched('generate', `${embedded}/api/generate`, {method: 'POST', mode: 'no-cors', headers: text, body});
    await fetched('tags', `${embedded}/api/tags`, {});
    navigator.sendBeacon(`${api}/flow_runs/`, new Blob([body], {type: 'text/plain'}));
    for (const path of ['/api/events/in', '/api/events/out', '/api/logs/out']) {
        seen[path] = await new Promise(done => {
            const socket = new WebSocket(page.replace('http', 'ws') + path, 'prefect');
            socket.onopen = () => done('open');
            socket.onerror = () => done('blocked');
        });
    }
    const form = document.createElement('form');
    Object.assign(form, {method: 'POST', action: `${api}/flow_runs/`, enctype: 'text/plain', target: 'frame'});
    const field = document.createElement('input');
    Object.assign(field, {name: body.slice(0, -1) + ',"x":"', value: '"}'});
    const frame = document.createElement('iframe');
    frame.name = 'frame';
    form.append(field);
    document.body.append(frame, form);
    const loaded = new Promise(done => { frame.onload = done; });
    form.submit();
    await loaded;
    const pages = document.createElement('iframe');
    pages.src = page;
    const shown = new Promise(done => { pages.onload = done; });
    document.body.append(pages);
    await shown;
    try { seen.frame = pages.contentDocument ? 'readable' : 'blocked'; } catch (error) { seen.frame = 'blocked'; }
    const image = new Image();
    seen.image = await new Promise(done => {
        image.onload = () => done('open');
        image.onerror = () => done('blocked');
        image.src = `${page}/ico/favicon-32x32.png`;
    });
    return seen;
}"""
HARMLESS = {"blocked", "opaque", "403"}
"""`opaque`: an answer that the page cannot see; what the request did is looked for on the server."""


def main() -> int:
    """0 where the other page did nothing and saw nothing, and our own pages work."""
    with tempfile.TemporaryDirectory(prefix="benchwright-foreign-") as folder, other_site() as site:
        home = Home(Path(folder), {"OLLAMA_HOST": NOBODY, "BENCHWRIGHT_DATABASE_URL": f"sqlite:///{folder}/results.db"})
        port = free_port()
        served = home.serve("--port", port, "--no-password", "--embedded", "--allow-host", NAMED)
        try:
            facts = served.ready()
            with sync_playwright() as playwright:
                flags = [flag for flag in FLAGS if not flag.startswith("--host-resolver-rules")]
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*flags, RESOLVED])
                try:
                    problems = [*attacks(browser, facts, site, port), *own_pages(browser, port)]
                finally:
                    browser.close()
        finally:
            served.end(signal.SIGTERM)
            eventually(lambda: not home.left_behind())
    for problem in problems:
        say(f"NOT SEEN: {problem}")
    return 1 if problems else 0


def attacks(browser: Browser, facts: dict[str, Any], site: str, port: int) -> Iterator[str]:
    """What came through of what other pages sent."""
    api = httpx.Client(base_url=f"{facts['pages']}/api/", trust_env=False, timeout=60)
    deployment = api.get("deployments/name/evaluate/evaluate").json()
    flow, own = deployment["flow_id"], deployment["id"]
    before = state_of(api, own)
    embedded = facts["model_servers"]["embedded"]
    for name, address in {
        "another site": site,
        "another site, at localhost": site.replace("127.0.0.1", "localhost"),
        "another site, by a name": site.replace("127.0.0.1", EVIL),
    }.items():
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        seen = page.evaluate(ATTACK, [f"http://127.0.0.1:{port}", embedded, flow, own])
        say(f"{name}: {json.dumps(seen)}")
        yield from (f"{name}: {what} was {how}" for what, how in seen.items() if how not in HARMLESS)
        page.close()
    rebound = browser.new_page()
    rebound.set_default_timeout(PATIENCE_MS)
    for path in ("/", "/api/admin/version", "/sign-in"):
        answer = rebound.goto(f"http://{EVIL}:{port}{path}")
        if answer is None or answer.status != 403:
            yield f"DNS rebinding: {path} was {answer and answer.status}"
    seen = rebound.evaluate(ATTACK, [f"http://{EVIL}:{port}", embedded.replace("127.0.0.1", EVIL), flow, own])
    say(f"DNS rebinding: {json.dumps(seen)}")
    yield from (f"DNS rebinding: {what} was {how}" for what, how in seen.items() if how not in HARMLESS | {"readable"})
    if state_of(api, own) != before:
        yield f"the server was changed: before {before}, now {state_of(api, own)}"


def state_of(api: httpx.Client, deployment: str) -> tuple[int, int, int]:
    """Flow runs that nobody scheduled, deployments, and the status of one of them."""
    runs = api.post(
        "flow_runs/count", json={"flow_runs": {"state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}}}
    ).json()
    named = api.post("flow_runs/count", json={"flow_runs": {"name": {"any_": ["attack"]}}}).json()
    assert isinstance(runs, int), runs
    return named, api.post("deployments/count", json={}).json(), api.get(f"deployments/{deployment}").status_code


def own_pages(browser: Browser, port: int) -> Iterator[str]:
    """Under which of the server's names its pages do not work."""
    for name in ("127.0.0.1", "localhost", NAMED):
        for path in ("/deployments", "/v2/deployments"):
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            refused = refusals(page)
            page.goto(f"http://{name}:{port}{path}")
            try:
                page.get_by_text("evaluate", exact=True).first.wait_for(timeout=120_000)
            except Exception as error:  # what it was is said below, and this is a test program
                yield f"our pages at {name}{path}: {type(error).__name__}"
            if refused:
                yield f"our pages at {name}{path}: refused {refused}"
            page.close()
        say(f"our own pages work at {name}")


def refusals(page: Page) -> list[str]:
    """What the server refuses to this page, from now on."""
    found: list[str] = []
    page.on("response", lambda answer: found.append(answer.url) if answer.status in (401, 403) else None)
    return found


@contextmanager
def other_site() -> Iterator[str]:
    """The address of a page that is not ours."""

    class Site(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>another site</title><body>")

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


if __name__ == "__main__":
    if shutil.which(CHROMIUM) is None and not Path(CHROMIUM).exists():
        sys.exit("a Chromium is needed; CHROMIUM names one that is not on the path")
    sys.exit(main())
