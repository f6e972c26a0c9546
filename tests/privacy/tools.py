"""Marked exports of the survey tools other than LimeSurvey: whom each of them names beside the answers, and where."""

import csv
import io
import json

import openpyxl

CODEBOOK = """\
edition: {edition}
year: 2026
title: {{fr: "Enquête marquée (données simulées)", en: "Marked survey (simulated data)"}}
status: open
simulated: true
has_frame: false
timezone: Europe/Paris
languages: [fr]
retention_months: 36
complete_when: submitted
exports:
  - {{source: tool, files: "*", format: {format}{more}}}
questions:
  - {{code: SIREN, kind: siren, variable: siren, personal: true, label: {{fr: "SIREN", en: "SIREN number"}}}}
  - {{code: RAISON, kind: text, variable: company_name, personal: true, label: {{fr: "Nom", en: "Company"}}}}
  - {{code: MAIL, kind: text, variable: contact_email, personal: true, label: {{fr: "Adresse", en: "Address"}}}}
  - {{code: COMMUNE, kind: text, variable: commune_code, label: {{fr: "Commune", en: "Municipality"}}}}
  - {{code: MANQUE, kind: long_text, variable: missing_skills, label: {{fr: "Manque", en: "Missing"}}}}
  - code: EXPORT
    kind: yes_no
    variable: exports
    answer_labels: {{Y: Oui, N: Non}}
    label: {{fr: "Exporte", en: "Exports"}}
  - code: EFFECTIF
    kind: single
    variable: headcount_band
    values: {{E10: 10-49, E50: 50-249}}
    label: {{fr: "Effectif", en: "Headcount"}}
"""
QUESTIONS = ("SIREN", "RAISON", "MAIL", "COMMUNE", "MANQUE", "EXPORT", "EFFECTIF")
PLAIN = ", columns: {submitdate: Saisie le}, ignored: [Saisi par], dates: '%d/%m/%Y', complete_when: {every_row: true}"
NAMES = {
    "surveymonkey": "réponses.csv",
    "qualtrics": "qualtrics.csv",
    "google_forms": "Formulaire sans titre.csv",
    "microsoft_forms": "Formulaire.xlsx",
    "kobo": "enquete.csv",
    "plain": "papier.csv",
}
# What each tool writes before the answers: a heading, and for the number of a response its cell.
BEFORE = {
    "surveymonkey": {
        "Respondent ID": lambda n: str(118_012_345 + n),
        "Collector ID": lambda n: "41",
        "Start Date": lambda n: "07/19/2024 02:10:34 PM",
        "End Date": lambda n: "07/19/2024 02:15:00 PM",
        "IP Address": lambda n: f"203.0.113.{n % 250}",
        "Email Address": lambda n: f"zqinvite{n}@zqexample.org",
        "First Name": lambda n: f"Zqprenom{n}",
        "Last Name": lambda n: "Zqpersonne",
        "Custom Data 1": lambda n: f"zqtoken{n}",
    },
    "qualtrics": {
        "StartDate": lambda n: "2024-07-19 08:00:00",
        "EndDate": lambda n: "2024-07-19 08:05:00",
        "IPAddress": lambda n: f"203.0.113.{n % 250}",
        "Finished": lambda n: "1",
        "RecordedDate": lambda n: "2024-07-19 08:05:01",
        "ResponseId": lambda n: f"R_{n}abc",
        "RecipientLastName": lambda n: "Zqpersonne",
        "RecipientFirstName": lambda n: f"Zqprenom{n}",
        "RecipientEmail": lambda n: f"zqinvite{n}@zqexample.org",
        "ExternalReference": lambda n: f"zqtoken{n}",
        "UserLanguage": lambda n: "FR",
    },
    "google_forms": {
        "Horodateur": lambda n: f"2024/07/19 2:10:{n % 60:02} PM GMT+2",
        "Adresse e-mail": lambda n: f"zqinvite{n}@zqexample.org",
    },
    "microsoft_forms": {
        "Id": str,
        "Start time": lambda n: "2024-07-19 14:10:34",
        "Completion time": lambda n: "2024-07-19 14:15:00",
        "Email": lambda n: f"zqinvite{n}@zqexample.org",
        "Name": lambda n: f"Zqprenom{n} Zqpersonne",
    },
    "kobo": {
        "start": lambda n: "2024-07-19T05:40:39.000-04:00",
        "end": lambda n: "2024-07-19T05:41:13.000-04:00",
        "deviceid": lambda n: f"zqtoken{n}",
        "username": lambda n: f"zqpersonne{n}",
        "phonenumber": lambda n: "0699887766",
        "_id": str,
        "_uuid": lambda n: f"48583952-1892-4931-8d9c-{n:012}",
        "_submission_time": lambda n: "2024-07-19T09:41:19",
        "_submitted_by": lambda n: f"zqpersonne{n}",
        "_notes": lambda n: f"rappeler zqlibre{n}@zqexample.org",
    },
    "plain": {
        "Saisi par": lambda n: f"Zqpersonne {n}",
        "Saisie le": lambda n: "19/07/2024",
    },
}


def codebook(export_format: str, edition: str) -> str:
    """The codebook of an edition that takes this format."""
    more = PLAIN if export_format == "plain" else ""
    return CODEBOOK.format(edition=edition, format=export_format, more=more)


def export(export_format: str, answers: list[dict[str, str]], first: int) -> bytes:
    """The file that a tool would give with these answers; ``first`` numbers the first response."""
    before = BEFORE[export_format]
    headings = [*before, *QUESTIONS]
    rows = [
        [*(cell(first + place) for cell in before.values()), *(answer[name] for name in QUESTIONS)]
        for place, answer in enumerate(answers)
    ]
    match export_format:
        case "surveymonkey":
            second = [""] * len(before) + ["Open-Ended Response"] * len(QUESTIONS)
            return _csv([headings, second, *rows]).encode("cp1252")
        case "qualtrics":
            ids = [json.dumps({"ImportId": name}) for name in headings]
            return _csv([headings, headings, ids, *rows]).encode()
        case "google_forms":
            return _csv([headings, *rows], quoting=csv.QUOTE_ALL).encode()
        case "microsoft_forms":
            book, file = openpyxl.Workbook(), io.BytesIO()
            for row in (headings, *rows):
                book.active.append(row)
            book.properties.creator = "Zqauteur Marque"
            book.save(file)
            return file.getvalue()
        case "kobo":
            return _csv([headings, *rows], delimiter=";", quoting=csv.QUOTE_ALL).encode()
    return _csv([headings, *rows], delimiter=";").encode("cp1252")


def _csv(rows, **how) -> str:
    text = io.StringIO()
    csv.writer(text, **how).writerows(rows)
    return text.getvalue()
