"""Decoding: from the archive to the lake. Belongs here: the public face of the domain modules. Does not:
Dagster."""

from orchestration.decoding.cells import DecodeInput
from orchestration.decoding.identified import CompanyInput
from orchestration.decoding.partners import (
    PARTNER_TABLES,
    REFERENCE_TABLES,
    PartnerInput,
    decode_partners,
    decode_reference,
)
from orchestration.decoding.responses import DecodeReport, EditionReport, decode

__all__ = [
    "PARTNER_TABLES",
    "REFERENCE_TABLES",
    "CompanyInput",
    "DecodeInput",
    "DecodeReport",
    "EditionReport",
    "PartnerInput",
    "decode",
    "decode_partners",
    "decode_reference",
]
