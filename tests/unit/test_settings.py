"""Settings: what is missing or wrong is one sentence that names it, and never shows it."""

import re

import pytest

from proxy_app.errors import SettingsError
from proxy_app.settings import Settings, load_settings

SECRETS = {
    "CHAT_CENTRIFUGO_API_KEY": "the-key-of-the-api",
    "CHAT_PROXY_SECRET": "the-secret-of-the-proxy",
    "CHAT_GUEST_SECRET": "the-secret-of-guests",
    "OPENAI_API_KEY": "sk-the-key-of-the-model",
}
ENOUGH = SECRETS | {
    "CHAT_DATABASE_URL": "sqlite+aiosqlite:///chat.sqlite3",
    "CHAT_CENTRIFUGO_API_URL": "http://127.0.0.1:8001/api",
    "OPENAI_MODEL": "a-model",
}


def load(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> Settings:
    """Load settings from what is enough, and these changes; ``None`` takes a variable away."""
    for name in Settings.model_fields:
        for variable in (f"CHAT_{name.upper()}", name.upper()):
            monkeypatch.delenv(variable, raising=False)
    for variable, value in (ENOUGH | changes).items():
        if value is not None:
            monkeypatch.setenv(variable, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> str:
    """Return why these changes are refused, after checking the form of every refusal."""
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **changes)
    sentence = str(caught.value)
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert "\n" not in sentence
    assert not any(secret in sentence for secret in SECRETS.values())
    assert caught.value.__cause__ is None
    return sentence


def test_what_is_enough_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)

    assert settings.openai_model == ("a-model",)
    assert settings.centrifugo_api_key.get_secret_value() == "the-key-of-the-api"


@pytest.mark.parametrize(
    "variable",
    ["CHAT_DATABASE_URL", "CHAT_CENTRIFUGO_API_URL", "CHAT_CENTRIFUGO_API_KEY", "CHAT_PROXY_SECRET"],
)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_what_has_no_default_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    assert refusal(monkeypatch, **{variable: value}) == f"The setting {variable} is missing."


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"OPENAI_API_KEY": None}, "OPENAI_API_KEY"),
        ({"OPENAI_MODEL": None}, "OPENAI_MODEL"),
        ({"OPENAI_MODEL": " , "}, "OPENAI_MODEL"),
    ],
    ids=["neither a key nor a server", "a key and no model", "no name among the models"],
)
def test_somebody_has_to_answer(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], wanted: str
) -> None:
    assert wanted in refusal(monkeypatch, **changes)


def test_a_server_of_ones_own_needs_neither_key_nor_model(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, OPENAI_API_KEY=None, OPENAI_MODEL=None, OPENAI_BASE_URL="http://127.0.0.1:11434/v1"
    )

    assert (settings.openai_api_key, settings.openai_model) == (None, ())


def test_models_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, OPENAI_MODEL=" a, b ,,c").openai_model == ("a", "b", "c")


NUMBERS = {
    name: field
    for name, field in Settings.model_fields.items()
    if field.annotation in (int, float) and name != "port"
}


@pytest.mark.parametrize("value", ["many", "-1", "nan", "1e400x"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_to_be_one_and_within_its_bounds(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    variable = f"CHAT_{name.upper()}"
    sentence = refusal(monkeypatch, **{variable: value})

    assert sentence.startswith(f"The setting {variable} is wrong: ")


@pytest.mark.parametrize("name", [name for name, field in NUMBERS.items() if field.annotation is float])
def test_a_number_of_seconds_has_an_end(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert f"CHAT_{name.upper()}" in refusal(monkeypatch, **{f"CHAT_{name.upper()}": "inf"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CHAT_DATABASE_URL", "chat.sqlite3"),
        ("CHAT_DATABASE_URL", "mysql://user:password@host/chat"),
        ("CHAT_CENTRIFUGO_API_URL", "127.0.0.1:8001/api"),
        ("OPENAI_BASE_URL", "ftp://127.0.0.1/v1"),
        ("CHAT_PORT", "65536"),
        ("CHAT_PORT", "http"),
        ("CHAT_AUTO_MIGRATE", "perhaps"),
        ("CHAT_LOG_LEVEL", "loud"),
        ("CHAT_MAX_PUBLICATION_SIZE", "32767"),
        ("CHAT_GUEST_TOKEN_LIFETIME", "59"),
        ("CHAT_PROXY_SECRET", "password,"),
        ("CHAT_PROXY_SECRET", " , password"),
        ("CHAT_PROXY_SECRET", "password,password,password"),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    sentence = refusal(monkeypatch, **{variable: value})

    assert sentence.startswith(f"The setting {variable} is wrong: ")
    assert "password" not in sentence


def test_two_secrets_of_the_proxy_are_separated_by_a_comma(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, CHAT_PROXY_SECRET="newer , older")

    assert settings.proxy_secrets == ("newer", "older")
    assert "newer" not in repr(settings)
    assert load(monkeypatch).proxy_secrets == ("the-secret-of-the-proxy",)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)

    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert not any(secret in shown for secret in SECRETS.values())


def test_settings_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
