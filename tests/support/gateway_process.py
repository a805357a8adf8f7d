"""A gateway in a process of its own: `python tests/support/gateway_process.py STORE`, which prints its port."""

import sys
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2]))

from deployments.gateway.gateway import Gateway, gateway_app


class _Server(uvicorn.Server):
    async def startup(self, sockets: object = None) -> None:
        await super().startup(None)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    app = gateway_app(Gateway(sys.argv[1]))
    _Server(uvicorn.Config(app, port=0, log_level="critical", access_log=False)).run()
