import type { FlashOperationKind } from "./cuts.ts";

export interface OperationTime {
  readonly typUs: number;
  readonly maxUs: number;
}

/** How long a part takes, by its data sheet. */
export interface FlashDurations {
  /** One pulse, which programs up to `bytes` bytes of one aligned block of so many. */
  readonly program: OperationTime & { readonly bytes: number };
  /** One sector, whatever its size. */
  readonly erase: OperationTime;
}

export function durationUs(
  durations: FlashDurations,
  kind: FlashOperationKind,
  address: number,
  sizeBytes: number,
  pace: keyof OperationTime,
): number {
  if (kind === "erase") return durations.erase[pace];
  const { bytes } = durations.program;
  const first = Math.floor(address / bytes);
  const end = Math.ceil((address + sizeBytes) / bytes);
  return (end - first) * durations.program[pace];
}
