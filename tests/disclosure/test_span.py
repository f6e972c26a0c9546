"""The span modulo a prime, against exact rational rank."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from orchestration.disclosure.span import Guards, Span


def rank(columns: list[np.ndarray]) -> int:
    return int(np.linalg.matrix_rank(np.array(columns))) if columns else 0


def determines(shown: list[np.ndarray], aim: np.ndarray) -> bool:
    return rank([*shown, aim]) == rank(shown)


systems = st.integers(2, 6).flatmap(
    lambda rows: st.tuples(
        st.lists(arrays(np.int64, rows, elements=st.integers(0, 1)), min_size=1, max_size=8),
        arrays(np.int64, rows, elements=st.integers(0, 1)),
        arrays(np.int64, rows, elements=st.integers(1, 4)),
    )
)


@given(systems)
@settings(max_examples=150, deadline=None)
def test_shows_a_column_unless_it_gives_something_away(system):
    columns, target, contributors = system
    if not target.any():
        return
    span = Span(len(target), Guards(sparse.csc_array(target[:, None].astype(float)), contributors))
    shown: list[np.ndarray] = []
    for column in columns:
        ok = safe([*shown, column], target, contributors)
        assert span.allows(np.flatnonzero(column)) == ok
        assert span.add(np.flatnonzero(column)) == ok
        if ok:
            shown.append(column)
    assert span.rank == rank(shown)


@given(systems)
@settings(max_examples=150, deadline=None)
def test_tells_what_forced_columns_give_away(system):
    columns, target, contributors = system
    span = Span(len(target), Guards(sparse.csc_array(target[:, None].astype(float)), contributors))
    for column in columns:
        span.add(np.flatnonzero(column), force=True)
    units = list(np.eye(len(target), dtype=np.int64))
    assert span.known_atoms.tolist() == [determines(columns, unit) for unit in units]
    assert bool(span.known_targets[0]) == determines(columns, target)


def safe(shown: list[np.ndarray], target: np.ndarray, contributors: np.ndarray) -> bool:
    """The rule in words: no secret sum, no group under three, nothing for a company that knows itself."""
    units = list(np.eye(len(target), dtype=np.int64))
    if determines(shown, target):
        return False
    if any(determines(shown, units[i]) for i in np.flatnonzero(contributors < 3)):
        return False
    lone = np.flatnonzero(contributors == 1)
    own_business = target.sum() == 1 and contributors[target.argmax()] == 1
    for i in lone:
        knows = [*shown, units[i]]
        if any(determines(knows, units[j]) for j in lone if j != i):
            return False
        if not own_business and determines(knows, target):
            return False
    return True
