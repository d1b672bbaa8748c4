const CHECK_MS = 200;

/** Until it is so, or long enough, or interrupted. */
export async function until(
  isDone: () => boolean,
  maxMs: number,
  interrupt: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + maxMs;
  while (!isDone() && performance.now() < endMs && !interrupt.aborted) {
    await waitFor(CHECK_MS, interrupt);
  }
}

export function waitFor(ms: number, interrupt: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      interrupt.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    interrupt.addEventListener("abort", done);
  });
}
