"""A connection to a Label Studio server, and its errors in words that say what to do.

The token lives in memory only. Written for Label Studio 1.23 and label-studio-sdk 2.1.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from odin.errors import OdinError

TIMEOUT_SECONDS = 60.0


class LabelStudioError(OdinError):
    """Label Studio cannot be reached, refuses, or answers what cannot be used."""


class MissingError(LabelStudioError):
    """The server does not have what was asked for: a project or annotation that was deleted there."""


class AlreadySavedError(LabelStudioError):
    """The server has this very annotation already (its unique id)."""


def connect(url: str | None = None, token: str | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Any:
    """A `label_studio_sdk.LabelStudio` client whose token works. Raises LabelStudioError.

    Without arguments, LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY are used.
    """
    url = (url or os.environ.get("LABEL_STUDIO_URL") or "").rstrip("/")
    token = (token or os.environ.get("LABEL_STUDIO_API_KEY") or "").strip()
    if not url.startswith(("http://", "https://")):
        raise LabelStudioError(f"Label Studio's address must start with http:// or https://, not {url!r}")
    if not token:
        raise LabelStudioError("a token is needed: set LABEL_STUDIO_API_KEY, or copy one from Account & Settings there")
    import httpx
    from label_studio_sdk import LabelStudio

    # The SDK never closes the connections it opens; this one is closed with the client.
    transport = httpx.Client(timeout=timeout_seconds, follow_redirects=True)
    with explained(url):
        client = LabelStudio(base_url=url, api_key=token, timeout=timeout_seconds, httpx_client=transport)
        weakref.finalize(client, transport.close)
        client.users.whoami()
    return client


def address_of(client: Any) -> str:
    """The server's address."""
    return str(client._client_wrapper.get_base_url())


@contextmanager
def explained(url: str, what: str = "") -> Iterator[None]:
    """Turns the errors of the SDK inside the block into LabelStudioError; `what` names what is asked for."""
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except httpx.TimeoutException as err:
        raise LabelStudioError(f"{url}: no answer in time; try again, the server may be busy or starting") from err
    except httpx.TransportError as err:
        raise LabelStudioError(
            f"{url}: no Label Studio answers there ({err}); is it running, is the port right?"
        ) from err
    except ApiError as err:
        raise _from_answer(url, what, err.status_code, err.body) from err
    except ValueError as err:
        raise LabelStudioError(f"{url}: the answer is not what Label Studio gives ({err}); check the address") from err


def _from_answer(url: str, what: str, status: int | None, body: Any) -> LabelStudioError:
    detail = _detail(body)
    page = isinstance(body, str) and body.lstrip()[:1] == "<"
    # The export of a deleted project answers with Label Studio's own page for what is missing.
    missing = status == 404 and (not page or "| Label Studio</title>" in body)
    if page and not missing:
        return LabelStudioError(
            f"{url}: answered with a web page (status {status}) instead of data; check the address, and whether a "
            "proxy or login page is in front of it"
        )
    if status == 401 and "legacy" in detail.lower():
        return LabelStudioError(
            f"{url}: this server takes no legacy tokens; copy a personal access token from Account & Settings, or let "
            "an owner enable legacy tokens for the organization"
        )
    if status in (401, 403):
        return LabelStudioError(f"{url}: the token was refused ({detail}); copy it anew from Account & Settings")
    if missing:
        return MissingError(f"{url}: {what or 'what was asked for'} is not there (any more), or not yours to see")
    if status == 409:
        return AlreadySavedError(f"{url}: {what or 'it'} is saved already")
    return LabelStudioError(f"{url}: Label Studio refused {what or 'the request'} (status {status}: {detail})")


def _detail(body: Any) -> str:
    if isinstance(body, dict):
        return str(body.get("detail") or body.get("validation_errors") or body)[:300]
    return str(body)[:300]
