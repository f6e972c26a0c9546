"""The frame that is shipped, its files' faults, and its checks."""

from datetime import date

import pytest

from orchestration.codebook import VARIABLES, load_variables
from orchestration.errors import FrameError
from orchestration.frame import check, load, read_esco, read_rome, recode_codes, save
from orchestration.settings import PROJECT


def test_the_frame_shipped_is_whole(frame):
    assert check(frame, {}) == []
    assert 55 <= len(frame.competences) <= 70
    assert {one.family for one in frame.competences} == set(frame.heading.families)
    names = {(name.kind, name.text) for name in frame.names}
    for acronym in ("PI", "R&D", "ADV", "VIE", "CIR"):
        assert ("acronym", acronym) in names
    assert {("synonym", "incoterms"), ("synonym", "lean")} <= names


def test_the_frame_keeps_the_codes_of_past_questionnaires(frame):
    """Their codes are in use, so that past answers are counted as they were given."""
    past = load_variables(PROJECT / "data" / "codebooks" / VARIABLES).lists["competences"]
    assert len(past) == 20
    assert {one.comparability for one in recode_codes(past, frame).values()} == {"identical"}


def test_every_link_leads_to_esco_or_rome(frame, shared):
    data = shared / "data"
    esco = read_esco([data / "esco" / "v1.2_fr" / "skills_fr.csv"], "1.2")
    rome = read_rome(data / "rome4")
    known = {"esco": {one.code for one in esco.concepts}, "rome4": {one.code for one in rome.concepts}}
    assert check(frame, known) == []
    assert {link.scheme for link in frame.links} == {"esco", "rome4"}
    assert {link.relation for link in frame.links} == {"exact", "close", "broader"}


def test_esco_and_rome_are_read_whole(shared):
    folder = shared / "data" / "esco"
    esco = read_esco([folder / "v1.0" / "skills_en-us.csv", folder / "v1.2_fr" / "skills_fr.csv"], "1.2")
    by_code = {one.code: one for one in esco.concepts}
    assert len(by_code) == len(esco.concepts) >= 13_485
    patents = by_code["http://data.europa.eu/esco/skill/1349751e-dfb5-492e-89af-e7d9bd2546ac"]
    assert (patents.label("fr"), patents.label("en")) == ("brevets", "patents")
    rome = read_rome(shared / "data" / "rome4")
    assert rome.version == "rome-4.60"
    assert len(rome.concepts) == 18_317 + 15_354
    assert rome.concepts[0].label("en") == "Abattre un arbre", "ROME has no English: the French one stands in"


def test_a_saved_frame_is_the_same(frame, folder, tmp_path):
    save(frame, tmp_path / "again")
    assert load(tmp_path / "again") == frame
    for path in folder.iterdir():
        if path.suffix == ".csv" or path.name == "frame.yaml":
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def change(folder, table, old, new):
    path = folder / table
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


FAULTS = [
    ("competences.csv", "INN-02,innovation", "inn 2,innovation", "line 3", "column 'code'"),
    ("competences.csv", "INN-02,innovation", "INN-01,innovation", "line 3", "stands twice"),
    ("competences.csv", "INN-02,innovation", "INN-02,inovation", "line 3", "no family 'inovation'"),
    ("competences.csv", "2012-01-01,,\n", "01/01/2012,,\n", "line 2", "a date such as"),
    ("competences.csv", "2012-01-01,,\n", "2012-01-01,2011-01-01,\n", "line 2", "before it begins"),
    ("competences.csv", "2012-01-01,,\n", "2012-01-01,,INN-02\n", "line 2", "which is not retired by then"),
    ("competences.csv", "definition_en", "definiton_en", "line 1", "lacks the column 'definition_en'"),
    ("names.csv", "INN-01,synonym,fr", "INN-99,synonym,fr", "line 2", "no competence 'INN-99'"),
    ("names.csv", "INN-01,synonym,fr", "INN-01,nickname,fr", "line 2", "holds 'nickname'"),
    ("names.csv", "INN-01,synonym,fr,", "INN-01,synonym,fr,x,", "line 2", "has 5 cells"),
    ("levels.csv", "INN-01,1,", "INN-01,5,", "line 2", "column 'level'"),
    ("levels.csv", "INN-01,2,", "INN-01,1,", "line 3", "twice"),
    ("links.csv", "INN-01,esco,close", "INN-01,esco,same", "line 2", "column 'relation'"),
    ("frame.yaml", "version: '2.0'", "version: two", "frame.yaml", "'version'"),
    ("frame.yaml", "families:", "families: [", "frame.yaml", "not valid YAML"),
]


@pytest.mark.parametrize("case", FAULTS, ids=[case[-1] for case in FAULTS])
def test_a_fault_names_file_line_and_column(folder, case):
    table, old, new, place, said = case
    change(folder, table, old, new)
    with pytest.raises(FrameError) as fault:
        load(folder)
    text = str(fault.value)
    assert place in text
    assert table in text
    assert said in text
    assert "Expected:" in text
    assert "What to do:" in text


def test_a_file_that_is_missing_or_not_utf8_is_told(folder):
    path = folder / "links.csv"
    path.write_bytes(path.read_bytes() + "é".encode("latin-1"))
    with pytest.raises(FrameError, match=r"not UTF-8 \(byte 0xe9\)"):
        load(folder)
    path.unlink()
    with pytest.raises(FrameError, match="cannot be read"):
        load(folder)


def test_check_finds_what_is_worth_a_look(folder):
    change(folder, "names.csv", "INN-01,synonym,fr,gestion de l'innovation", "INN-01,synonym,fr,Brevets !")
    change(folder, "levels.csv", "INN-02,4,", "INN-03,4,")
    text = (folder / "levels.csv").read_text().splitlines(keepends=True)
    fourth = [line for line in text if line.startswith("INN-03,4,")]
    text.remove(fourth[-1])
    (folder / "levels.csv").write_text("".join(text))
    found = check(load(folder), {"esco": {"http://data.europa.eu/esco/skill/none"}})
    assert "names: 'Brevets !' means INN-01 and INN-03: keep it in one of them" in found
    assert "levels: INN-02 has no level 4" in found
    assert any(line.startswith("links: INN-01 close http") and line.endswith("not in esco") for line in found)
    assert not any("rome4" in line for line in found), "what is not at hand is not judged"


def test_a_day_chooses_the_competences(frame):
    assert len(frame.scheme(date(2019, 5, 1)).concepts) == 20
    assert len(frame.scheme(date(2026, 5, 1)).concepts) == len(frame.competences)
