"""Exact linear algebra modulo a prime. Belongs here: what published sums determine. Does not: choosing them.

A finest cell, or a sum of finest cells, can be computed exactly from published columns if and only if it
lies in their span. All is done modulo a prime of 31 bits: a true dependency always shows, a false one has
odds of about 2^-31 per comparison and would hide one cell too many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from orchestration.disclosure.rules import Bools, Ints

PRIME = 2_147_483_647
OTHER_PRIME = 2_147_483_629
# Below this length Python's own power is faster than sixty steps of numpy.
_FEW = 12


def inverse(values: Ints, prime: int) -> Ints:
    """Inverse modulo a prime, element by element (Fermat); 0 stays 0."""
    if len(values) < _FEW:
        return np.array([pow(value, prime - 2, prime) for value in values.tolist()], np.int64)
    result, base, exponent = np.ones_like(values), values % prime, prime - 2
    while exponent:
        if exponent & 1:
            result = result * base % prime
        base = base * base % prime
        exponent >>= 1
    return result


@dataclass(frozen=True, eq=False)
class Guards:
    """What must stay unknown.

    Attributes:
        targets: 0/1, shape (finest cells, targets): sums that must not be computable.
        contributors: respondents of each finest cell. A finest cell of fewer than ``minimum`` must not be
            computable either; nor any combination of two companies alone in theirs, since each of the two
            knows its own part; nor a target by a company alone in its finest cell. None: only the targets
            count.
        minimum: the least number of contributors. Groups that only a difference tells apart are guarded up
            to two companies, which is all that the usual minimum of 3 asks for.
    """

    targets: sparse.csc_array
    contributors: Ints | None = None
    minimum: int = 3


@dataclass(frozen=True, eq=False)
class _Pivot:
    """One step of the elimination, before it is taken: what it changes, and what that would make known."""

    row: int
    vector: Ints
    support: Ints
    touched: Ints
    weight: Ints
    shadow: Ints
    targets: Ints
    dead_targets: Bools
    atoms: Ints
    dead_atoms: Bools
    target_ratio: Ints
    atom_ratio: Ints


class Span:
    """Span of published columns, kept fully reduced, with the guarded sums reduced by it.

    Every vector is kept modulo the span, zero on the pivot rows. A guarded sum is known when it is zero,
    and two are known to each other when proportional. Proportionality is told by the ratio of random
    projections, which does not change when a vector is multiplied.
    """

    def __init__(self, rows: int, guards: Guards, prime: int = PRIME) -> None:
        self.prime, self.rows, self.guards = prime, rows, guards
        self.targets = guards.targets.shape[1]
        self.rank = 0
        self.pivot = np.full(rows, -1, np.int64)
        self._pivot_row = np.full(rows, -1, np.int64)
        self._store = np.zeros((self.targets + 64, rows), np.int64)
        self._store[: self.targets] = guards.targets.toarray().T
        self._fill = np.count_nonzero(self._store, axis=0)
        self._random = np.random.default_rng(prime).integers(1, prime, (3, rows))
        self._shadow = np.zeros((3, len(self._store)), np.int64)
        self._shadow[:, : self.targets] = self._project(self._store[: self.targets])
        self._lone_setup()

    def _lone_setup(self) -> None:
        contributors = self.guards.contributors
        self._watched = contributors is not None
        count = np.zeros(self.rows, np.int64) if contributors is None else contributors
        self._small: Bools = (count > 0) & (count < self.guards.minimum)
        self._alone: Bools = count == 1
        # A target made by one company alone is its own business: only others may not learn it.
        sizes = np.asarray(abs(self.guards.targets).sum(axis=0)).ravel()
        touched = np.asarray(self.guards.targets.T @ self._alone.astype(float)).ravel()
        self._shared: Bools = ~((sizes == 1) & (touched == 1))
        self._target_ratio = self._ratio(self._shadow[:, : self.targets])
        self._atom_ratio = self._ratio(self._random)
        self._target_dead: Bools = (self._shadow[:, : self.targets] == 0).all(axis=0)
        self._atom_dead: Bools = np.zeros(self.rows, np.bool_)

    def _project(self, vectors: Ints) -> Ints:
        """Three random projections of each row vector, shape (3, vectors)."""
        out = np.zeros((3, len(vectors)), np.int64)
        for k in range(3):
            out[k] = (vectors * self._random[k] % self.prime).sum(axis=1) % self.prime
        return out

    def _ratio(self, shadow: Ints) -> Ints:
        """A 62-bit mark, equal for proportional vectors."""
        scale = inverse(shadow[0], self.prime)
        mark: Ints = (shadow[1] * scale % self.prime) * (1 << 31) + shadow[2] * scale % self.prime
        return mark

    def residual(self, atoms: Ints) -> Ints:
        """A 0/1 column modulo the span, shape (finest cells,)."""
        out = np.zeros(self.rows, np.int64)
        out[atoms] = 1
        pivots = self.pivot[atoms]
        used = pivots[pivots >= 0]
        if len(used):
            out -= self._store[self.targets + used].sum(axis=0) % self.prime
            out[out < 0] += self.prime
        return out

    def add(self, atoms: Ints, *, force: bool = False) -> bool:
        """Publish a 0/1 column unless that makes a guarded sum known; says whether it is published.

        With ``force`` it is published in any case, whatever it makes known.
        """
        plan = self._plan(atoms)
        if plan is None:
            return True
        if not force and not self._finds_nothing(plan):
            return False
        self._commit(plan)
        return True

    def allows(self, atoms: Ints) -> bool:
        """Whether a 0/1 column could be published, which is left undone."""
        plan = self._plan(atoms)
        return plan is None or self._finds_nothing(plan)

    def _plan(self, atoms: Ints) -> _Pivot | None:
        """What publishing a column would do; None where it is determined already."""
        vector = self.residual(atoms)
        support = np.flatnonzero(vector)
        if not len(support):
            return None
        used = self.targets + self.rank
        # The row in fewest vectors: the fewer are changed, the sparser all stay.
        row = int(support[np.argmin(self._fill[support])])
        vector = vector * int(inverse(vector[[row]], self.prime)[0]) % self.prime
        touched = np.flatnonzero(self._store[:used, row])
        weight = self._store[touched, row]
        own = self._project(vector[None, :])
        shadow = (self._shadow[:, touched] - weight * own) % self.prime
        # The pivot's own finest cell is, modulo the span, minus the rest of the vector.
        own = (own - self._random[:, [row]]) % self.prime
        is_target = touched < self.targets
        atoms_touched = np.append(self._pivot_row[touched[~is_target] - self.targets], row)
        atom_shadow = np.hstack([shadow[:, ~is_target], own])
        return _Pivot(
            row,
            vector,
            support,
            touched,
            weight,
            np.hstack([shadow, own]),
            targets=touched[is_target],
            dead_targets=(shadow[:, is_target] == 0).all(axis=0),
            atoms=atoms_touched,
            dead_atoms=(atom_shadow == 0).all(axis=0),
            target_ratio=self._ratio(shadow[:, is_target]),
            atom_ratio=self._ratio(atom_shadow),
        )

    def _commit(self, plan: _Pivot) -> None:
        used = self.targets + self.rank
        block = np.ix_(plan.touched, plan.support)
        old = self._store[block]
        new = (old - plan.weight[:, None] * plan.vector[plan.support]) % self.prime
        self._store[block] = new
        self._fill[plan.support] += np.count_nonzero(new, axis=0) - np.count_nonzero(old, axis=0) + 1
        if used == len(self._store):
            grow = min(self.rows - self.rank, max(64, used // 2)) + 1
            self._store = np.vstack([self._store, np.zeros((grow, self.rows), np.int64)])
            self._shadow = np.hstack([self._shadow, np.zeros((3, grow), np.int64)])
        self._store[used] = plan.vector
        self._shadow[:, np.append(plan.touched, used)] = plan.shadow
        self.pivot[plan.row] = self.rank
        self._pivot_row[self.rank] = plan.row
        self.rank += 1
        self._target_dead[plan.targets] |= plan.dead_targets
        self._atom_dead[plan.atoms] |= plan.dead_atoms
        self._target_ratio[plan.targets] = plan.target_ratio
        self._atom_ratio[plan.atoms] = plan.atom_ratio

    def _finds_nothing(self, plan: _Pivot) -> bool:
        """True when the column would make nothing guarded known."""
        if (plan.dead_targets & ~self._target_dead[plan.targets]).any():
            return False
        if not self._watched:
            return True
        small = self._small[plan.atoms] & ~self._atom_dead[plan.atoms]
        return not (plan.dead_atoms & small).any() and not self._meet(
            plan.atoms, plan.atom_ratio, plan.targets, plan.target_ratio
        )

    def _meet(self, atoms: Ints, atom_ratio: Ints, targets: Ints, target_ratio: Ints) -> bool:
        """True when a lone company would learn another's answer, or a target, with its own."""
        lone, shared = self._alone & ~self._atom_dead, self._shared & ~self._target_dead
        new_lone, new_shared = atom_ratio[lone[atoms]], target_ratio[shared[targets]]
        lone[atoms] = False
        shared[targets] = False
        old_lone, old_shared = self._atom_ratio[lone], self._target_ratio[shared]
        against = np.concatenate([old_lone, old_shared, new_shared])
        return bool(
            len(np.unique(new_lone)) < len(new_lone)
            or np.isin(new_lone, against).any()
            or np.isin(new_shared, old_lone).any()
        )

    def give_up(self) -> None:
        """Guard no longer what forced columns have made known: hiding more would not bring it back."""
        for first, other, is_target in self.known_to_each_other():
            self._alone[first] = False
            if is_target:
                self._shared[other] = False
            else:
                self._alone[other] = False

    @property
    def known_targets(self) -> Bools:
        """Targets that the published columns determine."""
        return self._target_dead.copy()

    @property
    def known_atoms(self) -> Bools:
        """Finest cells that the published columns determine (only followed when contributors are given)."""
        return self._atom_dead.copy()

    def known_to_each_other(self) -> list[tuple[int, int, bool]]:
        """(lone finest cell, other, other is a target): the company in the first learns the other exactly."""
        found: list[tuple[int, int, bool]] = []
        lone = np.flatnonzero(self._alone & ~self._atom_dead)
        shared = np.flatnonzero(self._shared & ~self._target_dead)
        by_ratio: dict[int, int] = {}
        for atom in lone.tolist():
            first = by_ratio.setdefault(int(self._atom_ratio[atom]), atom)
            if first != atom:
                found.append((first, atom, False))
        found += [
            (by_ratio[int(self._target_ratio[t])], t, True)
            for t in shared.tolist()
            if int(self._target_ratio[t]) in by_ratio
        ]
        return found
