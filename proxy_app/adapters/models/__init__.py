"""Calls that go out to language models, over OpenAI's API, which most servers speak."""

from .catalogue import ModelCatalogue
from .openai import OpenAIChatModel
from .opening import open_chat_model

__all__ = ["ModelCatalogue", "OpenAIChatModel", "open_chat_model"]
