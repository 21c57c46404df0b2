"""What is told to whom where everything is there twice."""

import subprocess
from pathlib import Path

import pytest

from proxy_app.launcher import scale_programs
from proxy_app.launcher.deployment import forget_scale, write_scale, write_secrets
from proxy_app.launcher.errors import StartError
from proxy_app.launcher.policy import content_security_policy
from proxy_app.launcher.scale_nginx import Balanced, nginx_configuration
from proxy_app.launcher.scale_programs import find_program, missing_programs, redis_configuration
from proxy_app.launcher.scale_state import State
from tests.stack.needs import need_programs

PORTS = Balanced(page=9000, proxy=9001, api=9002, services=(1, 2), centrifugos=(3, 4), centrifugo_apis=(5, 6))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in ("service", "centrifugo", "postgresql", "redis")}
    for path in paths.values():
        path.mkdir()
    return paths


def told(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_scaled_deployment_tells_each_its_own_passwords_and_no_others(folders: dict[str, Path]) -> None:
    write_secrets(folders["service"], folders["centrifugo"], {})
    write_scale(**folders)

    service, centrifugo = told(folders["service"]), told(folders["centrifugo"])
    database, redis = told(folders["postgresql"])["password"], told(folders["redis"])["password"]
    assert f":{database}@postgresql/" in service["CHAT_DATABASE_URL"]
    assert f":{redis}@redis:6379/" in centrifugo["CENTRIFUGO_ENGINE_REDIS_ADDRESS"]
    assert centrifugo["CENTRIFUGO_ENGINE_TYPE"] == "redis"
    assert f"requirepass {redis}\n" in told(folders["redis"])["redis.conf"]
    assert not any(redis in value for value in service.values())
    assert not any(database in value for value in centrifugo.values())
    assert database != redis
    assert len(database) >= 40


def test_a_scaled_deployment_keeps_its_passwords_and_can_be_alone_again(folders: dict[str, Path]) -> None:
    write_secrets(folders["service"], folders["centrifugo"], {})
    alone = told(folders["service"]), told(folders["centrifugo"])
    write_scale(**folders)
    scaled = {name: told(path) for name, path in folders.items()}

    write_secrets(folders["service"], folders["centrifugo"], {})
    write_scale(**folders)
    assert {name: told(path) for name, path in folders.items()} == scaled

    forget_scale(folders["service"], folders["centrifugo"])
    assert (told(folders["service"]), told(folders["centrifugo"])) == alone


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    need_programs("nginx")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(nginx_configuration(PORTS, tmp_path, tmp_path))
    nginx = find_program("nginx")
    assert nginx is not None
    tested = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", configuration, "-e", "stderr"], capture_output=True, check=False
    )
    assert tested.returncode == 0, tested.stderr


@pytest.mark.parametrize("name", ["balancer.conf", "nginx.conf"])
@pytest.mark.parametrize("ancestors", ["", "'self' https://app.example.org https://*.example.com:8443"])
def test_nginx_takes_the_containers_configuration(tmp_path: Path, name: str, ancestors: str) -> None:
    need_programs("nginx")
    assert start_container(tmp_path, ancestors) == 0
    # What it wrote of this machine's name server may be nothing.
    (tmp_path / "resolver.conf").write_text("resolver 127.0.0.1 valid=5s ipv6=off;")
    configuration = tmp_path / "nginx.conf"
    text = (ROOT / "frontend" / name).read_text()
    configuration.write_text(text.replace("/tmp/", f"{tmp_path}/"))
    nginx = find_program("nginx")
    assert nginx is not None
    tested = subprocess.run(
        [nginx, "-t", "-p", tmp_path, "-c", configuration, "-e", "stderr"], capture_output=True, check=False
    )
    assert tested.returncode == 0, tested.stderr


def test_the_container_says_whose_frames_may_show_the_page(tmp_path: Path) -> None:
    assert start_container(tmp_path, "https://app.example.org") == 0
    told = (tmp_path / "frame_ancestors.conf").read_text()
    assert told == "map '' $frame_ancestors { default \"https://app.example.org\"; }\n"


@pytest.mark.parametrize("ancestors", ['https://a";', "*; script-src *", "$host", "a\nb"])
def test_the_container_does_not_start_with_what_is_no_origin(tmp_path: Path, ancestors: str) -> None:
    assert start_container(tmp_path, ancestors) == 1
    assert not (tmp_path / "frame_ancestors.conf").exists()


def start_container(folder: Path, ancestors: str) -> int:
    """Run what starts the page's container, up to nginx; return its exit code."""
    nginx = folder / "nginx"
    nginx.write_text("#!/bin/sh\n")
    nginx.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "CHAT_PAGE_FRAME_ANCESTORS": ancestors}
    script = ROOT / "frontend" / "start.sh"
    return subprocess.run(
        ["/bin/sh", script, folder], env=environment, capture_output=True, check=False
    ).returncode


def test_the_containers_page_has_the_policy_of_all_others() -> None:
    policy = content_security_policy(frame_ancestors="$frame_ancestors")
    assert f'Content-Security-Policy "{policy}" always;' in (ROOT / "frontend" / "nginx.conf").read_text()


def test_calls_go_to_both_and_to_the_other_one_where_one_is_away() -> None:
    text = nginx_configuration(PORTS, Path("/state"), None)
    for first, second in (("127.0.0.1:1 ", "127.0.0.1:2 "), ("127.0.0.1:5 ", "127.0.0.1:6 ")):
        assert first in text
        assert second in text
    assert text.count("proxy_next_upstream error timeout http_502 http_503 non_idempotent;") == 2
    assert "listen 9" not in text  # On loopback, or nowhere.


def test_redis_is_on_loopback_keeps_everything_and_wants_a_password() -> None:
    lines = redis_configuration(6380, "secret").splitlines()
    assert {"bind 127.0.0.1", "port 6380", "requirepass secret", "maxmemory-policy noeviction"} <= set(lines)


def test_what_is_missing_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_programs, "find_program", lambda name: None)
    assert missing_programs() == {
        "postgres": "postgresql",
        "redis-server": "redis-server",
        "nginx": "nginx",
    }


def test_the_newest_postgresql_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(scale_programs, "_POSTGRESQL_PLACES", (f"{tmp_path}/*/bin",))
    assert find_program("initdb") == tmp_path / "17" / "bin" / "initdb"


def test_a_folder_that_the_database_user_can_not_reach_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr("proxy_app.launcher.scale_state.database_user", lambda: 65534)
    monkeypatch.setattr("os.chown", lambda *_: None)
    with pytest.raises(StartError, match="CHAT_STATE_DIR"):
        State(closed / "var" / "scale").make()


def test_what_is_kept_is_private_and_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("proxy_app.launcher.scale_state.database_user", lambda: None)
    state = State(tmp_path / "var" / "scale")
    state.make()
    password = state.postgresql_password.read_text()
    state.make()
    assert state.postgresql_password.read_text() == password
    assert state.postgresql_password.stat().st_mode & 0o777 == 0o600
    assert state.folder.stat().st_mode & 0o777 == 0o700
