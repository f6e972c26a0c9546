"""A deployment's own rules of secrecy: stricter than the law, never laxer."""

from pathlib import Path

import pytest

from orchestration.disclosure import Rules
from orchestration.disclosure.house_rules import read_rules
from orchestration.errors import GateError
from orchestration.settings import Settings


def test_the_project_s_own_rules_are_the_lawful_defaults(tmp_path: Path):
    assert read_rules(Settings().reference / "secrecy.yaml") == Rules() == read_rules(tmp_path / "none.yaml")


def test_rules_may_be_stricter(tmp_path: Path):
    (tmp_path / "secrecy.yaml").write_text("minimum_contributors: 5\ndominance: 0.8\n")
    assert read_rules(tmp_path / "secrecy.yaml") == Rules(minimum_contributors=5, dominance=0.8)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("minimum_contributors: 2", "minimum_contributors"),
        ("dominance: 0.9", "dominance"),
        ("frequency_protection: 0.05", "frequency_protection"),
        ("minimum: 3", "minimum"),
        ("minimum_contributors: 3.5", "minimum_contributors"),
        ("- 3", "the file"),
        ("a: [", "the file"),
    ],
)
def test_a_laxer_or_unknown_rule_is_refused_by_name(tmp_path: Path, text: str, named: str):
    (tmp_path / "secrecy.yaml").write_text(text)
    with pytest.raises(GateError, match=rf"secrecy\.yaml: {named}: .* not laxer"):
        read_rules(tmp_path / "secrecy.yaml")
