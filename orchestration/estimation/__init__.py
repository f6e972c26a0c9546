"""Weights, figures and their uncertainty: pure computation on tables. Belongs here: the statistics of
STATISTICS and of docs/methodology.md. Does not: secrecy (disclosure) and Dagster (assets.py alone)."""
