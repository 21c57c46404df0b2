/** Work that is to be done once per painted frame, however often it is asked for. */

const due = new Set<() => void>();

/** Do `work` before the next frame; a hidden page does it when it is shown again. */
export function beforePaint(work: () => void): void {
  if (due.size === 0) requestAnimationFrame(flush);
  due.add(work);
}

function flush(): void {
  const works = [...due];
  due.clear();
  for (const work of works) work();
}
