const NONE: readonly number[] = [];

/**
 * The keys that lie in `[start, end)`. What is wrong with a flash is sparse, so this looks up the
 * span or walks the keys, whichever is shorter.
 */
export function keysIn(
  keys: ReadonlyMap<number, unknown> | ReadonlySet<number>,
  start: number,
  end: number,
): readonly number[] {
  if (keys.size === 0) return NONE;
  const found: number[] = [];
  if (end - start < keys.size) {
    for (let key = start; key < end; key++) if (keys.has(key)) found.push(key);
  } else {
    for (const key of keys.keys()) if (key >= start && key < end) found.push(key);
  }
  return found;
}
