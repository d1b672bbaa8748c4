import { DROGUE_CHANNEL, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import type { DrogueEvent } from "#sim/server/drogue/cloud.ts";
import type { DrogueDevice } from "#sim/server/drogue/registry.ts";

const SHOWN_MAX = 60;

/** Tells what a device runs and what it begins to download, when that is something else than before. */
export function storyOf(say: (text: string) => void) {
  const last = new Map<DrogueDevice, string>();
  return ({ device, channel, payload }: DrogueEvent) => {
    const decoded = decodeCbor(drogueStatus, payload);
    if (channel !== DROGUE_CHANNEL || !decoded.ok) return;
    const { version, update } = decoded.value;
    const runs = `runs ${shown(version)}`;
    const text = update === undefined ? runs : `${runs}, downloads ${shown(update.version)}`;
    const before = last.get(device);
    // A device within a download asks now and then what there is.
    if (text === before || before?.startsWith(`${text},`)) return;
    last.set(device, text);
    say(`${device.name}  ${text}`);
  };
}

function shown(version: Uint8Array): string {
  return new TextDecoder().decode(version.subarray(0, SHOWN_MAX)).replace(/\p{C}/gu, "?");
}
