"""The gate of the archive stops spoiled data, and names the expectation, the table and the rows."""

import pytest
from stdnum.luhn import calc_check_digit

EMAIL = "jane.doe@example.org"
ARCHIVE = "archive"
SIRENS = [f"{stem}{calc_check_digit(str(stem))}" for stem in range(99900000, 99900100)]
EXPORTS = "archive, latest files, all text"
ROUNDS = (
    {
        "a file cut off": (
            lambda w: w.later(lambda data: data.write_bytes(data.read_bytes()[:-9])),
            "Every archived file has the size that its sidecar says",
            ARCHIVE,
            "has_its_bytes",
            {"feed": "tour_2019"},
        ),
    },
    {
        "a file gone": (
            lambda w: w.later(lambda data: data.unlink()),
            "Every archived file is there",
            ARCHIVE,
            "found_bytes",
            {"feed": "tour_2019", "found_bytes": None},
        ),
        "half the rows of last week": (
            lambda w: w.count_before(**{"archive__limesurvey/tour_2019": 200}),
            "The number of rows is near that of the last release",
            "archive, row counts",
            "ratio",
            {"rows": 100},
        ),
    },
    {
        "other bytes of the same size": (
            lambda w: w.later(lambda data: data.write_bytes(data.read_bytes()[::-1])),
            "The latest file of each feed has the content that its sidecar says",
            ARCHIVE,
            "has_its_content",
            {"feed": "tour_2019"},
        ),
    },
    {
        "a sidecar that is no JSON": (
            lambda w: w.later(lambda data: data.with_name(f"{data.name}.json").write_text("{")),
            "Every sidecar of the archive can be read",
            ARCHIVE,
            "fault",
            {"feed": "tour_2019"},
        ),
    },
    {
        "rows lost at intake": (
            lambda w: w.facts.update(rows=140),
            "The latest file of each feed has as many rows as the original",
            ARCHIVE,
            "has_its_rows",
            {"rows": 140, "found_rows": 100},
        ),
        "many rejected rows": (
            lambda w: w.facts.update(rejected=28),
            "Few rows of an export were rejected",
            "archive, latest exports",
            "rejected_share",
            {"rejected_share": 0.2},
        ),
        "an e-mail left in": (
            lambda w: w.columns.update(MANQUE=[EMAIL, *["soudure"] * 99]),
            "No archived file holds an e-mail address",
            EXPORTS,
            "emails",
            {"column_name": "MANQUE", "emails": 1, "example": "[e-mail]"},
        ),
        "an address left in": (
            lambda w: w.columns.update(ipaddr=["192.0.2.7"] * 100),
            "No archived file holds an IP address",
            EXPORTS,
            "ip_addresses",
            {"column_name": "ipaddr"},
        ),
        "a column of SIREN left in": (
            lambda w: w.columns.update(Q01=SIRENS),
            "No column of an archived file is one of SIREN or SIRET",
            EXPORTS,
            "siren_share",
            {"column_name": "Q01", "siren_share": 1},
        ),
    },
    {
        "a key in another column": (
            lambda w: w.columns.update(MANQUE=w.columns["company_key"]),
            "Company keys are in the column company_key alone",
            EXPORTS,
            "stray_company_keys",
            {"column_name": "MANQUE"},
        ),
        "no key at all": (
            lambda w: w.columns.pop("company_key"),
            "An archived export has the column company_key",
            EXPORTS,
            "has_company_key",
            {"column_name": "MANQUE"},
        ),
    },
)


@pytest.mark.parametrize("faults", ROUNDS)
def test_a_spoiled_archive_is_stopped(faults, archived, tmp_path, stopped):
    for spoil, *_ in faults.values():
        spoil(archived)
    text = stopped("collected", archived.context(tmp_path), faults)
    assert EMAIL not in text
    assert "192.0.2.7" not in text
    assert SIRENS[0] not in text
