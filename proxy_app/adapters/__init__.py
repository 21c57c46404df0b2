"""Calls that go out: to models, to Centrifugo, to the database; each fits a port by its shape.

Foreign exceptions are translated here, where they are met; nothing above knows another library's.
"""
