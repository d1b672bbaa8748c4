/** Visits all, `atOnce` of them at a time, and tells how many are done. */
export async function forEach<T>(
  all: readonly T[],
  atOnce: number,
  onProgress: (done: number, all: number) => void,
  visit: (one: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = all.entries();
  let done = 0;
  const worker = async () => {
    for (const [index, one] of waiting) {
      await visit(one, index);
      done += 1;
      onProgress(done, all.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
