"""The pure core: what a run's content is, how it is cut into publications and put together again.

Nothing in here does I/O, reads a clock or knows asyncio; every decision takes its inputs as arguments.
"""
