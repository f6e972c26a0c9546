"""The gate of the release stops what must not leave, and names the expectation, the file and the rows."""

import hashlib

import pytest
from openpyxl import Workbook

from tests.quality.conftest import pdf

KEY = hashlib.sha256(b"company 7").hexdigest()[:32]
EMAIL = "jane.doe@example.org"
FIGURES, TEXT, PAGES = "release/public, figures", "release/public, all text", "release/public, pages"

SQL_ROUNDS = (
    {
        "a company key in a public table": (
            "ALTER TABLE pub_stopover ADD COLUMN company_key VARCHAR",
            "No public table has a column that is internal or personal",
            "release/public, columns",
            "is_internal",
            {"file": "public/pub_stopover.csv", "column_name": "company_key"},
        ),
        "a company key under another name": (
            "UPDATE pub_stopover SET city = company_key(7)",
            "No public table holds a company key",
            TEXT,
            "company_keys",
            {"table_name": "public/pub_stopover.parquet", "column_name": "city", "example": f"{KEY[:8]}…"},
        ),
        "an e-mail in a public table": (
            f"UPDATE pub_training_offer SET title_fr = 'Anglais ({EMAIL})'",
            "No public table holds an e-mail address",
            TEXT,
            "emails",
            {"table_name": "public/pub_training_offer.csv", "example": "Anglais ([e-mail])"},
        ),
        "a figure of nine respondents": (
            "UPDATE pub_innovation_export SET n = 9 WHERE domain = '250+' AND edition = 'tour_2019'",
            "A published figure stands on 10 respondents at least",
            FIGURES,
            "has_respondents_enough",
            {
                "file": "public/pub_innovation_export.parquet",
                "edition": "tour_2019",
                "domain": "250+",
                "n": 9,
            },
        ),
        "a blank that leaves its count": (
            "UPDATE pub_participation SET n = NULL, value = NULL, weighted_n = NULL, se = NULL, "
            "ci_low = NULL, ci_high = NULL, cv = NULL, flag = 'unreliable', reason = 'low_n' "
            "WHERE domain = '250+'",
            "A hidden figure leaves no number behind",
            FIGURES,
            "blank_is_blank",
            {"file": "public/pub_participation.parquet", "domain": "250+"},
        ),
        "a figure flagged secret that is told": (
            "UPDATE pub_competence_need SET flag = 'secret', reason = 'statistical_secrecy' WHERE domain = '250+'",
            "A figure is blank exactly when its flag says so",
            FIGURES,
            "blank_is_flagged",
            {"domain": "250+", "value": 0.5, "flag": "secret"},
        ),
        "an internal table in public": (
            "CREATE TABLE pub_everything AS FROM fct_response",
            "No public table has a column that is internal or personal",
            "release/public, columns",
            "is_internal",
            {"file": "public/pub_everything.parquet", "column_name": "respondent_id"},
        ),
    },
    {
        "a figure of nobody knows how many": (
            "UPDATE pub_innovation_export SET n = NULL WHERE domain = '250+'",
            "A published figure stands on 10 respondents at least",
            FIGURES,
            "has_respondents_enough",
            {"domain": "250+", "n": None, "value": 0.5},
        ),
        "a blank that leaves its interval": (
            "UPDATE pub_competence_need SET value = NULL, flag = 'unreliable', reason = 'low_n' "
            "WHERE domain = '250+'",
            "A hidden figure leaves no number behind",
            FIGURES,
            "blank_is_blank",
            {"domain": "250+", "value": None, "ci_low": 0.4},
        ),
    },
)

FILE_FAULTS = {
    "a missing file": (
        lambda folder: (folder / "public/pub_domain.csv").unlink(),
        "Every file of the manifest is there",
        "release",
        "sha256",
        {"path": "public/pub_domain.csv", "sha256": None},
    ),
    "an empty file": (
        lambda folder: (folder / "public/report.fr.html").write_bytes(b""),
        "Every file of a release is there, and not empty",
        "release",
        "bytes",
        {"path": "public/report.fr.html", "bytes": 0},
    ),
    "a changed file": (
        lambda folder: (folder / "internal/dictionary.csv").write_text("other\n"),
        "Every file is as the manifest says",
        "release",
        "sha256, manifest_sha256",
        {"path": "internal/dictionary.csv", "bytes": 6},
    ),
    "a file nobody listed": (
        lambda folder: (folder / "public/notes.txt").write_text("notes"),
        "Every file is listed in the manifest",
        "release",
        "manifest_sha256",
        {"path": "public/notes.txt", "manifest_sha256": None},
    ),
    "rows lost in a CSV": (
        lambda folder: _without_last_line(folder / "public/pub_competence.csv"),
        "Every table has the rows that the manifest says, in database, Parquet and CSV",
        "release, tables",
        "rows, manifest_rows",
        {"table_name": "pub_competence", "file": "public/pub_competence.csv", "rows": 1, "manifest_rows": 2},
    ),
}

PAGE_ROUNDS = (
    {
        "an English report under a French name": (
            lambda folder: (folder / "public/report.fr.html").write_text(
                (folder / "public/report.en.html").read_text()
            ),
            "A page is in the language that its name says",
            PAGES,
            "language_is_that_of_its_name",
            {"path": "public/report.fr.html", "language": "en"},
        ),
        "an e-mail on a page": (
            lambda folder: _edit(folder / "public/report.en.html", "word", EMAIL),
            "No page holds an e-mail address",
            PAGES,
            "emails",
            {"path": "public/report.en.html", "emails": 500},
        ),
        "a key in the data of a chart": (
            lambda folder: _edit(
                folder / "public/report.en.html", "</body>", f"<script>['{KEY}']</script></body>"
            ),
            "No page holds a company key",
            PAGES,
            "company_keys",
            {"path": "public/report.en.html", "company_keys": 1},
        ),
        "a page without text": (
            lambda folder: (folder / "public/dictionary.html").write_text("<html lang=en>Dictionary</html>"),
            "A page has a text",
            PAGES,
            "letters",
            {"path": "public/dictionary.html", "letters": 10},
        ),
        "a file that is no public one": (
            lambda folder: (folder / "public/dim_company.parquet").write_text("notes"),
            "The public folder holds public tables, their descriptions, the pages and the explorer alone",
            "release",
            "may_be_public",
            {"path": "public/dim_company.parquet"},
        ),
    },
    {
        "no French report": (
            lambda folder: (folder / "public/report.fr.html").unlink(),
            "Every file of a release is there, and not empty",
            "release",
            "bytes",
            {"path": "public/report.fr.html", "bytes": 0},
        ),
        "an e-mail in the metadata": (
            lambda folder: _edit(folder / "public/datapackage.json", "Skills Bank", EMAIL),
            "No workbook or metadata file holds an e-mail address",
            "release/public, workbook and metadata",
            "emails",
            {"path": "public/datapackage.json", "emails": 1},
        ),
        "a company key in the workbook": (
            lambda folder: _write_workbook(folder / "public/skills_bank.xlsx", KEY),
            "No workbook or metadata file holds a company key",
            "release/public, workbook and metadata",
            "company_keys",
            {"path": "public/skills_bank.xlsx", "company_keys": 1},
        ),
        "an e-mail in a PDF": (
            lambda folder: (folder / "public/report.en.pdf").write_bytes(
                pdf("en", EMAIL.replace("@", "\\@"))
            ),
            "No page holds an e-mail address",
            PAGES,
            "emails",
            {"path": "public/report.en.pdf", "emails": 1},
        ),
        "a PDF in the other language": (
            lambda folder: (folder / "public/report.fr.pdf").write_bytes(pdf("en")),
            "A page is in the language that its name says",
            PAGES,
            "language_is_that_of_its_name",
            {"path": "public/report.fr.pdf"},
        ),
        "a report that keeps quiet about the simulation": (
            lambda folder: _edit(folder / "public/report.en.html", "Simulated", "Real"),
            "A report on simulated data says so",
            PAGES,
            "simulated_is_said",
            {"path": "public/report.en.html"},
        ),
    },
)


COLUMNS = "release/public, columns"
OPEN = "Every public column may be published under Licence Ouverte 2.0"
LICENCE_ROUNDS = (
    {
        "a column under ODbL, which wants the whole to be under it": (
            lambda folder: _relicense(folder, "pub_stopover,city,tour", "odbl-1.0"),
            OPEN,
            COLUMNS,
            "licence",
            {"file": "public/pub_stopover.csv", "column_name": "city", "licence": "odbl-1.0"},
        ),
        "a column of unknown source": (
            lambda folder: _edit(folder / DICTIONARY, "pub_edition,year,survey", "pub_edition,year,"),
            "Every public column says where it comes from",
            COLUMNS,
            "source",
            {"file": "public/pub_edition.parquet", "column_name": "year", "source": None},
        ),
        "a column without a licence": (
            lambda folder: _relicense(folder, "pub_domain,position,computed", ""),
            "Every public column has a licence",
            COLUMNS,
            "licence",
            {"file": "public/pub_domain.csv", "column_name": "position", "licence": None},
        ),
    },
    {
        "a column that may not be passed on": (
            lambda folder: _relicense(folder, "pub_training_offer,hours,training", "no-redistribution"),
            OPEN,
            COLUMNS,
            "licence",
            {"file": "public/pub_training_offer.parquet", "licence": "no-redistribution"},
        ),
        "a table that the dictionary forgot": (
            lambda folder: _edit(folder / DICTIONARY, "pub_competence,", "pub_forgotten,"),
            "Every public column says where it comes from",
            COLUMNS,
            "source",
            {"file": "public/pub_competence.csv", "column_name": "competence_code", "source": None},
        ),
    },
    {
        "a column whose source wants ODbL whatever the column says": (
            lambda folder: _relicense(folder, "pub_territory,name,geography", "odbl-1.0 AND etalab-2.0"),
            OPEN,
            COLUMNS,
            "licence",
            {"file": "public/pub_territory.csv", "licence": "odbl-1.0 AND etalab-2.0"},
        ),
        "an internal column": (
            lambda folder: _relicense(folder, "pub_indicator,label_fr,computed", "internal"),
            OPEN,
            COLUMNS,
            "licence",
            {"file": "public/pub_indicator.csv", "column_name": "label_fr", "licence": "internal"},
        ),
    },
    {
        "a release without its dictionary": (
            lambda folder: (folder / DICTIONARY).unlink(),
            "Every public column has a licence",
            COLUMNS,
            "licence",
            {"licence": None},
        ),
    },
)
DICTIONARY = "public/dictionary.csv"


def _relicense(folder, row, licence):
    path = folder / DICTIONARY
    assert f"\n{row},etalab-2.0\n" in path.read_text()
    _edit(path, f"\n{row},etalab-2.0\n", f"\n{row},{licence}\n")


def _edit(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def _write_workbook(path, text):
    workbook = Workbook()
    workbook.active.append([text])
    workbook.save(path)


def _without_last_line(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize("faults", SQL_ROUNDS)
def test_tables_that_must_not_leave_are_stopped(faults, release, tmp_path, stopped):
    release.faults = [sql for sql, *_ in faults.values()]
    text = stopped("release", release.context(tmp_path), faults)
    assert KEY not in text
    assert EMAIL not in text


def test_files_that_differ_from_the_manifest_are_stopped(release, tmp_path, stopped):
    release.later(lambda folder: [change(folder) for change, *_ in FILE_FAULTS.values()])
    stopped("release", release.context(tmp_path), FILE_FAULTS)


@pytest.mark.parametrize("faults", LICENCE_ROUNDS)
def test_columns_whose_licence_is_not_open_are_stopped(faults, release, tmp_path, stopped):
    release.earlier(lambda folder: [change(folder) for change, *_ in faults.values()])
    stopped("release", release.context(tmp_path), faults)


@pytest.mark.parametrize("faults", PAGE_ROUNDS)
def test_pages_that_must_not_leave_are_stopped(faults, release, tmp_path, stopped):
    release.earlier(lambda folder: [change(folder) for change, *_ in faults.values()])
    text = stopped("release", release.context(tmp_path), faults)
    assert KEY not in text
    assert EMAIL not in text
