"""The part of the Hugging Face hub's HTTP API that sending a folder needs, on this machine, with what it was sent.

After https://huggingface.co/docs/hub/api and the requests of huggingface_hub 2.4 (large files by LFS).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

TOKEN = "hf_standin_0123456789"


@dataclass
class Hub:
    """What the stand-in holds."""

    url: str = ""
    repos: dict[str, bool] = field(default_factory=dict)
    """Private or not, by `datasets/OWNER/NAME` or `models/OWNER/NAME`."""
    files: dict[str, bytes] = field(default_factory=dict)
    """By repository and path, committed."""
    commits: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    """Uploaded by LFS, by SHA-256."""
    requests: list[str] = field(default_factory=list)


@contextlib.contextmanager
def hub_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that this process is directed to, with a token that it takes."""
    hub = Hub()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    for name, value in (("HF_HUB_OFFLINE", False), ("HF_HUB_DISABLE_XET", True), ("ENDPOINT", hub.url)):
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    yield hub
    server.shutdown()
    server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0].strip("/")
        self.hub.requests.append(f"{self.command} {path}")
        if self.command == "PUT":
            return self._put(path, body)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._say(401, {"error": "Invalid credentials in Authorization header"})
        parts = path.split("/")
        if path.endswith("info/lfs/objects/batch"):
            return self._say(200, self._batch(json.loads(body)))
        if path == "api/whoami-v2":
            return self._say(200, {"name": "odin", "type": "user"})
        if path == "api/validate-yaml":
            return self._say(200, {"errors": [], "warnings": []})
        if path == "api/repos/create":
            return self._create(json.loads(body))
        return self._repository("/".join(parts[1:4]), parts[4:], body)

    def _repository(self, repo: str, rest: list[str], body: bytes) -> None:
        if repo not in self.hub.repos:
            return self._say(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        if rest[:1] == ["preupload"]:
            files = [self._upload_mode(file["path"]) for file in json.loads(body)["files"]]
            return self._say(200, {"files": files})
        if rest[:1] == ["commit"]:
            return self._commit(repo, body)
        return self._say(200, {"id": repo.partition("/")[2], "private": self.hub.repos[repo], "sha": "0" * 40})

    def _create(self, asked: dict[str, Any]) -> None:
        repo = f"{asked.get('type', 'model')}s/{asked['organization']}/{asked['name']}"
        self.hub.repos[repo] = asked.get("visibility") == "private"
        self._say(200, {"url": f"{self.hub.url}/{repo}", "name": repo})

    def _upload_mode(self, path: str) -> dict[str, Any]:
        large = path.endswith((".parquet", ".safetensors", ".spacy"))
        return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = [item for item in asked["objects"] if item["oid"] not in self.hub.objects]
        actions = [{**x, "actions": {"upload": {"href": f"{self.hub.url}/lfs/{x['oid']}"}}} for x in wanted]
        return {"transfer": "basic", "objects": actions}

    def _put(self, path: str, body: bytes) -> None:
        oid = path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != oid:
            return self._say(400, {"error": "the content is not what its hash says"})
        self.hub.objects[oid] = body
        return self._say(200, {})

    def _commit(self, repo: str, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.hub.files[f"{repo}/{value['path']}"] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.hub.files[f"{repo}/{value['path']}"] = self.hub.objects[value["oid"]]
        self.hub.commits += 1
        self._say(200, {"commitUrl": f"{self.hub.url}/{repo}/commit/{'1' * 40}", "commitOid": "1" * 40})

    def _say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
