"""The real application between a scripted model and a recording Centrifugo."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .service import Service, open_alone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The application, started once for a file of tests; they want ``service``."""
    async with open_alone(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def service(opened: Service) -> AsyncIterator[Service]:
    """The application as a new user finds it.

    Whoever uses it marks its tests with ``asyncio(loop_scope="module")``.
    """
    opened.forget()
    yield opened
    await opened.settle()
    assert (await opened.http.get(f"{opened.url}/health")).status == 200
