"""Editions full of marked personal data, one in every format, and a search of everything that was written."""

import csv
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from orchestration.codebook import META_COLUMNS, load
from orchestration.collection.contacts import Contacts
from orchestration.collection.register.stock import PLACES, UNITS
from orchestration.settings import PROJECT, Settings

from ..collection.register.stock_files import place as seat
from ..collection.register.stock_files import unit, write
from . import tools

TESTS = Path(__file__).resolve().parents[1]
CODEBOOK = TESTS / "fixtures" / "codebooks" / "survey_482617.yaml"
PHONES = ("06 99 88 77 66", "0699887766", "+33 6 99 88 77 66", "06.99.88.77.66")
ROWS = 60
# File of each made-up export. One name holds an address and a number, as people do name files.
MADE_UP = {
    "limesurvey_csv": "réponses zqfichier@zqexample.org 0699887766.csv",
    "limesurvey_vv": "vvexport.txt",
    "limesurvey_json": "responses.json",
    "limesurvey_xlsx": "responses.xlsx",
    "spss_sav": "responses.sav",
}
# The real server's exports, with their people marked: the file, and what lies beside it.
REAL = {
    "limesurvey_lsa": ("archive.lsa", None),
    "limesurvey_r": ("results_R.csv", "results_R.R"),
    "limesurvey_spss": ("spss_v2_data.dat", "spss_v2_syntax.sps"),
}
RPC = "limesurvey_rpc"


def siren(number: int) -> str:
    """A SIREN with its check digit that no other data has."""
    start = f"9997{number:04d}"
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(start)]
    return start + str(-sum(digit // 10 + digit % 10 for digit in doubled) % 10)


SIRENS = [siren(number) for number in range(1, 15 * ROWS)]
MARKS = re.compile(
    "|".join(
        [
            # Long enough that no compressed or hashed byte looks like one.
            r"zq(?:token|mail|libre|autre|example|fonction|societe|rejete|titre|fichier|perdu|prenom|invite)\w*",
            r"zq(?:personne|auteur|entete|colonne|guillemet|siren|rpcnom|rpcsociete|rpctoken)\w*",
            r"zqnom marque|zqcode@|zqrpc\d+@|zq\d{7}\w+",
            r"203\.0\.113\.\d+",
            *(re.escape(phone) for phone in PHONES),
            rf"(?<![\d.])(?:{'|'.join(SIRENS)})(?!\d{{1,4}}(?!\d))",
        ]
    ).encode(),
    re.IGNORECASE,
)


def marked(codebook, first: int, count: int = ROWS):
    """Headings and rows with marks wherever people write; ``first`` makes them differ between exports."""
    columns = codebook.columns()
    headings = [*META_COLUMNS, *columns]
    rows = []
    for number in range(first, first + count):
        given = {
            "id": str(number - first + 1),
            "submitdate": "2026-05-15 15:27:03",
            "startdate": "2026-05-15 15:15:50",
            "datestamp": "2026-05-15 15:27:03",
            "lastpage": "6",
            "startlanguage": "fr",
            "seed": str(400_000_000 + number),
            "token": f"zqtoken{number}",
            "ipaddr": f"203.0.113.{number % 250}",
            "SIREN": siren(number),
            "SIRET": "",
            "RAISON": f"Zqsociete {number}",
            "NOM[NOM]": f"Zqnom Marque {number}",
            "NOM[FONC]": f"Zqfonction {number}",
            "MAIL": f"zqmail{number}@zqexample.org",
            "CONTACT": "Y",
            "EXPORT": "Y" if number % 3 else "N",
            "EFFECTIF": "E10" if number % 2 else "E50",
            "MANQUE": f"Écrire à zqlibre{number}@zqexample.org, {PHONES[number % 4]},{PHONES[1]}",
            "CA": "-oth-" if number % 7 == 0 else "T1",
            "CA[other]": f"voir zqautre{number}@zqexample.org" if number % 7 == 0 else "",
            "RDK": "12.5",
            "COMMUNE": "80021",
        }
        rows.append([given.get(heading, "") for heading in headings])
    # In the wrong box: an address where a code should be, a number where the commune should be.
    rows[3][headings.index("EFFECTIF")] = "zqcode@zqexample.org"
    rows[4][headings.index("COMMUNE")] = PHONES[1]
    rows[5][headings.index("DATECREA")] = f"le {PHONES[0]}"
    return headings, rows


def tool_answers(first: int, count: int = ROWS) -> list[dict[str, str]]:
    """The answers of a tool's export, marked like those of ``marked``."""
    return [
        {
            "SIREN": "" if number % 10 == 0 else siren(number),
            "RAISON": f"Zqsociete {number}",
            "MAIL": f"zqmail{number}@zqexample.org",
            "COMMUNE": PHONES[1] if number % 10 == 5 else "80021",
            "MANQUE": f"Écrire à zqlibre{number}@zqexample.org, {PHONES[number % 4]}",
            "EXPORT": "Oui" if number % 3 else "Non",
            "EFFECTIF": "zqcode@zqexample.org" if number == first else "E10",
        }
        for number in range(first, first + count)
    ]


def write_export(export_format: str, path: Path, headings, rows) -> None:
    """Write rows as LimeSurvey does, as far as reading them needs it."""
    match export_format:
        case "limesurvey_csv":
            lines = [headings, *rows]
            text = "\r\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in lines)
            # A row that cannot be told apart: it has a cell too many, and names somebody.
            text += f'\r\n"zqrejete@zqexample.org";"Zqrejete Marque";"{PHONES[0]}"\r\n'
            path.write_bytes(b"\xef\xbb\xbf" + text.encode())
        case "limesurvey_vv":
            codes = [
                re.sub(r"\]\[([12])\]$", lambda scale: f"_{int(scale[1]) - 1}", name) for name in headings
            ]
            codes = [name.replace("[", "_").replace("]", "") for name in codes]
            # The first heading row is free text: here somebody wrote whom to ask.
            texts = ["Question de zqtitre@zqexample.org", *headings[1:]]
            lines = ["\t".join(line) for line in (texts, codes, *rows)]
            lines.append("\t".join(["zqrejete", f"Zqrejete Marque {PHONES[0]}"]))
            path.write_text("\n".join(lines) + "\n")
        case "limesurvey_json":
            path.write_text(
                json.dumps({"responses": [dict(zip(headings, row, strict=True)) for row in rows]})
            )
        case "limesurvey_xlsx":
            book = openpyxl.Workbook()
            for row in (headings, *rows):
                book.active.append(row)
            book.properties.creator = "Zqauteur Marque"
            book.save(path)
        case "spss_sav":
            named = [
                re.sub(r"\]\[([12])\]$", lambda scale: f"_{int(scale[1]) - 1}", name) for name in headings
            ]
            named = [name.replace("[", "_").replace("]", "") for name in named]
            frame = pd.DataFrame(rows, columns=named)
            people = pd.DataFrame(
                {
                    "firstname": [f"Zqprenom{i}" for i in range(len(rows))],
                    "email": [f"zqinvite{i}@zqexample.org" for i in range(len(rows))],
                }
            )
            pyreadstat.write_sav(pd.concat([people, frame], axis=1), str(path))


def write_partners(deployment) -> None:
    """The sample's partner files for one of the marked editions, and a register with marked names."""
    folder = deployment.data / "inbox" / "partners"
    folder.mkdir()
    for path in (Settings().sample_folder / "partners").glob("*.csv"):
        # In bytes: each partner has an encoding of its own.
        content = path.read_bytes().replace(b"tour_2019", b"marked_limesurvey_csv")
        (folder / path.name).write_bytes(content.replace(b";2019-", b";2026-"))
    stock = deployment.data / "inbox" / "register"
    stock.mkdir()
    known = range(9 * ROWS, 15 * ROWS, 10)
    units = [unit(siren(number), denominationUniteLegale=f"ZQSOCIETE {number} SA") for number in known]
    write(stock, UNITS, units, "parquet")
    seats = [seat(siren(number), codeCommuneEtablissement="80021") for number in known]
    write(stock, PLACES, seats, "parquet")


def _people(shared: Path) -> re.Pattern:
    rows = list(csv.DictReader(io.StringIO((shared / "participants.csv").read_text(encoding="utf-8-sig"))))
    names = {row[name] for row in rows for name in ("firstname", "lastname")}
    return re.compile(rf"(['\[\"])({'|'.join(map(re.escape, sorted(names)))})(?=['\]\"])")


def mark_real(source: Path, target: Path, shared: Path) -> None:
    """Copy one of the real exports with its addresses, tokens, IP addresses and participants marked."""
    people = _people(shared)

    def change(text: str) -> str:
        text = text.replace("@example.org", "@zqexample.org").replace("192.0.2.", "203.0.113.")
        text = re.sub(r"\btk[0-9a-z]{13}\b", lambda token: "zq" + token[0][2:], text)
        text = text.replace("01 99 00 12 34", PHONES[0])
        return people.sub(r"\1Zqpersonne", text)

    if source.suffix != ".lsa":
        target.write_bytes(change(source.read_bytes().decode()).encode())
        return
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part).decode()))


@dataclass
class Deployment:
    """A data folder, the command that works on it, and all that the command said."""

    data: Path
    codebooks: Path
    said: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self):
        own = {"SKILLSBANK_DATA": str(self.data), "SKILLSBANK_CODEBOOKS": str(self.codebooks)}
        return os.environ | own | self.variables

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        finished = subprocess.run(
            [str(Path(sys.executable).with_name("skillsbank")), *arguments],
            env=self.environment, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        self.said.append(finished.stdout + finished.stderr)
        return finished

    def add(self, export_format: str, name: str, server: int | None = None) -> Path:
        """Add an edition that takes one format; gives its folder in the inbox."""
        edition = f"marked_{export_format}"
        folder = self.data / "inbox" / edition
        folder.mkdir(parents=True, exist_ok=True)
        if export_format in tools.NAMES:
            (self.codebooks / f"{edition}.yaml").write_text(tools.codebook(export_format, edition))
            return folder
        lines = CODEBOOK.read_text().replace("edition: survey_482617", f"edition: {edition}").splitlines()
        start = lines.index("exports:")
        end = next(i for i in range(start + 1, len(lines)) if not lines[i].startswith((" ", "-")))
        reader = "limesurvey_json" if server else export_format
        source = f'  - {{source: limesurvey, files: "*{Path(name).suffix}", format: {reader}'
        source += f", server: {{survey_id: {server}}}}}" if server else "}"
        (self.codebooks / f"{edition}.yaml").write_text(
            "\n".join([*lines[: start + 1], source, *lines[end:]])
        )
        return folder

    def places(self, *folders: str, marks: re.Pattern = MARKS) -> dict[str, set[str]]:
        """Where in these folders (all but contacts and inbox, if none are named) a mark stands, and which."""
        names = folders or [
            path.name for path in self.data.iterdir() if path.name not in {"contacts", "inbox"}
        ]
        found: dict[str, set[str]] = {}
        for name in names:
            for path in sorted(path for path in (self.data / name).rglob("*") if path.is_file()):
                texts = [path.read_bytes(), *cells_of(path)]
                # A name of a file or folder is a place too.
                texts.append(str(path.relative_to(self.data)).encode())
                for text in texts:
                    for mark in marks.findall(text):
                        found.setdefault(str(path.relative_to(self.data)), set()).add(mark.decode())
        return found


def cells_of(path: Path):
    """The cells of a Parquet or DuckDB file, which its bytes hide, as one text a column."""
    if path.suffix == ".parquet":
        of_contacts = Contacts(path.parents[1], path.parents[2] / "secrets")
        with (of_contacts.open if path.parents[1].name == "contacts" else pq.ParquetFile)(path) as file:
            table = file.read()
        for column in table.columns:
            if not pa.types.is_nested(column.type):
                yield "\n".join(
                    text for text in column.cast(pa.string()).unique().to_pylist() if text
                ).encode()
        yield repr(table.schema.metadata).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                each = f'SELECT string_agg(DISTINCT COLUMNS(*)::VARCHAR, chr(10)) FROM "{table}"'
                for text in connection.execute(each).fetchall()[0]:
                    yield (text or "").encode()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(part) for part in archive.namelist())


@pytest.fixture(scope="session")
def codebook():
    return load(CODEBOOK)


@pytest.fixture(scope="session")
def fake_server():
    """The survey server of the pull's tests, with its people marked."""
    path = TESTS / "collection" / "limesurvey" / "server.py"
    spec = importlib.util.spec_from_file_location("privacy_fake_server", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    rows = module.recorded_rows()
    for number, row in rows.items():
        row |= {
            "token": f"zqrpctoken{number}",
            "ipaddr": f"203.0.113.{number % 250}",
            "SIREN": siren(8 * ROWS + number % ROWS),
            "RAISON": f"Zqrpcsociete {number}",
            "NOM[NOM]": f"Zqrpcnom {number}",
            "MAIL": f"zqrpc{number}@zqexample.org",
            "MANQUE": f"Appeler zqlibre@zqexample.org ou {PHONES[number % 4]}",
        }
    with module.LimeSurvey() as server:
        server.surveys[module.SURVEY] = module.Survey(rows)
        yield server, module


@pytest.fixture(scope="session")
def published(tmp_path_factory, parsed_project, codebook, fake_server):
    """A deployment after one refresh on marked editions of every format, and on a register with their names."""
    folder = tmp_path_factory.mktemp("privacy")
    deployment = Deployment(folder / "data", folder / "codebooks")
    shutil.copytree(parsed_project, deployment.data / "warehouse" / "dbt")
    deployment.codebooks.mkdir()
    for path in Settings().codebooks.glob("*.yaml"):
        (deployment.codebooks / path.name).write_text(path.read_text())
    for place, (export_format, name) in enumerate(MADE_UP.items()):
        inbox = deployment.add(export_format, name)
        write_export(export_format, inbox / name, *marked(codebook, 1 + place * ROWS))
    for place, (export_format, name) in enumerate(tools.NAMES.items(), 9):
        first = 1 + place * ROWS
        (deployment.add(export_format, name) / name).write_bytes(
            tools.export(export_format, tool_answers(first), first)
        )
    shared = PROJECT.parent / "shared" / "data" / "limesurvey" / "ui"
    for export_format, (name, beside) in REAL.items() if shared.is_dir() else ():
        inbox = deployment.add(export_format, name)
        for file in filter(None, (name, beside)):
            mark_real(shared / file, inbox / file, shared)
    write_partners(deployment)
    server, module = fake_server
    deployment.add(RPC, "none.json", server=module.SURVEY)
    deployment.variables |= {
        "SKILLSBANK_SAMPLE": "false",
        "SKILLSBANK_LIMESURVEY_URL": server.url,
        "SKILLSBANK_LIMESURVEY_USER": module.USER,
        "SKILLSBANK_LIMESURVEY_SECRET": module.SECRET,
    }
    lost = deployment.data / "inbox" / "perdu zqperdu@zqexample.org 0699887766.csv"
    lost.write_text("zqperdu")
    finished = deployment.run("refresh")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return deployment
