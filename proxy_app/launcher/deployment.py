"""The secrets of a deployment of containers: one file for each, in a folder for each who needs them."""

import argparse
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from .dotenv_file import GENERATED, newest_secret, replace_privately
from .scale_programs import DATABASE, redis_configuration

SCALED_SERVICE = ("CHAT_DATABASE_URL", "CHAT_CENTRIFUGO_API_URL")
SCALED_CENTRIFUGO = (
    "CENTRIFUGO_ENGINE_TYPE",
    "CENTRIFUGO_ENGINE_REDIS_ADDRESS",
    "CENTRIFUGO_CLIENT_PROXY_CONNECT_ENDPOINT",
    "CENTRIFUGO_CLIENT_PROXY_REFRESH_ENDPOINT",
    "CENTRIFUGO_RPC_PROXY_ENDPOINT",
)
"""What either has to be told where there are several of them, and otherwise must not be."""


def write_secrets(service: Path, centrifugo: Path, environment: Mapping[str, str]) -> None:
    """Write every secret: the one of the environment, else the one that is there, else a new one."""
    values = {name: environment.get(name) or _stored(service / name) for name in GENERATED}
    for name, value in values.items():
        replace_privately(service / name, value)
    told = {
        "CENTRIFUGO_HTTP_API_KEY": values["CHAT_CENTRIFUGO_API_KEY"],
        "CENTRIFUGO_VAR_PROXY_SECRET": newest_secret(values["CHAT_PROXY_SECRET"]),
    }
    for name, value in told.items():
        replace_privately(centrifugo / name, value)


def forget_scale(service: Path, centrifugo: Path) -> None:
    """Let both be alone again, after a start with several."""
    for folder, names in ((service, SCALED_SERVICE), (centrifugo, SCALED_CENTRIFUGO)):
        for name in names:
            (folder / name).unlink(missing_ok=True)


def write_scale(service: Path, centrifugo: Path, postgresql: Path, redis: Path) -> None:
    """Write where the database, Redis and the balancer are, and the passwords of the first two."""
    passwords = {folder: _stored(folder / "password") for folder in (postgresql, redis)}
    for folder, password in passwords.items():
        replace_privately(folder / "password", password)
    replace_privately(redis / "redis.conf", redis_configuration(6379, passwords[redis], address="*"))
    for path in (postgresql / "password", redis / "password", redis / "redis.conf"):
        # Their servers are other users than we are, and nobody else has these folders.
        path.chmod(0o644)
    balancer = "http://balancer:8080/centrifugo"
    told = (
        f"postgresql+asyncpg://{DATABASE}:{passwords[postgresql]}@postgresql/{DATABASE}",
        "http://balancer:8001/api",
    )
    for name, value in zip(SCALED_SERVICE, told, strict=True):
        replace_privately(service / name, value)
    engine = ("redis", f"redis://:{passwords[redis]}@redis:6379/0")
    proxies = (f"{balancer}/connect", f"{balancer}/refresh", f"{balancer}/rpc")
    for name, value in zip(SCALED_CENTRIFUGO, (*engine, *proxies), strict=True):
        replace_privately(centrifugo / name, value)


def _stored(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else secrets.token_urlsafe(32)


def main() -> None:
    """Write the secrets into their folders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", type=Path, help="folder that only the service reads")
    parser.add_argument("centrifugo", type=Path, help="folder that only Centrifugo reads")
    parser.add_argument("--postgresql", type=Path, help="folder that only PostgreSQL reads")
    parser.add_argument("--redis", type=Path, help="folder that only Redis reads")
    parser.add_argument("--alone", action="store_true", help="from now on there is one of each again")
    arguments = parser.parse_args()
    write_secrets(arguments.service, arguments.centrifugo, os.environ)
    if arguments.postgresql and arguments.redis:
        write_scale(arguments.service, arguments.centrifugo, arguments.postgresql, arguments.redis)
    if arguments.alone:
        forget_scale(arguments.service, arguments.centrifugo)


if __name__ == "__main__":
    main()
