/** Has the page itself kept by its service worker, for a start without a network. */

const WORKER = new URL("worker.js", document.baseURI).href;

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): unknown };
}

/** Start the worker once the page is there; where there can't be one, all goes on without. */
export function keepPage(): void {
  addEventListener("load", () => {
    try {
      // The one script that is named by a text; the page's policy lets this name through and no other.
      const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
      const url = trustedTypes?.createPolicy("onesocket-worker", { createScriptURL: () => WORKER }).createScriptURL("") ?? WORKER;
      navigator.serviceWorker.register(url as string).catch(() => undefined);
    } catch {
      // No worker here: an origin that is not secure, a frame without storage, an old browser.
    }
  });
}
