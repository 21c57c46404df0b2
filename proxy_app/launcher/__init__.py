"""The processes of ``make run``: prepares what is missing, starts them, watches them, stops them.

Nothing of the service lives here. In production only `deployment` is used, to make secrets.
"""
