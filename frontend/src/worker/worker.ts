/**
 * Keeps the page itself for a start without a network: what it shows then, the page keeps elsewhere.
 *
 * The document comes from the network whenever that answers, so that nobody is held at an old version; assets, whose
 * names carry a hash of their content, come from the cache. Everything else is none of its business.
 */

const worker = self as unknown as ServiceWorkerGlobalScope;
const scope = new URL(worker.registration.scope);
/** Ours alone: caches belong to the origin, where others may have theirs. */
const CACHE = `onesocket ${scope.pathname}`;
/** Milliseconds that the network has to answer in where there is something to show instead. */
const PATIENCE = 4000;

worker.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([worker.skipWaiting(), fetch(scope, { cache: "no-cache" }).then(keep)]));
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== scope.origin) return;
  if (mode === "navigate" && pathname === scope.pathname) event.respondWith(page(event));
  else if (pathname.startsWith(`${scope.pathname}assets/`)) event.respondWith(asset(event));
});

async function page(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(scope);
  const answer = fetch(event.request);
  event.waitUntil(answer.then((response) => keep(response.clone())).catch(() => undefined));
  if (!kept) return answer;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), PATIENCE));
  return Promise.race([answer.then((response) => (response.status < 500 ? response : kept), () => kept), late]);
}

async function asset({ request }: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** Keep a document with its assets; those of another version go. */
async function keep(response: Response): Promise<void> {
  if (!response.ok || response.redirected) return;
  const cache = await caches.open(CACHE);
  const [text, before] = await Promise.all([response.clone().text(), cache.match(scope).then((kept) => kept?.text())]);
  if (text === before) return;
  const assets = [...text.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map(([, path]) => new URL(path as string, scope).href);
  await cache.addAll(assets);
  await cache.put(scope, response);
  if (before === undefined) return;
  const own = new Set([scope.href, ...assets]);
  for (const request of await cache.keys()) if (!own.has(request.url)) await cache.delete(request);
}
