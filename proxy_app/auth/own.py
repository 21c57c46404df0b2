"""An object of yours that decides who is connecting."""

import importlib
import inspect
from typing import cast

from ..errors import SettingsError
from ..ports import Authenticator


def load_authenticator(name: str) -> Authenticator:
    """Import the object that ``package.module:object`` names.

    Raises:
        SettingsError: It is not there, or is no `Authenticator`.
    """
    module_name, _, object_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        raise SettingsError(f"CHAT_AUTH names {name}, but there is no module {exc.name}.") from exc
    except Exception as exc:
        raise SettingsError(
            f"CHAT_AUTH names {name}, but {module_name} can't be imported: {type(exc).__name__}: {exc}."
        ) from exc
    found = getattr(module, object_name, None)
    if found is None:
        raise SettingsError(f"CHAT_AUTH names {name}, but {module_name} has no {object_name}.")
    if inspect.isclass(found):
        raise SettingsError(f"CHAT_AUTH names {name}, which is a class; name an object of it.")
    for method in ("authenticate", "refresh"):
        if not inspect.iscoroutinefunction(getattr(found, method, None)):
            raise SettingsError(f"CHAT_AUTH names {name}, which has no method `async def {method}`.")
    return cast("Authenticator", found)
