"""SFTP to hosts that are known. Belongs here: fsspec's SFTP with SSH's own list of hosts. Does not: what is sent."""

from __future__ import annotations

from typing import Any

import paramiko  # type: ignore[import-untyped]
from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped]


class KnownHostsFileSystem(SFTPFileSystem):  # type: ignore[misc]
    """fsspec's takes any host at its word, so that whoever answers in its place would get the files: this one accepts
    the hosts in ``~/.ssh/known_hosts`` alone.

    Raises paramiko's SSHException for another host.
    """

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp: Any = self.client.open_sftp()
