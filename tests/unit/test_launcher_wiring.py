"""What each process is told: enough, and no more."""

from pathlib import Path

from proxy_app.launcher.centrifugo import centrifugo_environment
from proxy_app.launcher.model import Model
from proxy_app.launcher.places import Places
from proxy_app.launcher.service import GRACE, service_environment, stop_patience

PLACES = Places(
    page_port=1,
    centrifugo_port=2,
    centrifugo_internal_port=3,
    service_port=4,
    state=Path("/s"),
    centrifugo="auto",
)
TOOLS = {"PATH": "/bin", "LANG": "C"}
SECRETS = {"CHAT_PROXY_SECRET": "ps", "CHAT_CENTRIFUGO_API_KEY": "ak", "CHAT_GUEST_SECRET": "gs"}


def test_centrifugo_is_told_where_everything_is() -> None:
    told = centrifugo_environment(PLACES, api_key="ak", proxy_secret="ps", overrides={})

    assert told["CENTRIFUGO_HTTP_API_KEY"] == "ak"
    assert told["CENTRIFUGO_VAR_PROXY_SECRET"] == "ps"
    assert told["CENTRIFUGO_CLIENT_ALLOWED_ORIGINS"] == "http://localhost:1 http://127.0.0.1:1"
    assert told["CENTRIFUGO_RPC_PROXY_ENDPOINT"] == "http://127.0.0.1:4/centrifugo/rpc"
    assert {told["CENTRIFUGO_HTTP_SERVER_ADDRESS"], told["CENTRIFUGO_HTTP_SERVER_INTERNAL_ADDRESS"]} == {
        "127.0.0.1"
    }


def test_centrifugo_proves_itself_by_the_newer_of_two_secrets() -> None:
    told = centrifugo_environment(PLACES, api_key="ak", proxy_secret="newer , older", overrides={})

    assert told["CENTRIFUGO_VAR_PROXY_SECRET"] == "newer"


def test_users_may_tell_centrifugo_more_but_not_take_the_wiring_apart() -> None:
    told = centrifugo_environment(
        PLACES,
        api_key="ak",
        proxy_secret="ps",
        overrides={
            "CENTRIFUGO_ENGINE_TYPE": "redis",
            "CENTRIFUGO_HTTP_SERVER_PORT": "99",
            "CENTRIFUGO_CLIENT_ALLOWED_ORIGINS": "https://mine.example",
        },
    )

    assert told["CENTRIFUGO_ENGINE_TYPE"] == "redis"
    assert told["CENTRIFUGO_HTTP_SERVER_PORT"] == "2"
    assert told["CENTRIFUGO_CLIENT_ALLOWED_ORIGINS"].split()[-1] == "https://mine.example"


def test_the_service_is_told_the_user_s_settings_and_where_it_is() -> None:
    settings = SECRETS | {"OPENAI_API_KEY": "sk", "CHAT_PORT": "9", "CHAT_LOG_LEVEL": "error", "HOME": "/h"}
    told = service_environment(PLACES, settings, TOOLS, Model("a model", {}))

    assert told["CHAT_DATABASE_URL"] == "sqlite+aiosqlite:////s/chat.db"
    assert told["CHAT_CENTRIFUGO_API_URL"] == "http://127.0.0.1:3/api"
    assert (told["CHAT_HOST"], told["CHAT_PORT"]) == ("127.0.0.1", "4")
    assert (told["OPENAI_API_KEY"], told["CHAT_LOG_LEVEL"], told["CHAT_PROXY_SECRET"]) == (
        "sk",
        "error",
        "ps",
    )
    assert told["PATH"] == "/bin"
    assert "HOME" not in told
    assert not any(name.startswith("CENTRIFUGO_") for name in told)


def test_a_database_of_one_s_own_and_a_model_of_ours() -> None:
    ours = Model("demo", {"OPENAI_BASE_URL": "http://127.0.0.1:5/v1", "OPENAI_MODEL": ""})
    settings = SECRETS | {"CHAT_DATABASE_URL": "sqlite+aiosqlite:///x.db", "OPENAI_MODEL": "left over"}
    told = service_environment(PLACES, settings, TOOLS, ours)

    assert told["CHAT_DATABASE_URL"] == "sqlite+aiosqlite:///x.db"
    assert told["OPENAI_BASE_URL"] == "http://127.0.0.1:5/v1"
    assert told["OPENAI_MODEL"] == ""


def test_the_launcher_is_more_patient_than_the_service() -> None:
    told = service_environment(PLACES, SECRETS, TOOLS, Model("", {}))
    assert stop_patience({}) > float(told["CHAT_SHUTDOWN_GRACE"]) == GRACE
    assert stop_patience({"CHAT_SHUTDOWN_GRACE": "60"}) == 70
    assert stop_patience({"CHAT_SHUTDOWN_GRACE": "long"}) == GRACE
