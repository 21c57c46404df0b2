/** Work that can wait until there is nothing better to do. */

const waiting: (() => void)[] = [];
let asked = false;

/** Do `work` when there is time, one piece of work after the other. */
export function whenIdle(work: () => void): void {
  waiting.push(work);
  ask();
}

function ask(): void {
  if (asked || waiting.length === 0) return;
  asked = true;
  const request = globalThis.requestIdleCallback as typeof requestIdleCallback | undefined;
  if (request) request(run, { timeout: 2000 });
  else setTimeout(run, 50);
}

function run(): void {
  asked = false;
  waiting.shift()?.();
  ask();
}
