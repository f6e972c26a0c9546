"""What the report knows of each place. Belongs here: reading needs and offers by région and territory, and who stands
behind the figures. Does not: national figures (tables.py), or how any of it looks."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.publication.report.figures import MISSING, Figure, read_figure
from orchestration.publication.report.tour_tables import Rows


@dataclass(frozen=True)
class Territory:
    """An industrial territory as the reference tables know it."""

    code: str
    name: str
    region_code: str
    region: str
    communes: int | None
    population: int | None


@dataclass(frozen=True)
class Areas:
    """``needs`` is by (edition, indicator, competence, domain type, domain), ``offers`` by (domain type, domain,
    competence), ``offer_totals`` by (domain type, domain), ``bases`` (respondents, and companies that they stand for,
    behind the innovation rate) by (edition, domain type, domain)."""

    territories: tuple[Territory, ...]
    needs: dict[tuple[str, str, str, str, str], Figure]
    offers: dict[tuple[str, str, str], int]
    offer_totals: dict[tuple[str, str], int]
    bases: dict[tuple[str, str, str], tuple[int | None, float | None]]

    def need(self, edition: str, competence: str, domain_type: str, domain: str) -> Figure:
        """The share that needs a competence in one place; MISSING where there is no such row."""
        return self.needs.get((edition, "need_share", competence, domain_type, domain), MISSING)


def read_areas(rows: Rows) -> Areas:
    """Read what the public tables say by place; ``rows`` runs a query."""
    return Areas(
        territories=tuple(
            # Names are typed with the straight apostrophe; both languages print the curved one.
            Territory(code, name.replace("'", "’"), region, region_name.replace("'", "’"), *counts)
            for code, name, region, region_name, *counts in rows(
                "SELECT territory_id, coalesce(name, territory_id), coalesce(region_code, ''), "
                "coalesce(region_name, region_code, ''), communes, population "
                "FROM pub_territory ORDER BY region_name, name, territory_id"
            )
        ),
        needs={
            key: read_figure("pub_competence_need", *rest)
            for *parts, flag, value, low, high, n, comparability in rows(
                "SELECT edition, indicator, competence_code, domain_type, domain, flag, value, ci_low, ci_high, n, "
                "comparability FROM pub_competence_need WHERE indicator = 'need_share' "
                "AND domain_type IN ('region', 'territory') AND competence_code IS NOT NULL"
            )
            for key, rest in ((tuple(parts), (flag, value, low, high, n, comparability)),)
        },
        offers={
            (kind, domain, competence): number
            for kind, domain, competence, number in rows(
                "SELECT 'region', region_code, competence_code, count(*) FROM pub_training_offer_competence "
                "JOIN pub_training_offer USING (offer_id) WHERE region_code IS NOT NULL GROUP BY 2, 3 UNION ALL "
                "SELECT 'territory', territory_id, competence_code, count(*) FROM pub_training_offer_competence "
                "JOIN pub_training_offer USING (offer_id) WHERE territory_id IS NOT NULL GROUP BY 2, 3"
            )
        },
        offer_totals={
            (kind, domain): number
            for kind, domain, number in rows(
                "SELECT 'region', region_code, count(*) FROM pub_training_offer "
                "WHERE region_code IS NOT NULL GROUP BY 2 UNION ALL "
                "SELECT 'territory', territory_id, count(*) FROM pub_training_offer "
                "WHERE territory_id IS NOT NULL GROUP BY 2"
            )
        },
        bases={
            (edition, kind, domain): (n, weighted)
            for edition, kind, domain, n, weighted in rows(
                "SELECT edition, domain_type, domain, n, weighted_n FROM pub_innovation_export "
                "WHERE indicator = 'innovation_rate' AND domain_type IN ('all', 'size_class')"
            )
        },
    )
