"""A frame from one CSV file or from SKOS."""

import pytest

from orchestration.errors import FrameError
from orchestration.frame import import_frame, load, save
from orchestration.settings import PROJECT

SKOS = PROJECT / "tests" / "fixtures" / "frame" / "institute.rdf"
CSV = """code;family;label_fr;label_en;definition_fr;definition_en;synonyms_fr;acronyms;esco_close;level1_fr;level1_en
ICE-1;innovation;Veille;Watch;Suivre.;Follow.;veille technologique|veille;VT;http://data.europa.eu/esco/skill/x;Lire.;Read.
ICE-2;management;Lean;Lean;Améliorer.;Improve.;;5S|PDCA;;;
"""


def test_one_csv_file_makes_a_frame(frame, tmp_path):
    path = tmp_path / "institute.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    made = import_frame(path, frame.heading)
    assert [one.code for one in made.competences] == ["ICE-1", "ICE-2"]
    assert {one.valid_from for one in made.competences} == {frame.heading.valid_from}
    assert [(name.kind, name.text) for name in made.names] == [
        ("synonym", "veille technologique"), ("synonym", "veille"), ("acronym", "VT"), ("acronym", "5S"),
        ("acronym", "PDCA"),
    ]  # fmt: skip
    assert [(link.relation, link.target) for link in made.links] == [
        ("close", "http://data.europa.eu/esco/skill/x")
    ]
    save(made, tmp_path / "frame")
    assert load(tmp_path / "frame") == made


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ICE-2;management", "ICE-2;managment", "no family 'managment'"),
        ("ICE-2;management;Lean", "ICE-2;management;", "line 3: the column 'label_fr' is empty"),
        ("ICE-2;", "ICE-1;", "line 3, column 'code': the code 'ICE-1' stands twice"),
        ("code;family", "kode;family", "lacks the column 'code'"),
        ("synonyms_fr", "synonyme", "has unknown the column 'synonyme'"),
    ],
)
def test_faults_of_a_csv_file_are_told(frame, tmp_path, old, new, said):
    path = tmp_path / "institute.csv"
    path.write_text(CSV.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FrameError) as fault:
        import_frame(path, frame.heading)
    assert said in str(fault.value)


def test_skos_makes_a_frame(frame):
    made = import_frame(SKOS, frame.heading)
    old, new = made.competences
    assert (old.code, old.family, str(old.valid_from), str(old.valid_to)) == (
        "ICE-1", "innovation", "2019-01-01", "2026-01-01",
    )  # fmt: skip
    assert (new.code, new.label_fr, new.replaces, new.valid_to) == (
        "ICE-2",
        "Veille et brevets",
        ("ICE-1",),
        None,
    )
    assert [(name.kind, name.language, name.text) for name in made.names] == [
        ("synonym", "fr", "veille technologique"),
        ("acronym", None, "VT"),
        ("example", "en", "knowing what competitors do"),
    ]
    assert [(link.scheme, link.relation, link.target) for link in made.links] == [
        ("rome4", "exact", "100023"),
        ("esco", "close", "http://data.europa.eu/esco/skill/7a17d7ce-01a2-4746-bbcc-22ffe22fa16e"),
    ]


def test_xml_that_is_broken_or_hostile_is_refused(frame, tmp_path):
    path = tmp_path / "frame.rdf"
    path.write_text(SKOS.read_text()[:-20])
    with pytest.raises(FrameError, match="cannot be read as RDF/XML"):
        import_frame(path, frame.heading)
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(FrameError, match="cannot be read as RDF/XML"):
        import_frame(path, frame.heading)


def test_a_concept_without_code_is_refused_by_its_number(frame, tmp_path):
    path = tmp_path / "frame.rdf"
    path.write_text(SKOS.read_text().replace("<skos:notation>ICE-2</skos:notation>", ""))
    with pytest.raises(FrameError, match="concept 3: the column 'code'"):
        import_frame(path, frame.heading)
