import type { Deviations } from "#sim/personas/deviations.ts";
import { FragServer } from "../../agent/frag-server.ts";
import type { TestDevice } from "../../agent/test-device.ts";
import { answersTo, textOf } from "./persona-device.ts";

export const SETUP =
  "02 00 fe ff ff 01 fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce 00 00 00 00 ff ff ff ff";
export const counting = Uint8Array.from({ length: 100 }, (_, at) => at);

/** One deviation, and what a server sees of it. */
export interface Case {
  readonly does: Deviations;
  /** What it does in both runs. */
  readonly base?: Deviations;
  readonly act: (device: TestDevice) => string;
  readonly off: string;
  readonly on: string;
  readonly version?: 2;
  readonly synced?: false;
  readonly rows?: number;
}

export type Cases<Key extends keyof Deviations> = Readonly<Record<Key, readonly Case[]>>;

export const ask = (fPort: number, request: string, waitS?: number) => (device: TestDevice) =>
  answersTo(device, fPort, request, waitS).join(",");

export function served(
  device: TestDevice,
  fragments: readonly number[],
  version: 1 | 2 = 1,
): FragServer {
  const server = new FragServer({ version, data: counting, fragSize: 10 });
  answersTo(device, 201, textOf(server.setup()));
  for (const n of fragments) device.downlink(201, server.fragment(n));
  return server;
}

export const statusOf = (device: TestDevice, request = "01 01") =>
  answersTo(device, 201, request).join(",");

export const status =
  (fragments: readonly number[], version: 1 | 2 = 1, request = "01 01") =>
  (device: TestDevice) => {
    served(device, fragments, version);
    return statusOf(device, request);
  };
