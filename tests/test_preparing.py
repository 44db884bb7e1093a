"""Fetching, unpacking, checking and writing corpora, against a real server on this machine."""

from __future__ import annotations

import http.server
import io
import json
import re
import shutil
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from odin.__main__ import main
from odin.corpora import jsonl
from odin.corpora.catalog import load
from odin.corpora.checksums import checksum
from odin.corpora.download import download, unpack
from odin.errors import CorpusError

PUBTATOR = (
    "{id}|t|Aspirin for pain.\n{id}|a|It helped.\n"
    "{id}\t0\t7\tAspirin\tChemicalEntity\tD001241\n{id}\t12\t99\tpain\tDisease\tD010146\n\n"
)


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` under any path; the first `breaks` answers stop after half of what they promised."""

    content = b""
    breaks = 0
    ranges = True
    asked: list[str | None]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if "missing" in self.path:
            return self.send_error(404)
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        start = int(re.findall(r"\d+", wanted)[0]) if wanted and self.server.ranges else 0
        body = self.server.content[start:]
        if wanted and self.server.ranges and not body:
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.breaks:
            self.server.breaks -= 1
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    found = Server(("127.0.0.1", 0), Handler)
    found.asked = []
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def address(server: Server, name: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{name}"


def test_a_broken_download_is_taken_up_where_it_stopped(server: Server, tmp_path: Path):
    server.content, server.breaks = bytes(range(256)) * 4000, 2
    path = download(address(server, "corpus.bin"), tmp_path)
    assert path.read_bytes() == server.content
    assert server.asked == [None, "bytes=512000-", "bytes=768000-"]
    assert [item.name for item in tmp_path.iterdir()] == ["corpus.bin"]


def test_a_later_call_goes_on_with_the_part_that_is_there(server: Server, tmp_path: Path):
    server.content, server.breaks = b"x" * 1000, 9
    with pytest.raises(CorpusError, match="broken off at 750 bytes; run the command again"):
        download(address(server, "corpus.bin"), tmp_path, attempts=2)
    assert not (tmp_path / "corpus.bin").exists()
    server.breaks = 0
    assert download(address(server, "corpus.bin"), tmp_path).read_bytes() == server.content
    assert server.asked[-1] == "bytes=750-"
    (tmp_path / "whole.bin.part").write_bytes(server.content)
    assert download(address(server, "whole.bin"), tmp_path).read_bytes() == server.content


def test_a_server_without_ranges_sends_it_whole_again(server: Server, tmp_path: Path):
    server.content, server.breaks, server.ranges = b"abcdefgh" * 500, 1, False
    assert download(address(server, "corpus.bin"), tmp_path).read_bytes() == server.content


def test_no_network_and_no_file_are_errors_that_say_what_to_do(server: Server, tmp_path: Path):
    with pytest.raises(CorpusError, match=r"answers 404 .* pass the folder or archive with --source"):
        download(address(server, "missing.zip"), tmp_path)
    with pytest.raises(CorpusError, match=r"cannot be reached \(.*refused.*\); without network, fetch it elsewhere"):
        download("http://127.0.0.1:9/corpus.zip", tmp_path)


def test_archives_are_unpacked_inside_the_folder_only(tmp_path: Path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("deep/a.txt", "a")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("inner.zip", inner.getvalue())
        packed.writestr("../../escaped.txt", "no")
    unpack(tmp_path / "x.zip", tmp_path / "out" / "here")
    assert (tmp_path / "out/here/inner/deep/a.txt").read_text() == "a"
    assert not list(tmp_path.parent.glob("escaped.txt"))
    assert not (tmp_path / "escaped.txt").exists()
    with tarfile.open(tmp_path / "y.tar.gz", "w:gz") as packed_tar:
        member = tarfile.TarInfo("../evil.txt")
        member.size = 2
        packed_tar.addfile(member, io.BytesIO(b"no"))
    with pytest.raises(CorpusError, match=r"damaged archive|newer Python"):
        unpack(tmp_path / "y.tar.gz", tmp_path / "tar")
    assert not (tmp_path / "evil.txt").exists()


def biored_archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, split in enumerate(("Train", "Dev", "Test")):
            archive.writestr(f"BioRED/{split}.PubTator", PUBTATOR.format(id=number))
    return packed.getvalue()


def test_prepare_from_an_address_writes_native_files_and_says_what_was_lost(server: Server, tmp_path: Path, capsys):
    server.content = biored_archive()
    folder = tmp_path / "corpora"
    assert (
        main(["corpora", "prepare", "biored", "--source", address(server, "BIORED.zip"), "--folder", str(folder)]) == 0
    )
    printed = capsys.readouterr().out
    assert "licence: freely provided by NCBI" in printed
    assert "2 of 3 files are not those" in printed
    assert "is not a span of the text" in printed
    [document] = jsonl.read(folder / "biored" / "train.jsonl")
    assert [entity.text_in(document.text) for entity in document.entities] == ["Aspirin"]
    assert document.meta["split"] == "train"
    assert load("biored", "train", folder) == [document]
    record = json.loads((folder / "biored" / "prepared.json").read_text())
    assert record["splits"]["test"]["entities"] == 1
    assert record["splits"]["test"]["dropped"] == {"is not a span of the text": 1}


def test_prepare_from_the_corpora_folder_equals_load_and_the_checksums_are_known(corpora: Path, tmp_path: Path, capsys):
    assert main(["corpora", "prepare", "biored", "--source", str(corpora), "--folder", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "DIFFERS" not in printed
    assert "71 documents, 2476 entities, 0 relations, 839 concept relations kept" in printed
    assert list(jsonl.read(tmp_path / "biored" / "dev.jsonl")) == load("biored", "dev", corpora)
    assert load("biored", "dev", tmp_path) == load("biored", "dev", corpora)


def test_a_changed_file_is_said_to_differ(corpora: Path, tmp_path: Path, capsys):
    shutil.copytree(corpora / "chemprot", tmp_path / "mine")
    with (tmp_path / "mine" / "dev.txt").open("a") as file:
        file.write("\n")
    assert main(["corpora", "prepare", "chemprot", "--source", str(tmp_path / "mine"), "--folder", str(tmp_path)]) == 0
    assert re.search(r"dev.txt  DIFFERS\nsha256 \w+  train.txt\n1 of 2 files", capsys.readouterr().out)


def test_prepare_names_what_a_folder_lacks_and_never_overwrites_its_source(corpora: Path, tmp_path: Path, capsys):
    assert main(["corpora", "prepare", "biored", "--source", str(tmp_path), "--folder", str(tmp_path)]) == 2
    assert "does not hold biored: Dev.PubTator, Train.PubTator is missing" in capsys.readouterr().err
    assert main(["corpora", "prepare", "clinical_notes", "--folder", str(tmp_path)]) == 2
    assert "give the folder of its files with --source" in capsys.readouterr().err
    notes = shutil.copytree(corpora / "clinical_notes", tmp_path / "clinical_notes")
    before = checksum(notes)
    assert main(["corpora", "prepare", "clinical_notes", "--source", str(notes), "--folder", str(tmp_path)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert checksum(notes) == before


def test_medmentions_is_read_by_its_lists_of_pmids(tmp_path: Path):
    import gzip

    home = tmp_path / "medmentions"
    home.mkdir()
    blocks = [f"{n}|t|Aspirin {n}\n{n}|a|Pain.\n{n}\t0\t7\tAspirin\tT109,T121\tC0004057\n\n" for n in (11, 12, 13)]
    (home / "corpus_pubtator.txt.gz").write_bytes(gzip.compress("".join(blocks).encode()))
    for part, pmid in (("trng", 11), ("dev", 12), ("test", 13)):
        (home / f"corpus_pubtator_pmids_{part}.txt").write_text(f"{pmid}\n")
    [document] = load("medmentions", "dev", tmp_path)
    assert (document.id, document.entities[0].label, document.entities[0].concept) == ("12", "T109,T121", "C0004057")


def test_list_prints_every_corpus_with_address_licence_and_citation(capsys):
    assert main(["corpora", "list"]) == 0
    printed = capsys.readouterr().out
    for name in ("biored", "chemprot", "bc5cdr", "medmentions", "ade", "ncbi_disease", "phee", "maccrobat2020", "chia",
                 "roam_drug_disease", "crowdtruth", "aioner", "clinical_notes", "mtsamples",
                 "annotated_abstracts"):  # fmt: skip
        assert f"\n{name}: " in f"\n{printed}"
    assert printed.count("  licence   ") == printed.count("  cite      ") == 15
