"""nginx's configuration where everything exists twice: it balances clients, proxy calls and publications."""

from dataclasses import dataclass
from pathlib import Path

from .policy import NOBODY, SECURITY_HEADERS, content_security_policy
from .scale_programs import upstreams

CONTENT_TYPES = "text/html html; text/css css; text/javascript js; image/svg+xml svg; font/woff2 woff2;"


@dataclass(frozen=True, slots=True)
class Balanced:
    """Ports on loopback: those that nginx listens on, and what is behind each."""

    page: int
    """The page and the clients' WebSockets."""
    proxy: int
    """Centrifugo's calls of the service."""
    api: int
    """The service's calls of Centrifugo's server API."""
    services: tuple[int, ...]
    centrifugos: tuple[int, ...]
    centrifugo_apis: tuple[int, ...]


def nginx_configuration(
    ports: Balanced, folder: Path, page: Path | None, frame_ancestors: str = NOBODY
) -> str:
    """Return the configuration; ``folder`` is nginx's own, ``page`` that of the built page.

    Every call may be sent to the next server where one does not answer: sends carry their client's id,
    publications an idempotency key, and everything else can be repeated by its nature.
    """
    calls = {"api": ports.centrifugo_apis, "service": ports.services}
    connections = {"centrifugo": ports.centrifugos}
    return f"""\
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    types {{ {CONTENT_TYPES} }}
    charset utf-8;
    access_log off;
    server_tokens off;
    client_max_body_size 0;
    client_body_buffer_size 1m;
    # More than the service takes (CHAT_MAX_HEADERS), which tells visitors so.
    large_client_header_buffers 4 64k;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{upstreams(calls, connections)}
    map $uri $cache_control {{ ~^/assets/ "public, max-age=31536000, immutable"; default "no-cache"; }}
    server {{
        listen 127.0.0.1:{ports.page};
{_page(page, frame_ancestors)}
        location = /connection/websocket {{
            proxy_pass http://centrifugo;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_buffering off;
            proxy_connect_timeout 1s;
            # Centrifugo pings every 25 s.
            proxy_read_timeout 60s;
            proxy_send_timeout 60s;
        }}
    }}
    server {{
        listen 127.0.0.1:{ports.proxy};
        location /centrifugo/ {{ proxy_pass http://service; {_CALLS} }}
    }}
    server {{
        listen 127.0.0.1:{ports.api};
        location /api {{ proxy_pass http://api; {_CALLS} }}
    }}
}}
"""


_CALLS = (
    'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 1s; '
    "proxy_read_timeout 2s; proxy_next_upstream error timeout http_502 http_503 non_idempotent; "
    "proxy_next_upstream_timeout 4s;"
)


def _page(folder: Path | None, frame_ancestors: str) -> str:
    if folder is None:
        return ""
    policy = content_security_policy(frame_ancestors=frame_ancestors)
    headers = {**SECURITY_HEADERS, "Content-Security-Policy": policy}
    told = "".join(f'        add_header {name} "{value}" always;\n' for name, value in headers.items())
    return (
        f"        root {folder};\n        add_header Cache-Control $cache_control;\n{told}"
        "        location / { try_files $uri $uri/index.html =404; }\n"
    )
