"""The pages that say what the tables are: lineage, dbt's own page, the dictionary."""

from __future__ import annotations

import json
import re

import pytest

from orchestration.publication.pack.lineage import read_graph


@pytest.fixture(scope="module")
def candidate(tmp_path_factory, made):
    return made.workshop(tmp_path_factory.mktemp("documentation")).candidate()


def test_the_lineage_page_shows_all_that_a_public_table_is_made_from(tmp_path, candidate):
    nodes = {
        "source.lake.answers": ("source", "answers", []),
        "model.stg_answers": ("model", "stg_answers", ["source.lake.answers"]),
        "model.stg_other": ("model", "stg_other", []),
        "seed.codes": ("seed", "codes", []),
        "model.dim_edition": ("model", "dim_edition", ["model.stg_answers", "seed.codes"]),
        "model.pub_edition": ("model", "pub_edition", ["model.dim_edition"]),
    }
    path = tmp_path / "manifest.json"
    said = {
        code: {
            "resource_type": kind, "name": name, "source_name": "lake", "description": f"About {name}.",
            "depends_on": {"nodes": parents},
        }
        for code, (kind, name, parents) in nodes.items()
    }  # fmt: skip
    sources = {code: node for code, node in said.items() if node["resource_type"] == "source"}
    others = {code: node for code, node in said.items() if code not in sources}
    path.write_text(json.dumps({"nodes": others, "sources": sources}))
    graph = read_graph(path)
    assert graph["dim_edition"].parents == ("codes", "stg_answers")
    assert graph["lake.answers"].children == ("stg_answers",)
    assert [node.layer for node in graph.values()] == [
        "seeds", "marts", "sources", "publishable", "staging", "staging",
    ]  # fmt: skip
    page = (candidate.folder / "internal" / "lineage.html").read_text(encoding="utf-8")
    assert page.count('<svg class="lineage"') == len(
        [name for name in candidate.manifest.tables if name.startswith("pub_")]
    )
    assert not re.search(r"(?:src|href)=[\"']https?:", page)


def test_the_page_of_dbt_names_no_machine(candidate):
    page = (candidate.folder / "internal" / "dbt_docs.html").read_text(encoding="utf-8")
    assert "The questionnaire campaigns, for readers of the published figures." in page
    assert "a-machine-of-one" not in page


def test_the_dictionary_has_the_questions_of_each_edition(candidate):
    for room in ("internal", "public"):
        page = (candidate.folder / room / "dictionary.html").read_text(encoding="utf-8")
        asked = re.findall(r'<tr><th scope="row"><code>INNO</code></th>.*?</tr>', page)
        assert len(asked) == 2
        for row in asked:
            assert 'What is your sector?<br><span lang="fr">Quel est votre secteur ?</span>' in row
            assert "<td>innovation</td><td>product, process</td><td>yes, no</td>" in row
