"""Children of the launcher: their logs, their ends, and that none of them outlives it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from proxy_app.launcher.child import Child
from proxy_app.launcher.children import Children
from proxy_app.launcher.errors import ChildEndedError, StartError, ToolError
from proxy_app.launcher.places import read_places
from proxy_app.launcher.steps import Steps
from proxy_app.launcher.workshop import Workshop

ROOT = Path(__file__).parents[2]
WAITS = "import signal; signal.pause()"
IGNORES_SIGTERM = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)
LAUNCHER = """
import asyncio, pathlib, sys
from proxy_app.launcher.child import Child

async def main():
    code = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    child = await Child.start("model", [sys.executable, "-c", code], {}, pathlib.Path("."), 5)
    await child.watch()

asyncio.run(main())
"""


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    children = Children()
    yield children
    children.kill()
    await children.stop()


async def start(children: Children, code: str, *, name: str = "proxy_app", patience: float = 5) -> Child:
    command = [sys.executable, "-c", code]
    return await children.start(name, command, environment={}, folder=ROOT, patience=patience)


async def never() -> bool:
    return False


async def until_said(capsys: pytest.CaptureFixture[str], text: str) -> str:
    said = ""
    async with asyncio.timeout(5):
        while text not in said:
            said += capsys.readouterr().out
            await asyncio.sleep(0.01)
    return said


async def test_every_line_of_a_log_carries_the_name(
    children: Children, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import sys; print('one', flush=True); print('two', file=sys.stderr); print('x' * 200_000 + '\\nend')"
    )
    child = await start(children, code)
    with pytest.raises(ChildEndedError, match=r"^proxy_app ended with exit code 0"):
        await child.watch()

    lines = capsys.readouterr().out.splitlines()
    assert [line.removeprefix(" proxy_app | ") for line in lines] == [
        "one",
        "two",
        "(a line that is too long to be shown)",
        "end",
    ]


async def test_a_child_that_ends_at_the_start_is_told_at_once(children: Children) -> None:
    child = await start(children, "import sys; sys.exit(3)")
    with pytest.raises(ChildEndedError, match="exit code 3") as caught:
        await child.until_ready(never, timeout=5)
    assert caught.value.returncode == 3


async def test_a_child_that_is_never_ready_is_given_up(children: Children) -> None:
    child = await start(children, WAITS)
    with pytest.raises(StartError, match=r"proxy_app was not ready within 0 s\."):
        await child.until_ready(never, timeout=0.1)


async def test_the_end_of_any_child_ends_the_watch(children: Children) -> None:
    await start(children, WAITS)
    await start(children, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", name="centrifugo")
    with pytest.RaisesGroup(pytest.RaisesExc(ChildEndedError, match="centrifugo was ended by signal 11")):
        await children.watch()


async def test_children_stop_one_after_the_other(
    children: Children, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')));"
        "print('here', flush=True); signal.pause()"
    )
    for name in ("model", "centrifugo", "proxy_app"):
        await start(children, code, name=name)
        await until_said(capsys, f"{name} | here")
    await children.stop()

    said = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith("bye")]
    assert said == ["proxy_app", "centrifugo", "model"]


async def test_a_child_that_does_not_listen_is_killed(
    children: Children, capsys: pytest.CaptureFixture[str]
) -> None:
    child = await start(children, IGNORES_SIGTERM, patience=0.1)
    await until_said(capsys, "deaf")
    await children.stop()
    with pytest.raises(ChildEndedError, match="signal 9"):
        await child.watch()


async def test_a_name_is_used_by_one_child_at_a_time(children: Children) -> None:
    first = await start(children, WAITS)
    await start(children, WAITS)
    with pytest.raises(ChildEndedError, match="signal 15"):
        await first.watch()


async def test_a_program_that_is_not_there_is_one_sentence(children: Children) -> None:
    with pytest.raises(StartError, match=r"^centrifugo can't be started: No such file or directory\.$"):
        await children.start("centrifugo", ["/missing"], environment={}, folder=ROOT)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_no_child_outlives_a_launcher_that_is_killed() -> None:
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LAUNCHER, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert launcher.stdout is not None
    line = await asyncio.wait_for(launcher.stdout.readline(), 10)
    child = psutil.Process(int(line.split()[-1]))
    launcher.kill()
    await launcher.wait()

    await asyncio.to_thread(child.wait, 5)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop(read_places({}), Steps(), dict(os.environ))


async def test_a_tool_is_quiet_when_it_succeeds(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["/bin/sh", "-c", "echo $WORD"]
    assert await workshop.run(command, folder=ROOT, failure="", variables={"WORD": "done"}) == "done\n"
    assert capsys.readouterr().out == ""


async def test_a_tool_that_fails_shows_its_last_words(workshop: Workshop) -> None:
    command = ["/bin/sh", "-c", "seq 100; exit 7"]
    with pytest.raises(ToolError, match=r"^It failed\.$") as caught:
        await workshop.run(command, folder=ROOT, failure="It failed.")

    assert caught.value.output.splitlines()[-1] == "100"
    assert len(caught.value.output.splitlines()) == 40


async def test_a_tool_that_is_not_there_fails_alike(workshop: Workshop) -> None:
    with pytest.raises(ToolError, match=r"^It failed\.$") as caught:
        await workshop.run(["/missing"], folder=ROOT, failure="It failed.")
    assert caught.value.output == "/missing: No such file or directory"


async def test_a_tool_ends_with_whoever_waits_for_it(workshop: Workshop, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = ["/bin/sh", "-c", f"sleep 60 & echo $! > {pipe}; wait"]
    running = asyncio.create_task(workshop.run(command, folder=ROOT, failure=""))
    number = await asyncio.wait_for(asyncio.to_thread(pipe.read_text), 5)
    grandchild = psutil.Process(int(number))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await asyncio.to_thread(grandchild.wait, 5)


async def test_without_a_home_caches_stay_in_the_folder(workshop: Workshop) -> None:
    homeless = Workshop(workshop.places, workshop.steps, {"PATH": os.environ["PATH"]})
    command = ["/bin/sh", "-c", "echo $GOCACHE:$GOPATH"]
    cache = workshop.places.cache
    assert await homeless.run(command, folder=ROOT, failure="") == f"{cache}/go-build:{cache}/go\n"
