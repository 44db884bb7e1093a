"""Fetching published files: resumed after a break, never half there under their own name, unpacked safely."""

from __future__ import annotations

import http.client
import logging
import shutil
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from odin.errors import CorpusError

logger = logging.getLogger(__name__)

CHUNK = 1 << 16
TIMEOUT_SECONDS = 30
MAX_UNPACKED = 4 << 30
"""Bytes that an archive may unpack to."""


def download(url: str, folder: Path, *, attempts: int = 4) -> Path:
    """The file behind `url`, in `folder`. What is there already is not fetched again.

    Bytes go to `name.part`; a broken connection is taken up where it stopped, in this call or in a later one. Raises
    CorpusError that says what to do where the address cannot be reached or the file stays incomplete.
    """
    target = folder / _name(url)
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for attempt in range(1, attempts + 1):
        try:
            if _fetch(url, part):
                part.replace(target)
                return target
        except urllib.error.HTTPError as err:
            raise CorpusError(f"{url}: the server answers {err.code} {err.reason}; {_WITHOUT}") from err
        except (urllib.error.URLError, OSError, http.client.HTTPException) as err:
            if not part.exists() or attempt == attempts:
                raise CorpusError(f"{url}: cannot be reached ({getattr(err, 'reason', err)}); {_WITHOUT}") from err
        logger.info("%s: broken off at %d bytes, attempt %d", url, part.stat().st_size, attempt)
    raise CorpusError(f"{url}: broken off at {part.stat().st_size} bytes; run the command again to go on from there")


_WITHOUT = "without network, fetch it elsewhere and pass the folder or archive with --source"


def _name(url: str) -> str:
    return unquote(Path(urlsplit(url).path).name) or "download"


def _fetch(url: str, part: Path) -> bool:
    """Fetch what is missing of `part`; True where it is whole."""
    from tqdm import tqdm

    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "odin"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as err:
        if err.code == 416 and have:  # nothing is left after the bytes that are there
            return True
        raise
    with response:
        if response.status != 206:
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with (
            part.open("ab" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=_name(url), disable=None) as bar,
        ):
            while True:
                try:
                    chunk = response.read(CHUNK)
                except http.client.IncompleteRead as err:
                    chunk = err.partial
                if not chunk:
                    break
                file.write(chunk)
                bar.update(len(chunk))
    return total is None or part.stat().st_size == total


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a .zip or .tar(.gz) into `folder`, and archives inside it too; any other file is copied.

    Raises CorpusError where the archive is damaged, leaves the folder or is far too large.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                names = [item for item in packed.infolist() if not item.filename.startswith("__MACOSX")]
                _check_size(archive, sum(item.file_size for item in names))
                packed.extractall(folder, members=names)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as packed_tar:
                _check_size(archive, sum(item.size for item in packed_tar.getmembers()))
                if not hasattr(tarfile, "data_filter"):  # Python before 3.10.12 and 3.11.4
                    raise CorpusError(f"{archive}: unpack it by hand into {folder}, or use a newer Python")
                packed_tar.extractall(folder, filter="data")
        else:
            shutil.copy2(archive, folder / archive.name)
            return
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as err:
        raise CorpusError(f"{archive}: damaged archive ({err}); delete it and run the command again") from err
    for inner in sorted(folder.rglob("*.zip")):
        if inner != archive:
            unpack(inner, inner.with_suffix(""))
            inner.unlink()


def _check_size(archive: Path, size: int) -> None:
    if size > MAX_UNPACKED:
        raise CorpusError(f"{archive}: would unpack to {size / 2**30:.0f} GiB; that is no corpus that Odin knows")
