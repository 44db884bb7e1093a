"""An OpenAI-compatible chat endpoint: OpenAI, Azure, vLLM, Ollama, llama.cpp, `transformers serve`.

The key comes from the environment (`ODIN_LLM_API_KEY`, else `OPENAI_API_KEY`) at the moment of the call and is neither
stored nor logged.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from odin.errors import InputError, OdinError

logger = logging.getLogger(__name__)

KEY_VARIABLES = ("ODIN_LLM_API_KEY", "OPENAI_API_KEY")

PASSING = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
"""Status codes that are worth another try."""

LARGEST_ANSWER = 4_000_000
"""Bytes; a longer answer is refused."""


class EndpointError(OdinError):
    """The endpoint did not give a usable answer; `passing` where another try may help."""

    def __init__(self, message: str, *, passing: bool, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.passing = passing
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class Completion:
    """An answer and what it cost, in tokens as the endpoint counts them (0 where it does not say)."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tries: int = 1


@dataclass(frozen=True)
class Endpoint:
    """Where to send prompts. `url` is the base (`http://localhost:8000/v1`) or the whole chat address with a query."""

    url: str
    model: str
    timeout_seconds: float = 60.0
    tries: int = 4
    backoff_seconds: float = 1.0
    """Wait before the second try; it doubles with each."""
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            sound = parts.port != 0 and self.url.isascii() and not re.search(r"\s", self.url)
        except ValueError:
            sound = False
        if not sound or parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{self.url!r} is not an endpoint: give its address, such as http://localhost:8000/v1")
        if parts.username or parts.password:
            raise InputError(f"take the credentials out of the address and set {KEY_VARIABLES[0]} in the environment")

    @property
    def address(self) -> str:
        """The address of chat completions."""
        parts = urlsplit(self.url)
        if parts.path.rstrip("/").endswith("/chat/completions"):
            return self.url
        return parts._replace(path=parts.path.rstrip("/") + "/chat/completions").geturl()

    def complete(
        self,
        system: str,
        user: str,
        *,
        seed: int | None = None,
        temperature: float = 0.7,
        max_tokens: int | None = None,
    ) -> Completion:
        """The answer, after as many tries as are allowed. Raises EndpointError where none of them gave one.

        `max_tokens` is the longest answer to be paid for, in tokens of the model.
        """
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": temperature,
        }
        if seed is not None:
            body["seed"] = seed
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        for attempt in range(1, self.tries + 1):
            try:
                found = _completion(self._post(body))
                return Completion(found.text, found.prompt_tokens, found.completion_tokens, attempt)
            except EndpointError as err:
                if not err.passing or attempt == self.tries:
                    raise
                wait = err.wait_seconds if err.wait_seconds is not None else self.backoff_seconds * 2 ** (attempt - 1)
                logger.warning("try %d of %d failed (%s); next in %.1f s", attempt, self.tries, err, wait)
                self.sleep(min(wait, 60.0))
        raise EndpointError(f"{self.address}: no try was allowed", passing=False)

    def _post(self, body: dict[str, Any]) -> bytes:
        request = urllib.request.Request(
            self.address, json.dumps(body).encode(), {"Content-Type": "application/json", **_key_headers(self.address)}
        )
        place = self.address.split("?")[0]
        try:
            with _OPENER.open(request, timeout=self.timeout_seconds) as answer:
                data: bytes = answer.read(LARGEST_ANSWER + 1)
        except urllib.error.HTTPError as err:
            with err:
                wait = _retry_after(err.headers.get("Retry-After"))
                hint = "; check the key and the model" if err.code in (401, 403, 404) else ""
                raise EndpointError(
                    f"{place}: status {err.code}{hint}", passing=err.code in PASSING, wait_seconds=wait
                ) from None
        except TimeoutError as err:
            raise EndpointError(f"{place}: no answer within {self.timeout_seconds:g} s", passing=True) from err
        except (OSError, http.client.HTTPException) as err:
            reason = getattr(err, "reason", err)
            raise EndpointError(f"{place}: the connection failed ({type(reason).__name__})", passing=True) from err
        if len(data) > LARGEST_ANSWER:
            raise EndpointError(f"{place}: the answer is longer than {LARGEST_ANSWER} bytes", passing=False)
        return data


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the note, and the key, to another place: it is an error."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse."""
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _key_headers(address: str) -> dict[str, str]:
    key = next((key for name in KEY_VARIABLES if (key := os.environ.get(name, "").strip())), None)
    if not key:
        return {}
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"the key in {' or '.join(KEY_VARIABLES)} holds a sign that no key has: set it again")
    host = urlsplit(address).hostname or ""
    return {"api-key": key} if host.endswith(".azure.com") else {"Authorization": f"Bearer {key}"}


def _completion(data: bytes) -> Completion:
    try:
        value = json.loads(data)
        text = value["choices"][0]["message"]["content"]
        usage = value.get("usage") or {}
        if not isinstance(text, str):
            raise TypeError("no text")
        return Completion(text, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as err:
        raise EndpointError("the answer is not a chat completion", passing=True) from err


def _retry_after(value: str | None) -> float | None:
    """Seconds, from a number of them or a date."""
    if not value:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.0)
    except ValueError:
        return None
