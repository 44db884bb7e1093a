"""The HTTP route that Label Studio's webhooks call: a hint that something changed there, never data to take over.

It exists where ODIN_WEBHOOK_SECRET is set, is answered at once, and makes one pull soon after, with LABEL_STUDIO_URL
and LABEL_STUDIO_API_KEY. A hint that never arrives does no harm: the next pull sees the same.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from annotation.label_studio import state
from annotation.label_studio.connection import address_of, connect, explained
from annotation.label_studio.pull import pull
from annotation.store import Store, default_store_path
from odin.errors import InputError, OdinError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

PATH = "/label-studio/webhook"
SECRET_HEADER = "X-Odin-Secret"
SECRET_VARIABLE = "ODIN_WEBHOOK_SECRET"
ACTIONS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED")
DELAY_SECONDS = 2.0
"""Hints come in bursts: those within this time make one pull."""
MOST_BYTES = 10_000_000

logger = logging.getLogger(__name__)


def routes() -> list[BaseRoute]:
    """The route for the app's server; none where no secret is set."""
    from starlette.routing import Route

    secret = os.environ.get(SECRET_VARIABLE, "")
    return [Route(PATH, endpoint(secret, Hints(pull_linked)), methods=["POST"])] if secret else []


def endpoint(secret: str, hint: Callable[[int], None]) -> Callable[[Request], Any]:
    """What answers a call: 202 and `hint(remote project)`; 403 without our secret, 400 where no project is named."""
    from starlette.responses import JSONResponse

    async def answer(request: Request) -> Response:
        if not has_secret(request.headers, secret):
            return JSONResponse({"detail": "refused"}, 403)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return JSONResponse({"detail": "too large"}, 413)
        number = named_project(body)
        if number is None:
            return JSONResponse({"detail": "no project is named"}, 400)
        hint(number)
        return JSONResponse({"detail": "noted"}, 202)

    return answer


def has_secret(headers: Mapping[str, str], secret: str) -> bool:
    """Whether the call carries our secret."""
    given = {name.lower(): value for name, value in headers.items()}.get(SECRET_HEADER.lower(), "")
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


def named_project(body: bytes) -> int | None:
    """The remote project that a call speaks of, and nothing else of it; None where it names none."""
    try:
        payload = json.loads(body)
    except ValueError:
        return None
    project = payload.get("project") if isinstance(payload, dict) else None
    number = project.get("id") if isinstance(project, dict) else None
    return number if isinstance(number, int) else None


class Hints:
    """Calls `act(project)` a little after a hint; hints that come meanwhile for the same project add nothing."""

    def __init__(self, act: Callable[[int], None], *, delay_seconds: float = DELAY_SECONDS) -> None:
        self._act = act
        self._delay = delay_seconds
        self._lock = threading.Lock()
        self._acting = threading.Lock()
        self._waiting: set[int] = set()

    def __call__(self, project: int) -> None:
        """Take a hint; returns at once."""
        with self._lock:
            if project in self._waiting:
                return
            self._waiting.add(project)
        timer = threading.Timer(self._delay, self._run, [project])
        timer.daemon = True
        timer.start()

    def _run(self, project: int) -> None:
        with self._acting:
            with self._lock:
                self._waiting.discard(project)
            self._act(project)


def pull_linked(remote: int) -> None:
    """Pull the projects here that are that project there. What goes wrong is logged: a later pull makes it good."""
    store = Store(default_store_path())
    try:
        client = connect()
        rows = store.rows(
            "SELECT project FROM label_studio_projects WHERE remote = ? AND url = ?", remote, address_of(client)
        )
        for row in rows:
            done = pull(store, client, row["project"])
            logger.info(
                "pulled after a hint: %d new, %d changed, %d conflicts",
                len(done.new), len(done.changed), len(done.conflicts),
            )  # fmt: skip
    except OdinError as err:
        logger.warning("a hint from Label Studio could not be followed: %s", err)
    finally:
        store.close()


def register(store: Store, client: Any, project: str, odin_url: str) -> str:
    """Let Label Studio call this app at `odin_url`; the address that it will call. Twice is like once.

    Raises InputError where no secret is set or the project is not there, LabelStudioError.
    """
    secret = os.environ.get(SECRET_VARIABLE, "")
    if len(secret) < 16:
        raise InputError(f"set {SECRET_VARIABLE} to 16 or more characters, here and where the app runs")
    if not odin_url.startswith(("http://", "https://")):
        raise InputError(f"the app's address must start with http:// or https://, not {odin_url!r}")
    _, remote = state.linked(store, project)
    wanted: dict[str, Any] = {
        "url": odin_url.rstrip("/") + PATH,
        "headers": {SECRET_HEADER: secret},
        "actions": list(ACTIONS),
    }
    wanted |= {"send_for_all_actions": False, "send_payload": True, "is_active": True}
    with explained(address_of(client), f"the webhook of {project}"):
        known = [hook for hook in client.webhooks.list(project=str(remote)) if hook.url == wanted["url"]]
        for hook in known:
            client.webhooks.delete(hook.id)
        client.webhooks.create(project=remote, **wanted)
    return str(wanted["url"])
