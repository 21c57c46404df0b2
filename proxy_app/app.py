"""The composition root: every long-lived object is built, opened and closed here, and nowhere else."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import httpx2
from aiohttp import web
from openai import DefaultAioHttpClient
from uuid6 import uuid7

from .adapters.centrifugo import CentrifugoApi
from .adapters.models.openai import OpenAIChatModel
from .adapters.models.opening import open_chat_model
from .adapters.store.conversations import SqlConversationStore
from .adapters.store.database import Database
from .adapters.store.leases import Owner, SqlLeases
from .adapters.store.migrate import migrate_async
from .adapters.store.revocations import SqlRevocations
from .adapters.store.runs import SqlRunStore
from .adapters.store.signals import StopSignals
from .adapters.store.trash import SqlTrash
from .conversations.answering import Answering
from .conversations.beginning import SendOptions
from .conversations.keeping import Keeping
from .conversations.looking import Looking
from .conversations.purging import Purge
from .conversations.sending import Sending
from .conversations.titling import MAX_TOKENS, Titling
from .core.quotas import Limits
from .errors import UnavailableError
from .hooks import open_entrance
from .ports import Doorkeeper
from .proxy.edge import DOOR, Door, answer_errors, guard
from .proxy.handlers import Handlers
from .proxy.rpc import Rpc
from .proxy.turnstile import Turnstile
from .runs.engine import RunOptions, Runs
from .runs.publishing import Publisher
from .runs.writer import WriterOptions
from .settings import Settings

_log = logging.getLogger(__name__)

RUNS = web.AppKey("runs", Runs)


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
        database = _database(settings)
        stack.push_async_callback(database.close)
        await database.ping()
        runs_database = database
        if _is_shared(settings):
            # Answers in progress never wait behind what users ask, and so never lose their lease to it.
            runs_database = _database(settings)
            stack.push_async_callback(runs_database.close)
        model = await stack.enter_async_context(_model(settings))
        centrifugo = await stack.enter_async_context(_centrifugo(settings))
        publisher = Publisher(centrifugo)
        await stack.enter_async_context(owned_task(publisher.run(), "publisher"))
        owner = owner_of(settings)
        runs = Runs(
            model=model,
            store=SqlRunStore(runs_database, _milliseconds),
            leases=SqlLeases(runs_database, owner),
            sink=publisher,
            clock=_milliseconds,
            options=_run_options(settings),
            history=centrifugo if _is_shared(settings) else None,
        )
        await runs.recover()
        purge = Purge(SqlTrash(database), clock=_milliseconds, retention=settings.deleted_retention)
        await stack.enter_async_context(owned_task(purge.run(), "purge"))
        await stack.enter_async_context(owned_task(runs.run(), "runs"))
        if _is_shared(settings):
            signals = StopSignals(settings.database_url, runs.stop)
            await stack.enter_async_context(owned_task(signals.run(), "stop signals"))
        store = SqlConversationStore(database, owner, _milliseconds)
        titling = _titling(settings, store, model, publisher)
        if titling is not None:
            await stack.enter_async_context(owned_task(titling.run(), "titles"))
        stack.push_async_callback(runs.aclose, settings.shutdown_grace)
        doorkeeper = await stack.enter_async_context(open_entrance(settings, SqlRevocations(database)))
        yield _application(settings, database, store, model, centrifugo, publisher, runs, titling, doorkeeper)


def _application(
    settings: Settings,
    database: Database,
    store: SqlConversationStore,
    model: OpenAIChatModel,
    centrifugo: CentrifugoApi,
    publisher: Publisher,
    runs: Runs,
    titling: Titling | None,
    doorkeeper: Doorkeeper,
) -> web.Application:
    limits = _limits(settings)
    sending = SendOptions(
        limits=limits,
        policy=settings.recovery,
        publication_size=settings.max_publication_size,
        max_answer=settings.max_answer,
    )
    rpc = Rpc(
        Sending(store, runs, models=model.models, options=sending, titling=titling),
        Answering(store, runs, models=model.models, options=sending, titling=titling),
        Looking(store, runs, centrifugo, clock=_milliseconds),
        Keeping(store, runs, publisher, max_title=settings.max_title, limits=limits),
        Turnstile(limits, clock=time.monotonic),
    )

    async def healthy() -> None:
        if runs.draining:
            raise UnavailableError("The server is restarting.")
        await database.ping()

    handlers = Handlers(
        doorkeeper=doorkeeper,
        rpc=rpc,
        models=model.models,
        limits=limits,
        max_headers=settings.max_headers,
        healthy=healthy,
    )
    app = web.Application(middlewares=[guard, answer_errors], client_max_size=settings.max_request_size)
    app[RUNS] = runs
    app[DOOR] = Door([secret.encode() for secret in settings.proxy_secrets], settings.request_timeout)
    app.add_routes(handlers.routes())
    return app


def _titling(
    settings: Settings, store: SqlConversationStore, model: OpenAIChatModel, publisher: Publisher
) -> Titling | None:
    if not settings.titles:
        return None
    short = model.limited(MAX_TOKENS)
    return Titling(store, short, publisher, models=model.models, name=settings.title_model)


def _database(settings: Settings) -> Database:
    return Database(settings.database_url, connections=settings.database_connections // 2)


def _is_shared(settings: Settings) -> bool:
    """Tell whether other replicas may use the database."""
    return settings.database_url.startswith("postgresql")


def owner_of(settings: Settings) -> Owner:
    """Return this process as an owner of runs: its place is known to whoever starts there after it."""
    process = str(uuid7())
    # A port that the system chooses is no place that a process could come back to.
    place = settings.replica or (f"{socket.gethostname()}:{settings.port}" if settings.port else process)
    return Owner(place, process=process, lease=settings.lease)


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


def _limits(settings: Settings) -> Limits:
    return Limits(
        prompt=settings.max_prompt,
        runs=settings.max_runs_per_user,
        prompts_per_minute=settings.prompts_per_minute,
        prompts_per_day=settings.prompts_per_day,
        tokens_per_day=settings.tokens_per_day,
        conversations=settings.max_conversations,
        storage=settings.max_storage,
        calls_per_second=settings.calls_per_second,
    )


def _run_options(settings: Settings) -> RunOptions:
    return RunOptions(
        publish_interval=settings.publish_interval,
        policy=settings.recovery,
        lease_interval=settings.lease * 0.3,
        checkpoint_interval=settings.checkpoint_interval,
        max_answer=settings.max_answer,
        max_runs=settings.max_runs,
        max_publication_size=settings.max_publication_size,
        writer=WriterOptions(
            system_prompt=settings.system_prompt,
            max_context=settings.max_context,
            contexts=settings.model_contexts,
        ),
    )


@asynccontextmanager
async def owned_task(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
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
