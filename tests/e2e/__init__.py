"""The whole way: real servers, the real service, real clients; only the model is scripted."""
