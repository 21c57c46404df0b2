"""Calls are repeated before the first token only, a bounded number of times, after a bounded wait."""

import pytest

from proxy_app.adapters.models.retries import LONGEST_WAIT, wait_before_retry
from proxy_app.errors import ModelError, ModelOverloadedError, ModelRateLimitedError, ModelTimeoutError
from tests.fakes.openai_server import FakeOpenAI
from tests.fakes.openai_steps import Abort, Reply, answer

from .models import adapter, hear


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again(status: int) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(status)], [Reply(status)], answer("Hi")]
        heard = await hear(model)

    assert (heard.error, heard.text) == (None, "Hi")


async def test_tries_are_counted() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(503)] for _ in range(9)]
        heard = await hear(model)

    assert isinstance(heard.error, ModelOverloadedError)
    assert len(openai.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_lasting_failure_is_not_tried_again(status: int) -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(status)], answer("Hi")]
        heard = await hear(model)

    assert isinstance(heard.error, ModelError)
    assert len(openai.requests) == 1


async def test_a_used_up_quota_is_not_tried_again() -> None:
    quota = {"error": {"code": "insufficient_quota", "type": "insufficient_quota"}}
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(429, quota)], answer("Hi")]
        heard = await hear(model)

    assert heard.error is not None
    assert heard.error.code == "quota_exceeded"
    assert len(openai.requests) == 1


async def test_the_server_says_how_long_to_wait() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=1, retry_delay=60) as model:
        openai.scripts += [[Reply(429, headers={"Retry-After": "0.3"})], answer("Hi")]
        heard = await hear(model)

    assert heard.text == "Hi"
    first, second = openai.requests
    assert second.opened_at - first.opened_at >= 0.3


async def test_a_server_that_wants_too_long_a_wait_is_not_waited_for() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=2) as model:
        openai.scripts += [[Reply(429, headers={"Retry-After": "11"})], answer("Hi")]
        heard = await hear(model)

    assert isinstance(heard.error, ModelRateLimitedError)
    assert heard.error.retry_after == 11
    assert len(openai.requests) == 1


async def test_a_kept_connection_that_the_server_has_closed_costs_nothing() -> None:
    async with FakeOpenAI() as openai, adapter(openai.url, retries=0) as model:
        openai.scripts += [answer("Hi"), [Abort()], answer("Hi again")]
        assert (await hear(model)).text == "Hi"
        assert (await hear(model)).text == "Hi again"

    assert len(openai.requests) == 3


def test_waits_double_up_to_a_limit() -> None:
    for retried, most in enumerate([0.5, 1, 2, 4, 8, LONGEST_WAIT, LONGEST_WAIT]):
        wait = wait_before_retry(ModelOverloadedError(), retried, retries=10, delay=0.5)
        assert wait is not None
        assert 0.75 * most <= wait <= most


def test_what_took_too_long_is_not_repeated() -> None:
    assert wait_before_retry(ModelTimeoutError(), 0, retries=10, delay=0.5) is None
