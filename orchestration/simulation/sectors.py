"""The industrial sectors of the simulated population. Belongs here: NAF rev. 2 codes, their frequency and
leanings. Does not: anything drawn at random."""

from __future__ import annotations

from typing import NamedTuple


class Division(NamedTuple):
    """A NAF division: its share of companies (in thousandths), leanings (log-odds) and some of its
    sub-classes."""

    share: int
    innovation: float
    export: float
    size: float
    codes: tuple[str, ...]


def _division(share: int, innovation: float, export: float, size: float, codes: str) -> Division:
    return Division(share, innovation, export, size, tuple(codes.split()))


# Shares follow the order of INSEE's counts by division, craft bakeries left out; leanings are ours.
DIVISIONS = (
    _division(8, -0.6, -0.6, 0.1, "08.11Z 08.12Z 08.99Z"),
    _division(95, -0.1, 0.1, 0.3, "10.13A 10.20Z 10.39A 10.51C 10.71A 10.72Z 10.82Z 10.85Z 10.89Z 10.91Z"),
    _division(30, -0.1, 0.9, -0.2, "11.01Z 11.02A 11.02B 11.05Z 11.07A 11.07B"),
    _division(35, 0.1, 0.6, -0.1, "13.10Z 13.20Z 13.30Z 13.92Z 13.95Z 13.96Z 13.99Z"),
    _division(40, -0.3, 0.5, -0.4, "14.12Z 14.13Z 14.14Z 14.19Z 14.39Z"),
    _division(20, -0.1, 0.9, 0.0, "15.11Z 15.12Z 15.20Z"),
    _division(75, -0.4, -0.4, -0.2, "16.10A 16.21Z 16.23Z 16.24Z 16.29Z"),
    _division(14, 0.0, 0.3, 0.7, "17.12Z 17.21A 17.21B 17.22Z 17.29Z"),
    _division(70, -0.3, -0.6, -0.4, "18.12Z 18.13Z 18.14Z"),
    _division(35, 0.8, 0.8, 0.5, "20.14Z 20.16Z 20.30Z 20.41Z 20.42Z 20.53Z 20.59Z"),
    _division(5, 1.1, 1.1, 1.1, "21.10Z 21.20Z"),
    _division(45, 0.3, 0.2, 0.7, "22.19Z 22.21Z 22.22Z 22.23Z 22.29A 22.29B"),
    _division(55, -0.3, -0.4, 0.0, "23.12Z 23.19Z 23.32Z 23.49Z 23.61Z 23.63Z 23.70Z"),
    _division(12, 0.2, 0.5, 0.9, "24.10Z 24.20Z 24.42Z 24.51Z 24.53Z 24.54Z"),
    _division(
        150, 0.0, -0.2, 0.3, "25.11Z 25.12Z 25.50A 25.50B 25.61Z 25.62A 25.62B 25.73A 25.73B 25.94Z 25.99B"
    ),
    _division(28, 1.2, 0.9, 0.3, "26.11Z 26.12Z 26.30Z 26.51A 26.51B 26.60Z 26.70Z"),
    _division(22, 0.8, 0.6, 0.4, "27.11Z 27.12Z 27.32Z 27.33Z 27.40Z 27.90Z"),
    _division(
        50, 0.7, 0.6, 0.4, "28.12Z 28.13Z 28.14Z 28.22Z 28.25Z 28.29A 28.29B 28.30Z 28.41Z 28.93Z 28.99B"
    ),
    _division(16, 0.4, 0.1, 0.6, "29.10Z 29.20Z 29.31Z 29.32Z"),
    _division(12, 0.6, 0.5, 0.4, "30.11Z 30.12Z 30.20Z 30.30Z 30.91Z 30.92Z"),
    _division(55, -0.2, -0.2, -0.4, "31.01Z 31.02Z 31.03Z 31.09A 31.09B"),
    _division(65, 0.2, 0.4, -0.6, "32.12Z 32.20Z 32.30Z 32.40Z 32.50A 32.50B 32.99Z"),
    _division(110, -0.2, -0.6, 0.0, "33.11Z 33.12Z 33.14Z 33.15Z 33.16Z 33.19Z 33.20A 33.20B 33.20C 33.20D"),
    _division(25, -0.1, -1.2, -0.8, "35.11Z 35.14Z 35.30Z"),
    _division(28, -0.3, -0.8, 0.2, "36.00Z 37.00Z 38.11Z 38.21Z 38.31Z 38.32Z 39.00Z"),
)
