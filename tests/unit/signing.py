"""Keys of an identity provider, and the tokens that it signs."""

import json
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE, ISSUER = "chat", "https://login.example"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, and what of it everybody may know."""

    algorithm: str
    private: Any
    kid: str

    @property
    def pem(self) -> str:
        """The public key."""
        public = self.private.public_key()
        told: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return told.decode()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key as an entry of a key set."""
        kind = jwt.get_algorithm_by_name(self.algorithm)
        fields: dict[str, Any] = json.loads(kind.to_jwk(self.private.public_key()))
        return fields | {"kid": self.kid, "use": "sig", "alg": self.algorithm}

    def token(self, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """Sign a token; a claim that is ``None`` is left out."""
        told = {"kid": self.kid, **(headers or {})}
        return jwt.encode(claims(**changes), self.private, algorithm=self.algorithm, headers=told)


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token, with changes."""
    now = int(time.time())
    good = {"sub": "ada", "aud": AUDIENCE, "iss": ISSUER, "iat": now, "exp": now + 300}
    return {name: value for name, value in (good | changes).items() if value is not None}


@cache
def signer(algorithm: str, kid: str = "1") -> Signer:
    """Return the key of this name, made once."""
    match algorithm[:2]:
        case "RS" | "PS":
            return Signer(algorithm, rsa.generate_private_key(65537, 2048), kid)
        case "ES":
            return Signer(algorithm, ec.generate_private_key(ec.SECP256R1()), kid)
        case _:
            return Signer(algorithm, ed25519.Ed25519PrivateKey.generate(), kid)
