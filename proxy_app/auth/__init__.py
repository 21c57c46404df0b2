"""Who is connecting. Each module is one way of knowing; all of them are `Authenticator`s."""
