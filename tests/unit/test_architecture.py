"""The layout's rules, read from the sources: imports point one way, and everything says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "proxy_app"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in FILES]

ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "core": set(),
    "ports": {"core", "errors"},
    "runs": {"core", "errors", "ports"},
    "conversations": {"core", "errors", "ports", "runs"},
    "proxy": {"core", "errors", "ports", "conversations"},
    "auth": {"core", "errors", "ports"},
    "adapters": {"core", "errors", "ports"},
    "settings": {"errors"},
    "hooks": {"errors", "ports", "auth", "settings"},
    "app": {"core", "errors", "ports", "runs", "conversations", "proxy", "adapters", "settings", "hooks"},
    "revoke": {"auth", "adapters"},
    "serve": {"errors", "runs", "settings", "app", "proxy"},
    "launcher": {"errors", "settings", "app", "adapters"},
    "__main__": {"errors", "settings", "serve", "revoke", "adapters", "launcher"},
}
"""What a module or folder of the package may import of it, beside itself and the package's version."""
EXCEPTIONS = {("adapters/centrifugo.py", "runs.publishing", "Command")}
"""A port of one user lives beside that user; its adapter has to know it."""

PURE = {
    "collections",
    "dataclasses",
    "datetime",
    "functools",
    "itertools",
    "json",
    "math",
    "re",
    "typing",
    "unicodedata",
    "zlib",
}
PURE_LIBRARIES = {"orjson"}
"""What `core` may import; whatever is not named might act, or tell the same question different answers."""
ACTS = {"open", "print", "input", "exec", "eval", "breakpoint"}
"""What acts though nothing has to be imported for it."""
CLOCKS = {"now", "utcnow", "today"}
"""What reads `datetime`'s clock."""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the module that each import names, in full, and the name that it takes from it."""
    package = ("proxy_app", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield from ((module, alias.name) for alias in node.names)


def own_imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what a file imports of the package, without the package's name."""
    for module, name in imports(path):
        if module == "proxy_app" and any((PACKAGE / file).exists() for file in (name, f"{name}.py")):
            yield name, ""
        elif module.startswith("proxy_app."):
            yield module.removeprefix("proxy_app."), name


def place_of(name: str) -> str:
    return name.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("name", NAMES)
def test_imports_point_one_way(name: str) -> None:
    path = PACKAGE / name
    if name == "__init__.py":
        assert not list(own_imports(path))
        return
    here = place_of(name)
    for module, taken in own_imports(path):
        there = module.split(".")[0]
        allowed = there in ALLOWED[here] | {here} or (name, module, taken) in EXCEPTIONS
        assert allowed, f"{name} imports {taken or module} of {there}"


@pytest.mark.parametrize("name", [name for name in NAMES if place_of(name) == "core"])
def test_the_core_imports_nothing_that_acts(name: str) -> None:
    used = {module.split(".")[0] for module, _ in imports(PACKAGE / name)} - {"proxy_app"}

    assert used <= PURE | PURE_LIBRARIES
    names = {node.id for node in ast.walk(tree_of(PACKAGE / name)) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree_of(PACKAGE / name)) if isinstance(node, ast.Attribute)}
    assert not names & ACTS
    assert not attributes & CLOCKS


def test_only_the_composition_root_knows_the_settings() -> None:
    knows = {
        place_of(name)
        for name in NAMES
        if any("settings" in (module, taken) for module, taken in own_imports(PACKAGE / name))
    }

    assert {"app"} <= knows <= {"app", "hooks", "serve", "__main__", "launcher"}


@pytest.mark.parametrize("folder", ["core", "ports", "runs", "conversations", "proxy", "auth", "adapters"])
def test_nothing_below_the_root_reads_the_environment(folder: str) -> None:
    for path in (PACKAGE / folder).rglob("*.py"):
        assert not any(module == "os" for module, _ in imports(path)), path


@pytest.mark.parametrize("name", NAMES)
def test_files_are_short_and_everything_public_says_what_it_is(name: str) -> None:
    path = PACKAGE / name
    assert len(path.read_text().splitlines()) <= 300
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{name} does not say what it is for"
    silent = [node.name for node in public(tree) if not ast.get_docstring(node)]
    assert not silent, f"{name}: {silent}"


def public(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node)


def test_every_folder_says_what_lives_in_it() -> None:
    for folder in {path.parent for path in FILES}:
        if folder.parts[-2:] in {("store", "migrations"), ("migrations", "versions")}:
            continue  # Alembic runs these; they are no package.
        assert (folder / "__init__.py").exists(), folder


def test_every_place_has_its_rule() -> None:
    assert {place_of(name) for name in NAMES} - {"__init__"} == set(ALLOWED)
