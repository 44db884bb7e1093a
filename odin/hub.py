"""Sending a folder to the Hugging Face hub: what would be sent is listed first, and nothing goes without a yes to it.

The token comes from HF_TOKEN, another hub than the public one from HF_ENDPOINT. A new repository is private unless
`public` is asked for. Where the PHI check fires, nothing is sent unless that is overridden.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from odin.errors import InputError, OdinError
from odin.phi import NOTICE, describe, find_phi

Kind = Literal["dataset", "model"]
DEFAULT_ENDPOINT = "https://huggingface.co"
TEXT_FILES = (".md", ".txt", ".json", ".jsonl", ".csv", ".tsv", ".yaml", ".yml")
VOCABULARIES = ("tokenizer.json", "vocab.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json")
CITED = ("web address", "date")
"""What a card and a configuration name rightly: sources and their dates."""
_REPO = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?/[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9])?")


class HubError(OdinError):
    """The hub cannot be reached or refuses."""


@dataclass(frozen=True)
class Upload:
    """What would be sent, and where."""

    repo: str
    """OWNER/NAME."""
    kind: Kind
    folder: Path
    files: tuple[tuple[str, int], ...]
    """(path in the repository, size in bytes)."""
    phi: Mapping[str, str]
    """What the PHI check found, such as "2 names, 1 date", by document or file."""
    public: bool
    exists: bool
    endpoint: str

    @property
    def address(self) -> str:
        """Of the repository's page."""
        return f"{self.endpoint}/{'datasets/' if self.kind == 'dataset' else ''}{self.repo}"

    def summary(self) -> str:
        """What is sent, in words, file by file."""
        state = f"{'there already' if self.exists else 'new'}, {'PUBLIC' if self.public else 'private'}"
        total = sum(size for _, size in self.files)
        lines = [f"To {self.address} ({state}) go {len(self.files)} files, {_size(total)}:"]
        lines += [f"  {name}  {_size(size)}" for name, size in self.files]
        if self.phi:
            lines.append(f"The PHI check fires on {len(self.phi)} of them or their documents. {NOTICE}")
            lines += [f"  {place}: {found}" for place, found in list(self.phi.items())[:20]]
        else:
            lines.append(f"The PHI check finds nothing. {NOTICE}")
        return "\n".join(lines)


def plan_upload(
    folder: str | Path, repo: str, kind: Kind, *, texts: Iterable[tuple[str, str]] | None = None, public: bool = False
) -> Upload:
    """What `push` would send: every file of the folder but hidden ones. Asks the hub whether the repository exists.

    `texts`, as (name, text), is what the PHI check reads: the notes of a dataset, whatever files hold them. Without it,
    the folder's text files are read, less vocabularies. Raises InputError, HubError.
    """
    folder = Path(folder)
    if not _REPO.fullmatch(repo) or "--" in repo or ".." in repo:
        raise InputError(f"{repo!r} is no name of a repository; give OWNER/NAME")
    files = tuple(
        (path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not files:
        raise InputError(f"{folder}: no files to send; give a folder that holds some")
    endpoint = (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
    there = _visibility(endpoint, repo, kind)
    if there == "public" and not public:
        raise InputError(
            f"{repo}: this repository is there already and public; choose another name, make it private, or say that "
            "it may be public"
        )
    phi = check_texts(_text_files(folder, files) if texts is None else texts)
    return Upload(repo, kind, folder, files, phi, there == "public" if there else public, there is not None, endpoint)


def push(upload: Upload, *, confirm: Callable[[str], bool], allow_phi: bool = False) -> str:
    """Send the files in one commit, after `confirm(summary)` said yes; the address of the commit.

    Raises InputError where the PHI check fires (unless `allow_phi`) or the answer is no, and HubError.
    """
    if upload.phi and not allow_phi:
        first = next(iter(upload.phi.items()))
        raise InputError(
            f"{upload.repo}: nothing was sent: the PHI check fires on {len(upload.phi)} documents or files "
            f"({first[0]}: {first[1]}); take the identifiers out, or override the check (--allow-phi)"
        )
    if not confirm(upload.summary()):
        raise InputError(f"{upload.repo}: not confirmed; nothing was sent")
    from huggingface_hub import CommitOperationAdd

    with _explained(upload.endpoint, upload.repo):
        api = _api(upload.endpoint)
        if not upload.exists:
            api.create_repo(upload.repo, repo_type=upload.kind, private=not upload.public)
        done = api.create_commit(
            upload.repo,
            [CommitOperationAdd(name, upload.folder / name) for name, _ in upload.files],
            repo_type=upload.kind,
            commit_message=f"Upload {len(upload.files)} files",
        )
    return str(done.commit_url)


def check_texts(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What looks like PHI, in words, by the name of the text; names without a finding are left out."""
    out = {}
    for name, text in texts:
        spans = [span for span in find_phi(text) if not (name.endswith(TEXT_FILES) and span.kind in CITED)]
        if spans:
            out[name] = describe(spans)
    return out


def add_push_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every command that sends has; `confirm_from(options)` reads `--yes`."""
    parser.add_argument("--public", action="store_true", help="the repository may be public (default: private)")
    parser.add_argument("--allow-phi", action="store_true", help="send although the PHI check fires")
    parser.add_argument("--yes", action="store_true", help="send what is listed without asking")


def confirm_from(options: argparse.Namespace) -> Callable[[str], bool]:
    """Shows what is sent; yes by `--yes`, or by the word typed on a terminal."""

    def confirm(summary: str) -> bool:
        sys.stdout.write(f"{summary}\n")
        if options.yes:
            return True
        if not sys.stdin.isatty():
            raise InputError("nothing was sent: nobody is here to be asked; read the list above and give --yes")
        return input("Send this? Type yes: ").strip().lower() == "yes"

    return confirm


def _api(endpoint: str) -> Any:
    token = (os.environ.get("HF_TOKEN") or "").strip()
    if not token:
        raise InputError(f"a token is needed: set HF_TOKEN to one with write access from {endpoint}/settings/tokens")
    from huggingface_hub import HfApi

    return HfApi(endpoint=endpoint, token=token)


def _visibility(endpoint: str, repo: str, kind: Kind) -> str | None:
    """`public` or `private`; None where there is no such repository yet."""
    from huggingface_hub.errors import RepositoryNotFoundError

    with _explained(endpoint, repo):
        api = _api(endpoint)
        try:
            return "private" if api.repo_info(repo, repo_type=kind).private else "public"
        except RepositoryNotFoundError:
            api.whoami()  # a refused token hides repositories too
            return None


@contextmanager
def _explained(endpoint: str, repo: str) -> Iterator[None]:
    """Turns the errors of `huggingface_hub` inside the block into HubError, without token or headers."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled as err:
        raise HubError("HF_HUB_OFFLINE is set, so nothing is sent; unset it to reach the hub") from err
    except HfHubHTTPError as err:
        status = err.response.status_code
        if status in (401, 403):
            why = f"{endpoint}: the token is refused or may not write to {repo}; set HF_TOKEN to one that may"
            raise HubError(why) from err
        detail = err.server_message or str(err).splitlines()[0]
        raise HubError(f"{endpoint}: refused {repo} (status {status}: {detail})") from err
    except (httpx2.TransportError, ConnectionError) as err:
        why = f"cannot be reached ({type(err).__name__}); check the network and HF_ENDPOINT"
        raise HubError(f"{endpoint}: {why}") from err
    except RuntimeError as err:  # what a large file's upload ends in
        raise HubError(f"{endpoint}: {err} ({err.__cause__ or 'no reason given'}); send it again") from err
    except ValueError as err:
        raise HubError(f"{endpoint}: does not answer as a hub does ({err}); check HF_ENDPOINT") from err


def _text_files(folder: Path, files: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    for name, _ in files:
        if name.endswith(TEXT_FILES) and Path(name).name not in VOCABULARIES:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            yield name, _strings(text) if name.endswith(".json") else text


def _strings(source: str) -> str:
    """The strings of a JSON file, one a line, with escapes resolved: numbers are no identifiers."""
    try:
        found, todo = [], [json.loads(source)]
    except ValueError:
        return source
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            todo += value.values()
    return "\n".join(found)


def _size(number: int) -> str:
    for unit, bytes_of in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= bytes_of:
            return f"{number / bytes_of:.1f} {unit}"
    return f"{number} bytes"
