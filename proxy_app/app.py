"""The composition root: every long-lived object is built, opened and closed here, and nowhere else."""

import asyncio
import gc
import logging
import signal
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx2
import uvloop
from aiohttp import web
from openai import DefaultAioHttpClient

from .adapters.centrifugo import CentrifugoApi
from .adapters.models.openai import OpenAIChatModel
from .adapters.models.opening import open_chat_model
from .adapters.store.conversations import SqlConversationStore
from .adapters.store.database import Database
from .adapters.store.migrate import migrate_async
from .adapters.store.runs import SqlRunStore
from .auth.guest import GuestAuthenticator, derive_key
from .conversations.keeping import Keeping
from .conversations.looking import Looking
from .conversations.sending import Sending, SendLimits
from .errors import SettingsError
from .proxy.edge import PROXY_SECRET, answer_errors, guard
from .proxy.handlers import Handlers
from .proxy.rpc import Rpc
from .runs.engine import RunOptions, Runs
from .runs.publishing import Publisher
from .runs.writer import WriterOptions
from .settings import Settings

_log = logging.getLogger(__name__)

RUNS = web.AppKey("runs", Runs)

KEEPALIVE = 3630
"""Seconds that an idle connection of Centrifugo is kept.

Centrifugo never closes one, and a call that is written into a connection that we are closing fails.
"""


@asynccontextmanager
async def open_app(settings: Settings) -> AsyncIterator[web.Application]:
    """Build the service; on the way out see its runs off before what they use is closed.

    Raises:
        SettingsError: The database can't be opened or migrated.
        UnavailableError: The database is away.
    """
    async with AsyncExitStack() as stack:
        if settings.auto_migrate:
            await migrate_async(settings.database_url)
        database = Database(settings.database_url)
        stack.push_async_callback(database.close)
        await database.ping()
        model = await stack.enter_async_context(_model(settings))
        centrifugo = await stack.enter_async_context(_centrifugo(settings))
        publisher = Publisher(centrifugo)
        await stack.enter_async_context(_task(publisher.run(), "publisher"))
        runs = Runs(
            model=model,
            store=SqlRunStore(database, _milliseconds),
            sink=publisher,
            clock=_milliseconds,
            options=_run_options(settings),
        )
        await runs.recover()
        await stack.enter_async_context(_task(runs.run(), "runs"))
        stack.push_async_callback(runs.aclose, settings.shutdown_grace)
        yield _application(settings, database, model, centrifugo, publisher, runs)


def _application(
    settings: Settings,
    database: Database,
    model: OpenAIChatModel,
    centrifugo: CentrifugoApi,
    publisher: Publisher,
    runs: Runs,
) -> web.Application:
    store = SqlConversationStore(database, _milliseconds)
    limits = SendLimits(settings.max_prompt, settings.max_runs_per_user, settings.max_publication_size)
    rpc = Rpc(
        Sending(store, runs, models=model.models, limits=limits),
        Looking(store, runs, centrifugo, clock=_milliseconds),
        Keeping(store, runs, publisher, max_title=settings.max_title),
    )

    async def healthy() -> None:
        if (refusal := runs.refusal()) is not None:
            raise refusal
        await database.ping()

    handlers = Handlers(
        authenticator=_authenticator(settings),
        rpc=rpc,
        models=model.models,
        limits={"prompt": settings.max_prompt, "runs": settings.max_runs_per_user},
        healthy=healthy,
    )
    app = web.Application(middlewares=[guard, answer_errors], client_max_size=settings.max_request_size)
    app[RUNS] = runs
    app[PROXY_SECRET] = settings.proxy_secret.get_secret_value().encode()
    app.add_routes(handlers.routes())
    return app


@asynccontextmanager
async def _model(settings: Settings) -> AsyncIterator[OpenAIChatModel]:
    key = settings.openai_api_key
    async with open_chat_model(
        base_url=settings.openai_base_url,
        api_key=key.get_secret_value() if key else None,
        models=settings.openai_model,
        name=settings.model_name,
        demo=settings.model_demo,
        connect_timeout=settings.model_connect_timeout,
        head_timeout=settings.model_head_timeout,
        stall_timeout=settings.model_stall_timeout,
        retries=settings.model_retries,
        max_output_tokens=settings.max_output_tokens,
    ) as model:
        yield model


@asynccontextmanager
async def _centrifugo(settings: Settings) -> AsyncIterator[CentrifugoApi]:
    # Centrifugo is ours and near; a proxy for the world outside is not for it.
    async with DefaultAioHttpClient(
        timeout=httpx2.Timeout(settings.centrifugo_timeout), trust_env=False
    ) as client:
        key = settings.centrifugo_api_key.get_secret_value()
        yield CentrifugoApi(client, api_url=settings.centrifugo_api_url, api_key=key)


def _authenticator(settings: Settings) -> GuestAuthenticator:
    if settings.guest_secret is not None:
        key = settings.guest_secret.get_secret_value()
    else:
        key = derive_key(settings.proxy_secret.get_secret_value())
    return GuestAuthenticator(
        key=key,
        token_lifetime=settings.guest_token_lifetime,
        connection_lifetime=settings.connection_lifetime,
        clock=time.time,
    )


def _run_options(settings: Settings) -> RunOptions:
    return RunOptions(
        publish_interval=settings.publish_interval,
        checkpoint_interval=settings.checkpoint_interval,
        max_answer=settings.max_answer,
        max_runs=settings.max_runs,
        max_publication_size=settings.max_publication_size,
        writer=WriterOptions(system_prompt=settings.system_prompt, max_context=settings.max_context),
    )


@asynccontextmanager
async def _task(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Own a task that works for as long as the block lasts; if it ends by itself, that is a bug to see."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("The task %s ended by a bug; the service stops", task.get_name(), exc_info=error)
        signal.raise_signal(signal.SIGTERM)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _spare_the_collector() -> None:
    """Keep what was imported out of the garbage collector, and let it run less often.

    Nothing in here makes cycles in earnest; walking a hundred megabytes of modules in every full
    collection is a pause of a quarter of a second for every reader.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def serve(settings: Settings) -> None:
    """Run the service until SIGTERM or SIGINT, then let it finish what it is writing.

    Raises:
        SettingsError: The port is in use, or the database can't be opened.
    """
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)-7s %(name)s: %(message)s")
    # One line for every request of every client says nothing that is worth it.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_app(settings) as app:
        runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEPALIVE, handle_signals=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, reuse_address=True).start()
        except OSError as exc:
            await runner.cleanup()
            raise SettingsError(
                f"Port {settings.port} of {settings.host} can't be listened on; "
                f"choose another by CHAT_PORT: {exc.strerror}."
            ) from None
        _spare_the_collector()
        _log.info("Serving on %s:%d", settings.host, settings.port)
        await stop.wait()
        _log.info("Stopping; running answers have %g s to finish", settings.shutdown_grace)
        # Meanwhile everything but a new prompt is still answered.
        await app[RUNS].aclose(settings.shutdown_grace)
        await runner.cleanup()
