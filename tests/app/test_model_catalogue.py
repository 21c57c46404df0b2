"""The models that users may choose: of the settings, or of the server once it is there."""

import asyncio

import pytest

from proxy_app.adapters.models import ModelCatalogue
from proxy_app.adapters.models.catalogue import listed_ids
from proxy_app.errors import ModelNotFoundError, ModelUnreachableError
from proxy_app.ports import ModelInfo
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Reply

from .models import adapter, hear


async def test_named_models_need_no_server() -> None:
    async with adapter(
        "http://127.0.0.1:1/v1", models=("small", "large"), name="Small one", demo=True
    ) as model:
        assert model.models() == (
            ModelInfo("small", "Small one", demo=True),
            ModelInfo("large", "large", demo=True),
        )


async def test_without_a_name_the_servers_first_model_answers() -> None:
    async with FakeOpenAI(models=("first", "second")) as openai, adapter(openai.url, models=()) as model:
        [info] = model.models()
        assert info == ModelInfo("default", "Default model")
        heard = await hear(model, name=info.id)
        assert heard.error is None
        assert model.models() == (ModelInfo("default", "first"),)
        await hear(model, name=info.id)

    assert [request.model for request in openai.requests] == ["first", "first"]
    assert openai.model_lists == 1


@pytest.mark.parametrize(
    "reply",
    [Reply(200, {"object": "list", "data": []}), Reply(200, b"<html>"), Reply(200, {"data": 5}), Reply(404)],
)
async def test_a_server_that_lists_no_models_needs_a_name(reply: Reply) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, models=()) as model:
        openai.models_reply = reply
        heard = await hear(model, name="default")

    assert type(heard.error) is ModelNotFoundError
    assert openai.requests == []


async def test_the_server_may_come_later() -> None:
    asked = 0
    lists: list[list[str] | None] = [None, None, ["first"]]

    async def list_ids() -> list[str]:
        nonlocal asked
        asked += 1
        listed = lists.pop(0)
        if listed is None:
            raise ModelUnreachableError
        return listed

    catalogue = ModelCatalogue(list_ids, ids=(), name=None, demo=False, pause=0.001)
    with pytest.raises(ModelUnreachableError):
        await catalogue.resolve("default")
    await asyncio.wait_for(catalogue.settle(), 5)

    assert catalogue.models() == (ModelInfo("default", "first"),)
    assert await catalogue.resolve("default") == "first"
    assert asked == 3


async def test_a_name_that_the_server_does_not_list_is_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeOpenAI(models=("a", "b")) as openai, adapter(openai.url, models=("a", "typo")) as model:
        await openai.until(lambda: any("typo" in record.getMessage() for record in caplog.records))
        assert (await hear(model, name="typo")).error is None

    warnings = [record for record in caplog.records if record.name.startswith("proxy_app")]
    assert len(warnings) == 1


def test_a_list_of_models_may_be_anything() -> None:
    assert listed_ids(b'{"data": [{"id": "a"}, {"id": 5}]}') == ["a"]
    for body in (b"", b"[]", b"{}", b'{"data": [1]}', b'{"data": [{}]}', b'{"data": null}', b"\xff"):
        assert listed_ids(body) == []
