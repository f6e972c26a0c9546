"""Decoding: from the archive to the lake. Belongs here: the public face of the domain modules. Does not:
Dagster."""

from orchestration.decoding.cells import DecodeInput
from orchestration.decoding.responses import DecodeReport, EditionReport, decode

__all__ = ["DecodeInput", "DecodeReport", "EditionReport", "decode"]
