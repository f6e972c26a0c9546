"""The pack for catalogues and search engines. Belongs here: DCAT-AP 3 (``dcat.jsonld``) and schema.org's Dataset with
Croissant 1.0 (``croissant.json``), both JSON-LD. Does not: what the tables hold."""

from __future__ import annotations

from typing import Any

from orchestration.publication.dictionary import Table
from orchestration.publication.pack.content import (
    KEYWORDS,
    LICENCE_URL,
    NAME,
    PUBLISHER,
    TITLE,
    WORKBOOK,
    Content,
)

DCAT, CROISSANT = "dcat.jsonld", "croissant.json"
LANGUAGES = ("fr", "en")
_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"
# File ending → the EU's file type, the media type.
_FORMATS = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("PARQUET", "application/vnd.apache.parquet"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_CROISSANT_TYPES = {
    "VARCHAR": "sc:Text",
    "BOOLEAN": "sc:Boolean",
    "DATE": "sc:Date",
    "DOUBLE": "sc:Float",
    "FLOAT": "sc:Float",
    "TINYINT": "sc:Integer",
    "SMALLINT": "sc:Integer",
    "INTEGER": "sc:Integer",
    "BIGINT": "sc:Integer",
}
_CROISSANT_TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet",
    "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
    "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
    "transform",
)  # fmt: skip
# The context that Croissant 1.0 asks for, word for word.
_CROISSANT_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in _CROISSANT_TERMS},
}


def dcat(content: Content) -> dict[str, Any]:
    """A data set of DCAT-AP 3.0: title, description and keywords in both languages, one distribution a file.

    Addresses are relative: they resolve against wherever ``dcat.jsonld`` is served from.
    """
    years = content.years
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"#{NAME}",
        "@type": "dcat:Dataset",
        "dct:title": _in_both(TITLE),
        "dct:description": [
            {"@language": language, "@value": content.description(language)} for language in LANGUAGES
        ],
        "dcat:keyword": [
            {"@language": language, "@value": word} for language in LANGUAGES for word in KEYWORDS[language]
        ],
        "dcat:theme": [{"@id": f"{_EU}data-theme/ECON"}, {"@id": f"{_EU}data-theme/EDUC"}],
        "dct:identifier": NAME,
        "dcat:version": content.version,
        "dct:issued": _typed(content.released_on.isoformat(), "date"),
        "dct:accrualPeriodicity": {"@id": f"{_EU}frequency/WEEKLY"},
        "dct:language": [{"@id": f"{_EU}language/FRA"}, {"@id": f"{_EU}language/ENG"}],
        "dct:spatial": {"@id": f"{_EU}country/FRA"},
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": PUBLISHER},
        "dct:accessRights": {"@id": f"{_EU}access-right/PUBLIC"},
        "dcat:landingPage": {"@id": "report.fr.html", "@type": "foaf:Document"},
        "foaf:page": [
            {"@id": name, "@type": "foaf:Document"}
            for name in ("dictionary.html", "quality.fr.html", "quality.en.html")
        ],
        **(
            {
                "dct:temporal": {
                    "@type": "dct:PeriodOfTime",
                    "dcat:startDate": _typed(f"{years[0]}-01-01", "date"),
                    "dcat:endDate": _typed(f"{years[1]}-12-31", "date"),
                }
            }
            if years
            else {}
        ),
        "dcat:distribution": [*(_distribution(content, name) for name in content.files), _workbook()],
    }


def _distribution(content: Content, name: str) -> dict[str, Any]:
    file = content.files[name]
    return {
        **_access(name),
        "dcat:byteSize": _typed(str(file.bytes), "nonNegativeInteger"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": _typed(file.sha256, "hexBinary"),
        },
    }


def _workbook() -> dict[str, Any]:
    return _access(WORKBOOK)


def _access(name: str) -> dict[str, Any]:
    kind, media = _FORMATS[name.rsplit(".", 1)[1]]
    return {
        "@id": f"{name}#distribution",
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:accessURL": {"@id": name},
        "dcat:downloadURL": {"@id": name},
        "dct:format": {"@id": f"{_EU}file-type/{kind}"},
        "dcat:mediaType": {"@id": f"{_IANA}{media}"},
        "dct:license": {"@id": LICENCE_URL},
    }


def croissant(content: Content) -> dict[str, Any]:
    """A schema.org Dataset that is Croissant 1.0 as well: files with checksums, one record set a table."""
    years = content.years
    return {
        "@context": _CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": NAME,
        "alternateName": [TITLE[language] for language in LANGUAGES],
        "description": content.description("en"),
        "version": content.version,
        "datePublished": content.released_on.isoformat(),
        "license": LICENCE_URL,
        "keywords": list(KEYWORDS["en"]),
        "inLanguage": list(LANGUAGES),
        "isAccessibleForFree": True,
        "url": "report.en.html",
        "spatialCoverage": {"@type": "sc:Place", "name": "France"},
        **({"temporalCoverage": f"{years[0]}/{years[1]}"} if years else {}),
        "creator": {"@type": "sc:Organization", "name": PUBLISHER},
        "publisher": {"@type": "sc:Organization", "name": PUBLISHER},
        "citeAs": f"{PUBLISHER}, {TITLE['en']}, version {content.version}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "contentSize": f"{file.bytes} B",
                "encodingFormat": _FORMATS[file.name.rsplit(".", 1)[1]][1],
                "sha256": file.sha256,
            }
            for file in content.files.values()
        ],
        "recordSet": [_record_set(table) for table in content.tables],
    }


def _record_set(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": " ".join(table.description.split()),
        **({"key": [{"@id": f"{table.name}/{name}"} for name in table.key]} if table.key else {}),
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{table.name}/{column.name}",
                "name": column.name,
                "description": column.description,
                "dataType": _CROISSANT_TYPES.get(column.type, "sc:Text"),
                "source": {"fileObject": {"@id": f"{table.name}.csv"}, "extract": {"column": column.name}},
            }
            for column in table.columns
        ],
    }


def _in_both(texts: dict[str, str]) -> list[dict[str, str]]:
    return [{"@language": language, "@value": texts[language]} for language in LANGUAGES]


def _typed(value: str, kind: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}
