"""`python -m engine`: start one engine with the settings of the environment."""

import contextlib
import logging
import sys
from types import FrameType

import uvicorn

from aiservice.protocol.lines import configure
from aiservice.protocol.patience import Patience
from aiservice.protocol.slow import patient
from engine.api.hot import HotPath
from engine.app import make_app
from engine.settings import Settings, WrongSettings, is_loopback, read_settings

SHUTDOWN_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
"""Longer than the clients of services keep idle connections, so that no callback meets one that is being closed."""


class _Server(uvicorn.Server):
    """A server that lets waiting clients go as soon as it is told to stop."""

    def __init__(self, config: uvicorn.Config, app: HotPath) -> None:
        super().__init__(config)
        self._app_to_end = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        super().handle_exit(sig, frame)
        self._app_to_end.end_waits()


def main() -> int:
    """Run until SIGTERM or SIGINT. Returns 2 where a setting is wrong."""
    try:
        settings = read_settings()
    except WrongSettings as error:
        print(error, file=sys.stderr)
        return 2
    configure(settings.app_log, settings.app_log_format)
    _warn(settings)
    serve(settings)
    return 0


def serve(settings: Settings, patience: Patience = Patience()) -> None:
    """Run an engine until SIGTERM or SIGINT; with so much patience for slow clients."""
    config = uvicorn.Config(
        app="",
        host=settings.host,
        port=settings.app_port,
        loop="uvloop",
        http=patient(patience),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    # The port is taken before anything is started: a second engine by mistake must not touch the stores.
    listener = config.bind_socket()
    settings.app_port = listener.getsockname()[1]
    app = config.app = make_app(settings)
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, app).run(sockets=[listener])


def _warn(settings: Settings) -> None:
    """Say what the settings mean for who may come in, where that may surprise."""
    if settings.host != settings.app_host:
        logging.warning(
            "APP_HOST=%s is reachable for others and no API keys are asked for: listening on %s only. "
            "APP_ADMIN_KEY_FILE with the first key, or APP_AUTH=keys, asks for keys; "
            "APP_AUTH=off opens the engine to everybody who reaches it.",
            settings.app_host,
            settings.host,
        )
    elif settings.app_auth == "off" and not is_loopback(settings.host):
        logging.warning("APP_AUTH=off: everybody who reaches %s may do all", settings.host)


if __name__ == "__main__":
    sys.exit(main())
