"""The software that made a release. Belongs here: its CycloneDX bill of materials. Does not: which versions a release
depends on (provenance.py)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

FILE = "sbom.cdx.json"
_PROJECT = "skills-bank"


def bill_of_materials() -> str:
    """CycloneDX 1.6 as JSON: the project and every installed package that it needs, extras left out; no timestamp."""
    root, *needed = _needed(_PROJECT)
    root.type = ComponentType.APPLICATION
    bom = Bom(components=needed)
    bom.metadata.component = root
    bom.register_dependency(root, bom.components)
    said = json.loads(JsonV1Dot6(bom).output_as_string())
    # The two that differ from one writing to the next, and that the format does not ask for.
    del said["serialNumber"], said["metadata"]["timestamp"]
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


def _needed(root: str) -> Iterator[Component]:
    """A package and those that it needs, directly or not, as far as they are installed."""
    seen, waiting = {root}, [root]
    while waiting:
        said = metadata.distribution(waiting.pop()).metadata
        name, version = _canonical(said["Name"]), said["Version"]
        purl = PackageURL("pypi", name=name, version=version)
        yield Component(name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl))
        for requirement in said.get_all("Requires-Dist") or ():
            needed = _canonical(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
            # A package that another system or Python would need is not there.
            if needed not in seen and "extra ==" not in requirement and _is_installed(needed):
                seen.add(needed)
                waiting.append(needed)


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
