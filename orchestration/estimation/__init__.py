"""Weights, figures and their uncertainty: pure computation on tables. Belongs here: the statistics that
docs/methodology.md describes. Does not: secrecy (disclosure) and Dagster (assets.py alone)."""
