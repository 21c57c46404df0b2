"""Fixtures that more than one suite uses: the whole product, over every kind of Centrifugo there is here."""

from collections import Counter
from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio

from tests.stack import Server, Stack, available_servers, missing_servers, open_stack

_OUTCOMES = pytest.StashKey[dict[str, Counter[str]]]()


@pytest.fixture(scope="session", params=available_servers(), ids=lambda server: server.kind)
def server(request: pytest.FixtureRequest) -> Server:
    """One kind of Centrifugo after the other."""
    kind: Server = request.param
    return kind


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_stack(server: Server) -> AsyncIterator[Stack]:
    """The product, started once for each kind of Centrifugo; tests want ``stack``.

    It is impatient, so that tests of silence and of stopping are short.
    """
    async with open_stack(
        server,
        CHAT_CONNECTION_LIFETIME="10",
        CHAT_MODEL_HEAD_TIMEOUT="2",
        CHAT_MODEL_STALL_TIMEOUT="2",
        CHAT_MODEL_RETRIES="1",
    ) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="session")
async def stack(running_stack: Stack) -> AsyncIterator[Stack]:
    """The running product; after each test it must be well, have crashed nowhere and kept its secrets.

    Whoever uses it marks its tests with ``asyncio(loop_scope="session")`` and brings users of its own.
    """
    await running_stack.ensure_well()
    running_stack.openai.scripts.clear()
    read = running_stack.service.process.log.stat().st_size

    yield running_stack

    assert await running_stack.service.process.is_well()
    assert await running_stack.centrifugo.process.is_well()
    with running_stack.service.process.log.open(errors="replace") as log:
        log.seek(read)
        said = log.read()
    assert "Traceback" not in said, said
    assert not any(secret in said for secret in running_stack.secrets)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_OUTCOMES] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of the stack with a test that failed, and count what ran over which Centrifugo."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("proxy_app", stack.service.process.tail()))
        report.sections.append(("Centrifugo", stack.centrifugo.process.tail(15)))
    callspec = getattr(item, "callspec", None)
    if callspec and "server" in callspec.params and (report.when == "call" or report.failed):
        outcomes = item.config.stash[_OUTCOMES].setdefault(callspec.params["server"].kind, Counter())
        outcomes[report.outcome] += 1
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say over which kinds of Centrifugo tests ran, and which were left out, and why."""
    outcomes = terminalreporter.config.stash[_OUTCOMES]
    if not outcomes:
        return
    terminalreporter.section("Centrifugo")
    for kind, counts in outcomes.items():
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        terminalreporter.line(f"{kind}: {told}")
    for kind, reason in missing_servers().items():
        terminalreporter.line(f"{kind}: LEFT OUT, because {reason}", yellow=True)
