"""Which model is chosen, and that something always answers."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import pytest

from proxy_app.errors import SettingsError
from proxy_app.launcher.children import Children
from proxy_app.launcher.errors import ToolError
from proxy_app.launcher.model import SCRIPTED_LABEL, start_model
from proxy_app.launcher.places import read_places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.workshop import Workshop


class EmptyWorkshop(Workshop):
    """A workshop in which nothing can be installed."""

    async def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        failure: str,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        raise ToolError(failure, "no index is within reach")


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    children = Children()
    yield children
    await children.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


def workshop(**variables: str) -> Workshop:
    return EmptyWorkshop(read_places({}), Steps(), dict(os.environ) | variables)


@pytest.mark.parametrize(
    ("settings", "label"),
    [
        ({"OPENAI_API_KEY": "sk", "OPENAI_MODEL": "gpt-9, gpt-8"}, "gpt-9 of api.openai.com"),
        ({"OPENAI_BASE_URL": "http://user:pw@127.0.0.1:5/v1"}, "the first of 127.0.0.1"),
    ],
)
async def test_the_user_s_model_is_taken_as_it_is(
    children: Children, http: aiohttp.ClientSession, settings: dict[str, str], label: str
) -> None:
    model = await start_model(settings, workshop(), children, http)

    assert (model.label, model.variables) == (label, {})


async def test_an_address_that_is_none_is_one_sentence(
    children: Children, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL is wrong"):
        await start_model({"OPENAI_BASE_URL": "http://[x"}, workshop(), children, http)


async def test_where_the_demo_model_can_t_run_a_scripted_answerer_does(
    children: Children, http: aiohttp.ClientSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Where the engine is installed, it does not load; where it is not, it can't be installed.
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1: cannot open')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])

    model = await start_model({"OPENAI_MODEL": "left over"}, workshop(PYTHONPATH=path), children, http)

    assert model.label == SCRIPTED_LABEL
    assert model.variables["CHAT_MODEL_DEMO"] == "true"
    assert model.variables["OPENAI_MODEL"] == ""
    said = capsys.readouterr().out
    assert "A scripted answerer takes its place." in said
    assert "demo" in said
    async with http.get(f"{model.variables['OPENAI_BASE_URL']}/models") as response:
        assert response.status == 200
