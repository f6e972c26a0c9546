"""A server of our own, and an edition that is pulled from it."""

from dataclasses import dataclass, field

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from orchestration import codebook as books
from orchestration.archive import Archive
from orchestration.collection.contacts import Contacts
from orchestration.collection.limesurvey import Limits, Server, pull_edition
from orchestration.identifiers import CompanyKeys

from .server import SECRET, SURVEY, USER, LimeSurvey, Survey, recorded_rows

QUICK = Limits(connect=2, silence=0.3, total=0.6, size=4 << 20)


def on_server(codebook, **keys):
    """The codebook with its first source on the server."""
    first, *others = codebook.exports
    first = first.model_copy(update={"server": books.Server(survey_id=SURVEY, **keys)})
    return codebook.model_copy(update={"exports": (first, *others)})


@dataclass
class Puller:
    """A data folder that is filled from the server."""

    folder: object
    url: str
    codebook: object
    secret: str = SECRET
    limits: Limits = QUICK
    pauses: list = field(default_factory=list)
    keys = CompanyKeys(b"the secret of the tests")

    @property
    def archive(self):
        return Archive(self.folder / "archive")

    @property
    def contacts(self):
        return Contacts(self.folder / "contacts", self.folder.parent / "secrets")

    def server(self):
        return Server(self.url, USER, SecretStr(self.secret), limits=self.limits, pause=self.pauses.append)

    def pull(self):
        with self.server() as server:
            return pull_edition(server, self.codebook, "limesurvey", self.archive, self.contacts, self.keys)

    def rows(self, pulled):
        return pq.read_table(pulled.collected.entry.path).to_pylist()

    def people(self, pulled):
        path = self.contacts.path_of(pulled.collected.entry)
        return sorted(tuple(row.values()) for row in self.contacts.read(path).to_pylist())


@pytest.fixture
def limesurvey():
    """The recorded survey on a server."""
    with LimeSurvey() as server:
        server.surveys[SURVEY] = Survey(recorded_rows())
        yield server


@pytest.fixture
def survey_on(codebook):
    return on_server(codebook)


@pytest.fixture
def puller(tmp_path, limesurvey, survey_on):
    return Puller(tmp_path / "data", limesurvey.url, survey_on)
