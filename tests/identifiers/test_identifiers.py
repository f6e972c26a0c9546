"""SIREN, SIRET and company keys, against python-stdnum and the counts of a real survey."""

import hashlib
import hmac
import json
import os
import stat
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from stdnum import luhn
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from orchestration.errors import SkillsBankError
from orchestration.identifiers import CLASSES, CompanyKeys, check_siren, check_siret, siren_of

FILLING = " .\u00a0\u202f\u2009"


def classes(check, *values):
    return check(pa.array(values, pa.string())).kind.to_pylist()


def digits(size):
    return st.text("0123456789", min_size=size, max_size=size)


sirens = digits(8).map(lambda stem: stem + luhn.calc_check_digit(stem))
sirets = st.builds(lambda siren, nic: siren + nic + luhn.calc_check_digit(siren + nic), sirens, digits(4))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("404833048", "valid"),
        ("000024935", "valid"),
        ("404 833 048", "valid_after_normalisation"),
        ("404\u00a0833\u00a0048", "valid_after_normalisation"),
        ("404\u202f833\u202f048", "valid_after_normalisation"),
        ("404.833.048", "valid_after_normalisation"),
        (" 404833048\r\n", "valid_after_normalisation"),
        ("\ufeff404833048", "valid_after_normalisation"),
        ("404833047", "luhn_invalid"),
        ("404 833 047", "luhn_invalid"),
        ("73282932000074", "bad_format"),
        ("FR404833048", "bad_format"),
        ("40483304", "bad_format"),
        ("４０４８３３０４８", "bad_format"),
        ("404-833-048", "bad_format"),
        ("je ne sais pas", "bad_format"),
        ("", "empty"),
        (" \u00a0.", "empty"),
        (None, "empty"),
    ],
)
def test_siren_class(value, expected):
    assert classes(check_siren, value) == [expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("73282932000074", "valid"),
        ("732 829 320 00074", "valid_after_normalisation"),
        ("73282932000079", "luhn_invalid"),
        ("732829320", "bad_format"),
        ("35600000000048", "valid"),  # La Poste's head office keeps Luhn
        ("35600000049837", "valid"),  # one of its post offices: the digits add up to 45, not Luhn
        ("35600000049838", "luhn_invalid"),
        (None, "empty"),
    ],
)
def test_siret_class(value, expected):
    assert classes(check_siret, value) == [expected]


def test_the_post_office_example_is_one_that_luhn_refuses():
    assert not luhn.is_valid("35600000049837")
    assert sum(map(int, "35600000049837")) % 5 == 0


@given(st.one_of(sirens, st.text("0123456789" + FILLING, max_size=18)))
def test_siren_agrees_with_stdnum(text):
    checked = check_siren(pa.array([text], pa.string()))
    is_valid = checked.kind[0].as_py() in {"valid", "valid_after_normalisation"}
    bare = "".join(sign for sign in text if sign not in FILLING)
    assert is_valid == stdnum_siren.is_valid(bare)
    assert checked.number[0].as_py() == (bare if is_valid else None)
    assert (checked.kind[0].as_py() == "valid") == (is_valid and text == bare)


@given(st.one_of(sirets, digits(5).map(lambda nic: "356000000" + nic), digits(13), digits(14), digits(15)))
def test_siret_agrees_with_stdnum(text):
    checked = check_siret(pa.array([text], pa.string()))
    is_valid = checked.kind[0].as_py() == "valid"
    assert is_valid == stdnum_siret.is_valid(text)
    assert siren_of(checked.number)[0].as_py() == (text[:9] if is_valid else None)


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), sirens), max_size=30))
def test_a_column_is_checked_cell_by_cell(values):
    whole = check_siren(pa.array(values, pa.string()))
    assert len(whole.number) == len(whole.kind) == len(values)
    assert set(whole.kind.to_pylist()) <= set(CLASSES)
    assert whole.kind.to_pylist() == [classes(check_siren, value)[0] for value in values]


def test_a_slice_of_a_column_is_checked_from_its_own_start():
    column = pa.array(["404833048", "732829320", None, "404833047"]).slice(1)
    assert check_siren(column).number.to_pylist() == ["732829320", None, None]


@pytest.mark.parametrize("group", ["all_responses", "completed_responses"])
def test_classes_of_a_real_survey(group, shared):
    survey = shared / "data" / "limesurvey"
    truth = json.loads((survey / "truth.json").read_text())
    responses = [json.loads(line) for line in (survey / "truth_responses.jsonl").open()]
    if group == "completed_responses":
        responses = [one for one in responses if one["meta"]["submitdate"]]
    expected = truth[group]
    sirens = check_siren(pa.array([one["answers"].get("SIREN") for one in responses], pa.string()))
    sirets = check_siret(pa.array([one["answers"].get("SIRET") for one in responses], pa.string()))
    assert Counter(sirens.kind.to_pylist()) == expected["siren_classes"]
    assert len(set(sirens.number.to_pylist()) - {None}) == expected["siren_distinct_valid"]
    leading_zero = sum(str(one).startswith("0") for one in sirens.number.to_pylist())
    assert leading_zero == expected["siren_leading_zero_valid"]
    invalid = Counter(sirets.kind.to_pylist())
    assert invalid["luhn_invalid"] + invalid["bad_format"] == expected["siret_given_but_invalid"]


@pytest.mark.parametrize("length", [16, 64, 65, 200])
def test_key_is_the_beginning_of_an_hmac(length):
    secret = bytes(range(1, length + 1))
    keys = CompanyKeys(secret).of(pa.array(["404833048", None, "404833048"]))
    whole = hmac.new(secret, b"404833048", hashlib.sha256).hexdigest()
    assert keys.to_pylist() == [whole[:32], None, whole[:32]]


def test_secrets_give_other_keys_and_other_fingerprints():
    one, two = CompanyKeys(b"1" * 16), CompanyKeys(b"2" * 16)
    siren = pa.array(["404833048"])
    assert one.of(siren) != two.of(siren)
    assert one.fingerprint != two.fingerprint
    assert "1111" not in repr(one)


def test_short_secret_is_refused():
    with pytest.raises(SkillsBankError, match="has 7 characters") as caught:
        CompanyKeys.load(SecretStr("hunter7"), Path("unused"))
    assert "hunter7" not in str(caught.value)


def test_secret_is_made_once_and_kept_from_others(tmp_path):
    folder = tmp_path / "secrets"
    old = os.umask(0)
    try:
        made = CompanyKeys.load(None, folder)
    finally:
        os.umask(old)
    assert CompanyKeys.load(None, folder).fingerprint == made.fingerprint
    assert [path.name for path in folder.iterdir()] == ["company_key"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "company_key").stat().st_mode) == 0o600
    assert CompanyKeys.load(None, tmp_path / "other").fingerprint != made.fingerprint


def test_configured_secret_wins_and_nothing_is_written(tmp_path):
    keys = CompanyKeys.load(SecretStr("x" * 20), tmp_path)
    assert keys.fingerprint == CompanyKeys(b"x" * 20).fingerprint
    assert not list(tmp_path.iterdir())


def test_damaged_secret_is_not_replaced(tmp_path):
    (tmp_path / "company_key").write_text("")
    with pytest.raises(SkillsBankError, match="backup"):
        CompanyKeys.load(None, tmp_path)
    assert (tmp_path / "company_key").read_text() == ""
