"""``make bench``: what the service costs, in milliseconds, cores and kilobytes.

Everything is measured on the running product: a scripted upstream, a real Centrifugo, real WebSocket clients.
"""
