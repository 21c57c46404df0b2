"""What ``make scale`` keeps: folders for PostgreSQL and Redis, and their passwords."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from .dotenv_file import replace_privately
from .errors import StartError
from .scale_programs import database_user


@dataclass(frozen=True, slots=True)
class State:
    """Everything lies in one folder."""

    folder: Path

    @property
    def postgresql(self) -> Path:
        """PostgreSQL's data directory, once it was made."""
        return self.folder / "postgresql" / "data"

    @property
    def postgresql_password(self) -> Path:
        """File of the password of our database user."""
        return self.folder / "postgresql" / "password"

    @property
    def redis(self) -> Path:
        """Redis's folder, which also holds its configuration."""
        return self.folder / "redis"

    @property
    def nginx(self) -> Path:
        """The folder of nginx, which also holds its configuration."""
        return self.folder / "nginx"

    def make(self) -> None:
        """Make what is not there yet; what is stays as it is.

        Raises:
            StartError: PostgreSQL's user can't get there.
        """
        user = database_user()
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700 if user is None else 0o711, parents=True, exist_ok=True)
        for folder in (self.postgresql.parent, self.redis, self.nginx):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not self.postgresql_password.exists():
            replace_privately(self.postgresql_password, secrets.token_urlsafe(32))
        if user is None:
            return
        self.nginx.chmod(0o711)  # Its workers are somebody else, too.
        for path in (self.postgresql.parent, self.postgresql_password):
            os.chown(path, user, -1)
        for parent in self.postgresql.parent.parents:
            if not parent.stat().st_mode & 0o001 and parent.stat().st_uid != user:
                raise StartError(
                    f"PostgreSQL refuses to be root, and as another user it can't reach {parent}: be another "
                    "user yourself, or choose a folder that everybody can reach with CHAT_STATE_DIR."
                )
