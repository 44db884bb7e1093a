"""BioC as XML, of the same structure as `odin.corpora.bioc`.

Entity declarations are refused: a few lines of them can expand without bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from odin.corpora.bioc import documents_of, to_bioc
from odin.corpora.files import open_binary, replacing
from odin.errors import FormatError
from odin.schema import Document, ReadReport

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """The documents of a BioC XML collection, one at a time.

    Raises FormatError where one cannot be read; with `strict=False` it is dropped and reported. XML that is not well
    formed, or declares entities, always raises.
    """
    report = ReadReport() if report is None else report
    _check_prolog(path)
    yield from documents_of(_values(path), path, report, strict=strict)


def write(documents: Iterable[Document], path: str | Path) -> ReadReport:
    """Write a BioC XML collection and return what was written. Only control characters that XML forbids are lost."""
    report = ReadReport()
    with replacing(path) as file:
        file.write(b"<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE collection SYSTEM \"BioC.dtd\">\n")
        file.write(b"<collection><source>Odin</source><date></date><key>odin.key</key>\n")
        for document in documents:
            found = len(_NOT_XML.findall(document.text))
            if found:
                report.drop(document.id, f"text: {found} control characters", "XML cannot hold them: U+FFFD is written")
            file.write("".join(_document_xml(to_bioc(document))).encode("utf-8") + b"\n")
            report.keep(document)
        file.write(b"</collection>\n")
    return report


def _check_prolog(path: str | Path) -> None:
    """Raise FormatError where entities are declared, which can stand before the first element only."""
    parser = expat.ParserCreate()
    seen = []

    def refuse(*_: Any) -> None:
        line = parser.CurrentLineNumber
        raise FormatError("declares an XML entity; remove the declaration (<!ENTITY ...>)", path=path, line=line)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda *_: seen.append(True)
    with open_binary(path) as file:
        try:
            while not seen and (chunk := file.read(4096)):
                parser.Parse(chunk)
        except expat.ExpatError as err:
            raise _not_well_formed(err, path, err.lineno) from err


def _values(path: str | Path) -> Iterator[dict[str, Any]]:
    with open_binary(path) as file:
        try:
            for _, element in ElementTree.iterparse(file, events=("end",)):
                if element.tag == "document":
                    yield _document_value(element)
                    element.clear()
        except ElementTree.ParseError as err:
            raise _not_well_formed(err, path, err.position[0]) from err


def _not_well_formed(err: Exception, path: str | Path, line: int) -> FormatError:
    return FormatError(f"not well-formed XML: {err}", path=path, line=line)


def _document_value(element: ElementTree.Element) -> dict[str, Any]:
    passages = [_part_value(passage) for passage in element.iterfind("passage")]
    return _part_value(element) | {"id": element.findtext("id") or "", "passages": passages}


def _part_value(element: ElementTree.Element) -> dict[str, Any]:
    """What a document, a passage and a sentence have in common."""
    return {
        "infons": _infons(element),
        "offset": element.findtext("offset"),
        "text": element.findtext("text"),
        "sentences": [_part_value(sentence) for sentence in element.iterfind("sentence")],
        "annotations": [
            {
                "id": annotation.get("id"),
                "infons": _infons(annotation),
                "locations": [dict(location.attrib) for location in annotation.iterfind("location")],
                "text": annotation.findtext("text"),
            }
            for annotation in element.iterfind("annotation")
        ],
        "relations": [
            {
                "id": relation.get("id"),
                "infons": _infons(relation),
                "nodes": [dict(node.attrib) for node in relation.iterfind("node")],
            }
            for relation in element.iterfind("relation")
        ],
    }


def _infons(element: ElementTree.Element) -> dict[str, str]:
    return {infon.get("key") or "": infon.text or "" for infon in element.iterfind("infon")}


def _document_xml(value: Mapping[str, Any]) -> Iterator[str]:
    yield f"<document><id>{_text(value['id'])}</id>{_infons_xml(value)}"
    for passage in value["passages"]:
        yield f"<passage>{_infons_xml(passage)}<offset>{passage['offset']}</offset>"
        yield f"<text>{_text(passage['text'])}</text>"
        for annotation in passage["annotations"]:
            yield f"<annotation id={_attribute(annotation['id'])}>{_infons_xml(annotation)}"
            for place in annotation["locations"]:
                yield f'<location offset="{place["offset"]}" length="{place["length"]}"/>'
            yield f"<text>{_text(annotation['text'])}</text></annotation>"
        yield "</passage>"
    for relation in value["relations"]:
        yield f"<relation id={_attribute(relation['id'])}>{_infons_xml(relation)}"
        for node in relation["nodes"]:
            yield f"<node refid={_attribute(node['refid'])} role={_attribute(node['role'])}/>"
        yield "</relation>"
    yield "</document>"


def _infons_xml(value: Mapping[str, Any]) -> str:
    return "".join(f"<infon key={_attribute(key)}>{_text(text)}</infon>" for key, text in value["infons"].items())


def _text(value: str) -> str:
    """Element content; a carriage return is escaped, since parsers turn a bare one into a newline."""
    return escape(_NOT_XML.sub("\ufffd", value), {"\r": "&#13;"})


def _attribute(value: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", value))
