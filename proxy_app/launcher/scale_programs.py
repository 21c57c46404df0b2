"""The servers that more than one process needs, where the system has them: PostgreSQL, Redis and nginx."""

import os
import pwd
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

DATABASE = "onesocket"
"""Name of the database, and of the user who owns it."""
_POSTGRESQL_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
"""Where systems keep what they do not put on PATH; in Debian's there is one for each version."""
_PACKAGES = {"postgres": "postgresql", "redis-server": "redis-server", "nginx": "nginx"}


def find_program(name: str) -> Path | None:
    """Return a program of PostgreSQL, ``redis-server`` or ``nginx``; of several versions the newest."""
    if found := shutil.which(name):
        return Path(found)
    if (system := Path("/usr/sbin", name)).is_file():
        return system
    places = (place for pattern in _POSTGRESQL_PLACES for place in Path("/").glob(pattern[1:]))
    return max((place / name for place in places if (place / name).is_file()), key=_version, default=None)


def missing_programs() -> dict[str, str]:
    """Return the servers that this system lacks, and the Debian package of each."""
    return {name: package for name, package in _PACKAGES.items() if find_program(name) is None}


def database_user() -> int | None:
    """Return the system user that PostgreSQL is started as where we are root, whom it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return pwd.getpwnam("nobody").pw_uid


def as_database_user(command: list[str | Path]) -> list[str | Path]:
    """Return the command that runs ``command`` as the database's user, and that ends with the launcher."""
    user = database_user()
    if user is None:
        return command
    group = pwd.getpwuid(user).pw_gid
    who = ("--reuid", str(user), "--regid", str(group), "--clear-groups")
    # Linux forgets who a process ends with when that becomes somebody else.
    return ["setpriv", *who, "--pdeathsig", "KILL", *command]


def initdb_command(data: Path, password_file: Path) -> list[str | Path]:
    """Return the command that makes an empty cluster of databases, owned by our user."""
    return [
        *(find_program("initdb") or "initdb", "--pgdata", data, "--username", DATABASE),
        *("--auth", "scram-sha-256", "--pwfile", password_file, "--encoding", "UTF8", "--locale", "C"),
    ]


def postgresql_command(data: Path, port: int, **settings: str) -> list[str | Path]:
    """Return the command that serves a cluster of databases on loopback, and nowhere else."""
    chosen = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", **settings}
    options = (word for name, value in chosen.items() for word in ("-c", f"{name}={value}"))
    return [find_program("postgres") or "postgres", "-D", data, *options]


def redis_command(folder: Path, configuration: Path) -> list[str | Path]:
    """Return the command that serves Redis; what it must know stands in a file, secrets among it."""
    return [find_program("redis-server") or "redis-server", configuration, "--dir", folder]


def redis_configuration(port: int, password: str, *, address: str = "127.0.0.1") -> str:
    """Return the configuration of a Redis that keeps what it holds, and throws nothing away."""
    return (
        f"bind {address}\nport {port}\nrequirepass {password}\nloglevel warning\n"
        'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
    )


def nginx_command(folder: Path, configuration: Path) -> list[str | Path]:
    """Return the command that runs nginx in the foreground, with all its files in ``folder``."""
    return [find_program("nginx") or "nginx", "-p", folder, "-c", configuration, "-e", "stderr"]


def database_url(port: int, password: str) -> str:
    """Return the service's address of the database."""
    return f"postgresql+asyncpg://{DATABASE}:{password}@127.0.0.1:{port}/postgres"


def upstreams(calls: Mapping[str, tuple[int, ...]], connections: Mapping[str, tuple[int, ...]]) -> str:
    """Return nginx's groups of servers on loopback.

    One that fails a call is left alone for a second. One that fails a connection is not: nginx takes it for
    well again only when a later connection has *ended*, and until then lets in one in two seconds.
    """
    groups = [(name, ports, "max_fails=1 fail_timeout=1s") for name, ports in calls.items()]
    groups += [(name, ports, "max_fails=0") for name, ports in connections.items()]
    lines = []
    for name, ports, failing in groups:
        servers = "".join(f" server 127.0.0.1:{port} {failing};" for port in ports)
        lines.append(f"    upstream {name} {{{servers} keepalive 64; }}\n")
    return "".join(lines)


def _version(path: Path) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", str(path))))
