"""The configuration files of the private cluster: who may come in, and how much memory it takes."""

from __future__ import annotations

import os
import pwd
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUPERUSER = "postgres"
OWNER = "twin_owner"
LOGIN = "twin_login"
PORT = 5432  # sockets lie in a folder of the cluster's own, so two clusters never clash on it

_ACCESS = """# Written at every start. Sockets only, and the operating system says who comes (peer); never trust.
local  all          {superuser}  peer map=twin
local  all          {owner}      peer map=twin
local  all          {login}      peer map=twin
local  all          all          reject
local  replication  all          reject
"""

_SETTINGS = """# Written at every start.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = {shared}MB
effective_cache_size = {cache}MB
work_mem = 16MB
maintenance_work_mem = 256MB
dynamic_shared_memory_type = {dynamic}
max_locks_per_transaction = 256
random_page_cost = 1.1
max_wal_size = 1GB
min_wal_size = 80MB
wal_compression = on
jit = off
timezone = 'UTC'
lc_messages = 'C'
log_min_messages = warning
log_line_prefix = '%m [%p] %q%u@%d '
idle_in_transaction_session_timeout = 10min
password_encryption = 'scram-sha-256'
"""

_UNSAFE = """# Tests only: a crash of the machine may lose the cluster.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def write(data: Path, socket: Path, *, fsync: bool) -> None:
    """Write ``twin.conf``, ``pg_hba.conf`` and ``pg_ident.conf`` into the data folder; PostgreSQL reads them at a start."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    text = _SETTINGS.format(
        port=PORT,
        socket=socket,
        shared=min(max(memory // 16, 128), 1024),
        cache=memory // 2,
        dynamic=_dynamic_memory(),
    )
    (data / "twin.conf").write_text(text + ("" if fsync else _UNSAFE))
    (data / "pg_hba.conf").write_text(_ACCESS.format(superuser=SUPERUSER, owner=OWNER, login=LOGIN))
    (data / "pg_ident.conf").write_text(_identities(data.stat().st_uid))
    main = data / "postgresql.conf"
    line = "include 'twin.conf'\n"
    if line not in main.read_text():
        main.write_text(main.read_text() + line)


def _identities(cluster_uid: int) -> str:
    """The cluster's own user and whoever runs ``twin up`` may be superuser; root, besides, the owner and the login."""
    lines = ["# Written at every start: map, user of the operating system, role."]
    full = {pwd.getpwuid(cluster_uid).pw_name, pwd.getpwuid(os.geteuid()).pw_name}
    for name in sorted(full | {"root"}):
        roles = (LOGIN, OWNER, SUPERUSER) if name in full else (LOGIN, OWNER)
        lines += [f'twin  "{name}"  {role}' for role in roles]
    return "\n".join(lines) + "\n"


def _dynamic_memory() -> str:
    """Containers often give /dev/shm 64 MB, too little for parallel queries: files then."""
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total >= 2**28 else "mmap"  # noqa: S108 - asked for its size only
    except OSError:
        return "mmap"
