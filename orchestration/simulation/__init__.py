"""A simulated campaign with known truth. Belongs here: its model, its files. Does not: reading them back."""

from orchestration.simulation.simulate import simulate

__all__ = ["simulate"]
