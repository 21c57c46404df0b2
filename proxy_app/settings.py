"""Settings: every field is an environment variable, ``CHAT_`` before its name but for the three of OpenAI."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .errors import SettingsError


def _beginning(*schemes: str) -> AfterValidator:
    def check(value: str) -> str:
        if not value.startswith(schemes):
            raise PydanticCustomError(
                "scheme", "It has to begin with {schemes}", {"schemes": " or ".join(schemes)}
            )
        return value

    return AfterValidator(check)


class Settings(BaseSettings):
    """What the service needs to know; secrets and addresses have no defaults."""

    model_config = SettingsConfigDict(
        env_prefix="CHAT_", frozen=True, extra="ignore", env_ignore_empty=True, allow_inf_nan=False
    )

    database_url: Annotated[str, _beginning("sqlite+aiosqlite:///", "postgresql+asyncpg://")]
    """SQLAlchemy URL: ``sqlite+aiosqlite:///FILE`` or ``postgresql+asyncpg://USER:PASSWORD@HOST/NAME``."""
    database_connections: int = Field(default=20, ge=4)
    """Connections to PostgreSQL at most; half of them are for answers in progress alone."""
    auto_migrate: bool = True
    """Whether ``serve`` brings the database's schema up to date by itself."""

    host: str = "127.0.0.1"
    """Address that the proxy endpoints listen on: loopback or the internal network."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port of the proxy endpoints."""

    centrifugo_api_url: Annotated[str, _beginning("http://", "https://")]
    """Centrifugo's server API, for example ``http://127.0.0.1:8001/api``."""
    centrifugo_api_key: SecretStr = Field(min_length=1)
    """Key of Centrifugo's server API."""
    centrifugo_timeout: float = Field(default=5, gt=0)
    """Seconds that one call of the server API may take."""
    proxy_secret: SecretStr = Field(min_length=1)
    """What Centrifugo proves itself by (header ``X-Proxy-Secret``); two with a comma while it changes."""
    request_timeout: float = Field(default=10, gt=0)
    """Seconds within which a proxy call has to arrive completely."""

    max_headers: int = Field(default=32_768, ge=8_192, le=131_072)
    """Bytes that a visitor's cookies and other headers may have together; who sends more is refused."""

    auth: str = Field(default="guest", pattern=r"^(guest|jwt|forward|[\w.]+:\w+)$")
    """Who says who is connecting: ``guest``, ``jwt``, ``forward``, or your own ``package.module:object``."""
    connection_lifetime: float = Field(default=300, ge=10)
    """Seconds after which a connection is asked again who it is."""
    auth_timeout: float = Field(default=2, gt=0, le=2.5)
    """Seconds that whoever decides has to answer."""
    auth_grace: float = Field(default=300, ge=0)
    """Seconds that a connection is kept while whoever decides can't be asked."""
    guest_secret: SecretStr | None = None
    """Keys of guests' tokens, the newest first, separated by commas; by default from the proxy secret."""
    guest_token_lifetime: float = Field(default=90 * 86400, ge=60)
    """Seconds that a guest's token is valid; it is renewed at every connect."""
    auth_jwt_algorithms: Annotated[tuple[str, ...], NoDecode] = ()
    """Algorithms that tokens may be signed with, separated by commas, such as ``RS256,ES256``."""
    auth_jwt_key: SecretStr | None = None
    """Key that tokens are verified with: the shared secret, or the public key in PEM."""
    auth_jwt_key_file: str | None = None
    """File with that key, which is read again when it changes."""
    auth_jwt_jwks_url: str | None = None
    """Where the identity provider publishes its keys; https, or on this machine."""
    auth_jwt_jwks_lifetime: float = Field(default=300, ge=10)
    """Seconds that published keys are used before they are fetched again."""
    auth_jwt_issuer: str | None = None
    """Who has to have issued the token (``iss``)."""
    auth_jwt_audience: Annotated[tuple[str, ...], NoDecode] = ()
    """Whom the token has to be for (``aud``), one of several; without it none that is for somebody counts."""
    auth_jwt_leeway: float = Field(default=30, ge=0, le=300)
    """Seconds that the clocks of issuer and server may differ."""
    auth_jwt_required: Annotated[tuple[str, ...], NoDecode] = ()
    """Claims that a token needs beside ``exp`` and the user."""
    auth_jwt_token: Annotated[tuple[str, ...], NoDecode] = ("data", "authorization")
    """Where the token is, the first found counts: ``data``, ``authorization``, ``cookie:NAME``."""
    auth_jwt_user: str = "sub"
    """Claim that is the user's id."""
    auth_jwt_name: str = "name"
    """Claim that is the user's name."""
    auth_jwt_limits: str = "limits"
    """Claim that holds the user's limits."""
    auth_forward_url: Annotated[str, _beginning("http://", "https://")] | None = None
    """Endpoint of your application that says who is connecting."""
    auth_forward_headers: Annotated[tuple[str, ...], NoDecode] = ("cookie",)
    """Headers of the visitor that it gets."""
    auth_forward_user_header: str | None = None
    """Header of its answer that is the user's id; by default its JSON says so."""
    auth_forward_name_header: str | None = None
    """Header of its answer that is the user's name."""
    auth_forward_cache: float = Field(default=5, ge=0, le=60)
    """Seconds that the same headers have the same answer when connecting; 0 asks every time."""

    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    """Key of the model service, where it wants one."""
    openai_base_url: Annotated[str, _beginning("http://", "https://")] | None = Field(
        default=None, validation_alias="OPENAI_BASE_URL"
    )
    """Any OpenAI-compatible server, ``/v1`` included; by default OpenAI's."""
    openai_model: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="OPENAI_MODEL")
    """Models that users may choose, separated by commas, the default first; else the first that is listed."""
    model_name: str | None = None
    """What the page calls the default model; by default its id."""
    model_demo: bool = False
    """Whether the page labels the model as a demo model."""
    system_prompt: str | None = None
    """What the model is told before every conversation."""
    model_connect_timeout: float = Field(default=10, gt=0)
    """Seconds to wait for a connection to the model service."""
    model_head_timeout: float = Field(default=120, gt=0)
    """Seconds to wait for the head of an answer."""
    model_stall_timeout: float = Field(default=300, gt=0)
    """Seconds of silence after which a stream counts as stalled."""
    model_retries: int = Field(default=2, ge=0, le=10)
    """How often a failed call is repeated, before the first token only."""
    max_output_tokens: int = Field(default=4096, ge=1)
    """Token limit that the model service is told with every call; some want room for it in the context."""

    max_prompt: int = Field(default=32_000, ge=1)
    """Longest prompt, in UTF-16 code units."""
    max_context: int = Field(default=400_000, ge=1)
    """Most text of a conversation that the model is told, in UTF-16 code units; the oldest turns go first."""
    model_contexts: Annotated[dict[str, int], NoDecode] = Field(default={})
    """Models that are told another most than that: ``NAME=LENGTH``, separated by commas."""
    max_answer: int = Field(default=1_000_000, ge=1)
    """Longest answer, in UTF-16 code units; it ends as ``incomplete`` there."""
    max_title: int = Field(default=200, ge=1)
    """Longest title, in UTF-16 code units."""
    titles: bool = True
    """Whether the model writes titles, after the first answer; a demo model does not."""
    title_model: str | None = None
    """Model that writes them; by default the one that gave the answer."""
    max_runs_per_user: int = Field(default=16, ge=1)
    """Answers at once, per user."""
    prompts_per_minute: int | None = Field(default=60, ge=1)
    """Messages that a user may send in a minute; ``off`` for no limit."""
    prompts_per_day: int | None = Field(default=None, ge=1)
    """Messages that a user may send on a day, in UTC."""
    tokens_per_day: int | None = Field(default=None, ge=1)
    """Model tokens, in and out, that a user may use on a day, in UTC."""
    max_conversations: int | None = Field(default=10_000, ge=1)
    """Conversations that are kept, per user; ``off`` for no limit."""
    max_storage: int | None = Field(default=500_000_000, ge=1)
    """Characters of messages that are kept, per user; ``off`` for no limit."""
    deleted_retention: float | None = Field(default=30, ge=0)
    """Days after which a deleted conversation is removed for good; ``off`` to keep it."""
    calls_per_second: int | None = Field(default=20, ge=1)
    """Calls of a user per second on average, ten seconds' worth of them at once; ``off`` for no limit."""
    max_runs: int = Field(default=2_000, ge=1)
    """Answers at once, in this process."""
    max_request_size: int = Field(default=1_048_576, ge=65_536)
    """Largest body of a proxy call, in bytes."""
    max_publication_size: int = Field(default=65_536, ge=32_768)
    """Largest publication, in bytes."""

    publish_interval: float = Field(default=0.04, ge=0)
    """Shortest time, in seconds, between two publications of a run."""
    checkpoint_interval: float = Field(default=1, gt=0)
    """Seconds between two checkpoints of what is being written."""
    recovery: Literal["interrupt", "retry", "continue"] = "interrupt"
    """What becomes of an answer whose process dies: ended with its text, asked anew once, or gone on with."""
    lease: float = Field(default=10, ge=1)
    """Seconds after which another replica may take over the runs of one that is not heard of."""
    replica: str | None = Field(default=None, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")
    """Name of this replica, which it keeps when it is started again; by default host name and port."""
    shutdown_grace: float = Field(default=30, ge=0)
    """Seconds that running answers have to finish after SIGTERM."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity that is logged; what users and models write never is."""

    @field_validator(
        "prompts_per_minute",
        "prompts_per_day",
        "tokens_per_day",
        "max_conversations",
        "max_storage",
        "deleted_retention",
        "calls_per_second",
        mode="before",
    )
    @classmethod
    def _off(cls, value: object) -> object:
        return None if value == "off" else value

    @field_validator("model_contexts", mode="before")
    @classmethod
    def _by_model(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
        if not all(name.strip() and length.strip().isdecimal() for name, _, length in pairs):
            raise PydanticCustomError("contexts", "It has to be a list like gpt-x=400000,small=8000")
        return {name.strip(): int(length) for name, _, length in pairs}

    @field_validator("proxy_secret")
    @classmethod
    def _one_or_two(cls, value: SecretStr) -> SecretStr:
        if len(_secrets(value)) > 2 or not all(_secrets(value)):
            raise PydanticCustomError("secrets", "It has to be one secret, or two separated by a comma")
        return value

    @property
    def guest_keys(self) -> tuple[str, ...]:
        """The keys of guests' tokens that were set, the newest first."""
        return () if self.guest_secret is None else tuple(key for key in _secrets(self.guest_secret) if key)

    @property
    def proxy_secrets(self) -> tuple[str, ...]:
        """The secrets that are valid, the newest first."""
        return _secrets(self.proxy_secret)

    @field_validator(
        "openai_model",
        "auth_jwt_algorithms",
        "auth_jwt_audience",
        "auth_jwt_required",
        "auth_jwt_token",
        "auth_forward_headers",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name for part in value.split(",") if (name := part.strip()))
        return value


def _secrets(value: SecretStr) -> tuple[str, ...]:
    # Around a header's value blanks are nothing.
    return tuple(secret.strip() for secret in value.get_secret_value().split(","))


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: One is missing or wrong; the message names it, never its value.
    """
    try:
        settings = Settings()  # type: ignore[call-arg]  # The fields come from the environment.
    except ValidationError as exc:
        raise SettingsError(_sentence(exc)) from None
    if settings.openai_base_url is None and settings.openai_api_key is None:
        raise SettingsError("Set OPENAI_API_KEY, or OPENAI_BASE_URL to any OpenAI-compatible server.")
    if settings.openai_base_url is None and not settings.openai_model:
        raise SettingsError("Set OPENAI_MODEL to the name of the model that answers.")
    return settings


def _sentence(exc: ValidationError) -> str:
    error = exc.errors(include_url=False, include_input=False)[0]
    field = str(error["loc"][0])
    variable = field if field.startswith("OPENAI_") else f"CHAT_{field.upper()}"
    if error["type"] == "missing":
        return f"The setting {variable} is missing."
    return f"The setting {variable} is wrong: {error['msg'][0].lower()}{error['msg'][1:]}."
