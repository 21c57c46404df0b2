"""Writes ``docs/errors.md`` from the code: ``python -m tests.error_catalogue > docs/errors.md``."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from proxy_app import errors
from proxy_app.errors import ClientError, ModelError, NotAuthenticatedError
from proxy_app.runs import writer

PACKAGE = Path(errors.__file__).parent
HEAD = """\
# Errors

Everything that a client is ever told of a failure. This page is generated from the code
(`python -m tests.error_catalogue`), and a test fails when the two differ; when each error is raised is in
[protocol.md](protocol.md) §6. Details are in the log of `proxy_app` only, and nothing that a user or a model
wrote is there or here.
"""
RPC = """
## A call is refused

A Centrifugo error: `code`, `message` (a sentence for the user) and `temporary` (trying the same again may
help).

| code | name | temporary | what it means |
| --- | --- | --- | --- |
"""
SENTENCES = """
The sentences that stand in the code as they are; `…` is what depends on the case:

| code | sentence |
| --- | --- |
"""
CONNECTION = """
## A connection is refused

A disconnect that is terminal: clients do not come back by themselves. Whatever is temporary is an error of
the connect command instead, with a code of the table above, and clients try again.

| code | reason | what it means |
| --- | --- | --- |
"""
CENTRIFUGO = """
Centrifugo has terminal codes of its own. These can be met here:

| code | reason | what it means, and what helps |
| --- | --- | --- |
| 1009 | `message size limit exceeded` | The client sent too much at once: send less. (SDK: code 3.) |
| 3500 | `invalid token` | The client brought a token of Centrifugo's own kind; here it belongs into `data`. |
| 3501 | `bad request` | The client sent what Centrifugo can't read: a newer one may help. |
| 3502 | `stale` | The client did not say in time who it is: connect again. |
| 3503 | `force disconnect` | Whoever runs the server ended the connection: connect again. |
| 3504 | `connection limit` | The user has too many connections: close other tabs, then connect again. |
| 3508 | `not available` | The client sent something that is not offered here: a newer one may help. |
"""
REFUSALS = {"rate": "RateLimitedError", "size": "TooLargeError"}
"""What a `Refusal` of a quota is raised as, by its kind."""
RUN = """
## An answer ends as `failed`

`run.error`: `code`, `message` and, where the model's service told, `retry_after` in seconds.

| code | message | what it means |
| --- | --- | --- |
"""


def main() -> None:
    """Print the page."""
    sys.stdout.write(catalogue())


def catalogue() -> str:
    """Return the page."""
    said = sentences()
    kinds = sorted(ClientError.__subclasses__(), key=lambda kind: kind.code)
    rpc = [f"| {kind.code} | {_name(kind)} | {_yes(kind.temporary)} | {_doc(kind)} |" for kind in kinds]
    told = [
        f"| {kind.code} | {text} |"
        for kind in kinds
        for text in sorted(said[kind.__name__])
        if re.fullmatch(r"[A-Z…].*\.", text)  # Others are for the log.
    ]
    reasons = [f"| {kind.disconnect_code} | `{reason}` | {_doc(kind)} |" for kind, reason in refusals()]
    models = [f"| `{kind.code}` | {kind.sentence} | {_doc(kind)} |" for kind in ModelError.__subclasses__()]
    models.append(f"| `internal` | {writer.INTERNAL} | A bug; nothing of it leaks. |")
    parts = [
        HEAD,
        RPC,
        _lines(rpc),
        SENTENCES,
        _lines(told),
        CONNECTION,
        _lines(reasons),
        CENTRIFUGO,
        RUN,
        _lines(models),
    ]
    return "".join(parts)


def refusals() -> list[tuple[type[NotAuthenticatedError], str]]:
    """Return what connections are refused with for good: the errors and their reasons."""
    own = [(NotAuthenticatedError, reason) for reason in sorted(sentences()[NotAuthenticatedError.__name__])]
    return [*own, *((kind, str(kind())) for kind in NotAuthenticatedError.__subclasses__())]


def sentences() -> dict[str, set[str]]:
    """Return what errors are raised with, by class, as far as it stands in the code."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        named = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                argument = node.args[0]
                text = named.get(argument.id) if isinstance(argument, ast.Name) else _text(argument)
                if text and node.func.id.endswith("Error"):
                    found[node.func.id].add(text)
                elif text in REFUSALS and node.func.id == "Refusal":
                    found[REFUSALS[text]].add(_text(node.args[1]) or "")
    return found


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, _text(node.value) or ""


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    match node:
        case ast.FormattedValue(
            value=ast.Call(func=ast.Name(id="counted"), args=[_, ast.Constant(value=str(noun))])
        ):
            return f"… {noun}(s)"
    return None


def _name(kind: type) -> str:
    return "_".join(re.findall("[A-Z][a-z]+", kind.__name__.removesuffix("Error"))).lower()


def _doc(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0].replace("``", "`")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _lines(rows: list[str]) -> str:
    return "".join(f"{row}\n" for row in rows)


if __name__ == "__main__":
    main()
