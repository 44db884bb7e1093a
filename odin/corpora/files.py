"""Opening and replacing files so that a crash leaves the old one whole and an error says what to do."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, cast

from odin.errors import FormatError, InputError
from odin.schema import Document

STANDARD = "-"
"""In the place of a path: standard input, or standard output."""
STANDARD_INPUT = "stdin"
"""What messages call it."""
GZIP_MARK = b"\x1f\x8b"
"""How packed data begins (RFC 1952)."""
PACKED_STREAM = "is packed with gzip; unpack it on the way, as `gunzip -c` does, or give the file"


def open_binary(path: str | Path) -> BinaryIO:
    """The file, open for reading bytes (a .gz unpacked). Raises InputError that names it where it cannot be opened."""
    try:
        if Path(path).suffix == ".gz":
            return cast(BinaryIO, _Unpacked(path, "rb"))
        return Path(path).open("rb")
    except IsADirectoryError as err:
        raise InputError(f"{path} is a folder; give the path of a file") from err
    except FileNotFoundError as err:
        raise InputError(f"{path}: no such file; check the path") from err
    except OSError as err:
        raise InputError(f"{path}: cannot be read: {err.strerror}") from err


class _Unpacked(gzip.GzipFile):
    """A packed file. Reading raises InputError that names it where it is damaged, cut short or not packed at all."""

    def read(self, size: int | None = -1) -> bytes:
        with self._named():
            return super().read(size)

    def read1(self, size: int = -1) -> bytes:
        with self._named():
            return super().read1(size)

    def readline(self, size: int | None = -1) -> bytes:
        with self._named():
            return super().readline(size)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except (gzip.BadGzipFile, EOFError, zlib.error) as err:
            raise InputError(f"{self.name}: is not a whole gzip file: {err}; get it again, or unpack it first") from err


@contextmanager
def rereadable(path: str | Path) -> Iterator[Path]:
    """A path that can be read more than once: the path itself, or a copy of what standard input or a pipe gives once.

    The copy goes with the block. Raises InputError where what comes is packed, or cannot be opened.
    """
    standard = str(path) == STANDARD
    if not standard and not _is_device(Path(path)):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="odin-") as folder:
        copy = Path(folder) / STANDARD_INPUT
        with nullcontext(sys.stdin.buffer) if standard else open_binary(path) as stream, copy.open("wb") as file:
            shutil.copyfileobj(stream, file)
        with copy.open("rb") as file:
            if file.read(len(GZIP_MARK)) == GZIP_MARK:
                raise InputError(f"{STANDARD_INPUT if standard else path}: {PACKED_STREAM}")
        yield copy


def read_text(path: str | Path, *, keep_mark: bool = False) -> str:
    """The UTF-8 text of a file with its line ends as they stand.

    A byte order mark at the start is left out, unless it counts in offsets (`keep_mark`).
    Raises InputError where it cannot be opened, FormatError with the line where it is not UTF-8.
    """
    with open_binary(path) as file:
        data = file.read()
    try:
        return data.decode("utf-8" if keep_mark else "utf-8-sig")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        raise FormatError(
            f"byte 0x{data[err.start]:02x} is not UTF-8; save the file as UTF-8", path=path, line=line
        ) from err


def check_other_file(source: str | Path, target: str | Path) -> None:
    """Raises InputError where what is to be written is the very file that is read, which would be lost."""
    if Path(source).resolve() == Path(target).resolve():
        raise InputError(f"{target} is the input too; give another file as the output")


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends well; on an error `path` stays as it was.

    What is written to a path that ends in .gz is packed, as `open_binary` unpacks it. Of a link, what it points to is
    replaced. A device or a pipe, such as /dev/null, stays and is written to.
    """
    try:
        if _is_device(Path(path)):
            target, temporary = Path(path), None
        else:
            target = _place_of(path)
            temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        file = (temporary or target).open("wb")
    except OSError as err:
        raise InputError(f"{path}: cannot be written: {err.strerror}") from err
    try:
        with file:
            with _packing(file, path) as output:
                yield output
            file.flush()
            if temporary:
                os.fsync(file.fileno())
        if temporary:
            _put_in_place(temporary, target)
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


@contextmanager
def growing(path: str | Path, *, anew: bool = True) -> Iterator[BinaryIO]:
    """As `replacing`, but what was written stays in `part_of(path)` until the block ends well, whatever ends it.

    Unless `anew`, what is written is added to what stands there.
    """
    if os.path.exists(path) and _is_device(Path(path)):
        with replacing(path) as file:
            yield file
        return
    part = part_of(path)
    try:
        target = _place_of(path)
        if anew:
            part.unlink(missing_ok=True)
        file = part.open("ab")
    except OSError as err:
        raise InputError(f"{path}: cannot be written: {err.strerror}") from err
    empty = anew
    try:
        with file:
            with _packing(file, path) as output:
                try:
                    yield output
                finally:
                    empty = anew and not output.tell()
            file.flush()
            os.fsync(file.fileno())
            if not part.exists() or not os.path.samestat(part.stat(), os.fstat(file.fileno())):
                raise InputError(f"{part}: another run began to write the same output; let one end before the next")
        _put_in_place(part, target)
    finally:
        if empty:
            part.unlink(missing_ok=True)


def part_of(path: str | Path) -> Path:
    """Where `growing` keeps what is to become `path`: `found.jsonl.part` of `found.jsonl`."""
    target = Path(path).resolve()
    return target.with_name(f"{target.name.removesuffix('.gz')}.part{'.gz' if target.suffix == '.gz' else ''}")


def _put_in_place(written: Path, target: Path) -> None:
    try:
        written.replace(target)
    except IsADirectoryError as err:
        raise InputError(f"{target} is a folder; give the path of a file") from err


def _place_of(path: str | Path) -> Path:
    """What a path stands for, its folder made where it is not there."""
    target = Path(path).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


@contextmanager
def _packing(file: BinaryIO, path: str | Path) -> Iterator[BinaryIO]:
    """What to write to: the file, or what packs into it."""
    if Path(path).suffix == ".gz":
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    else:
        yield file


def _is_device(path: Path) -> bool:
    """Whether something stands there that is neither a file nor a folder: a device, a pipe, a terminal."""
    return path.exists() and not path.is_file() and not path.is_dir()


def distinct(documents: Iterable[Document], path: str | Path) -> Iterator[Document]:
    """The documents as they come. Raises FormatError at one whose id stood before."""
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise FormatError(f"two documents have the id {document.id!r}; give each its own", path=path)
        seen.add(document.id)
        yield document


def encoded(text: str, document_id: str, path: str | Path) -> bytes:
    """The text in UTF-8. Raises FormatError where it holds half of a surrogate pair, which UTF-8 cannot."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as err:
        found = f"U+{ord(text[err.start]):04X}"
        raise FormatError(f"document {document_id}: {found} has no UTF-8 form; take it out", path=path) from err
