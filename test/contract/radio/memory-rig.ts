import { vi } from "vitest";
import { NodeCrypto } from "#hal/node/crypto.ts";
import type { RadioEvent } from "#hal/radio-port.ts";
import { driverOf } from "#hal/serial/drivers/driver-of.ts";
import { SerialRadio } from "#hal/serial/serial-radio.ts";
import type { Transport } from "#hal/serial/transport.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { IN_EU868 } from "../../sim/eu868.ts";
import type { RadioRig } from "../radio.contract.ts";
import { groupFrame, IDENTITY } from "./frames.ts";

const STEP_MS = 10;

export interface MemoryRig extends RadioRig {
  readonly lab: ModemLab;
  readonly radio: SerialRadio;
  /** What the driver has told the operator. */
  readonly said: readonly string[];
  /** Lines to the modem. */
  readonly heard: string;
  /** Why the radio ended. */
  readonly ended: readonly Error[];
  /** The host does not read; what the modem says meanwhile comes at once afterwards. */
  hold(isHeld: boolean): void;
  /** Bytes that the host gets, as if from the modem. */
  inject(text: string): void;
}

export interface MemoryRigOptions {
  /** What the host gets at a time. */
  readonly chunkBytes?: number;
  /** What the line carries in each step of time; a slow one has a queue. */
  readonly bytesPerStep?: number;
  /** How long the modem has had power when the host comes. */
  readonly poweredMs?: number;
}

/** The driver on a virtual modem, in memory and in virtual time (fake timers are on). */
export function memoryRig(profile: ProfileName, options: MemoryRigOptions = {}): MemoryRig {
  const { chunkBytes = Number.POSITIVE_INFINITY, bytesPerStep, poweredMs = 0 } = options;
  const uplinks: string[] = [];
  const events: RadioEvent[] = [];
  const toSend: RadioRig["toSend"] = [];
  const said: string[] = [];
  const ended: Error[] = [];
  let heard = "";
  let queue: readonly number[] = [];
  let isHeld = false;
  const deliver = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      radio.receive(bytes.subarray(at, Math.min(at + chunkBytes, bytes.length)));
    }
  };
  const lab = new ModemLab({
    profile: PROFILES[profile],
    regional: IN_EU868,
    identity: IDENTITY,
    crypto: new NodeCrypto(),
    seed: 1,
    gpsAtStart: 1_451_260_818,
    // The line takes its time: nothing is answered from within a write.
    emit: (bytes) => {
      if (bytesPerStep === undefined && !isHeld) {
        lab.engine.schedule(lab.engine.now + 1000, () => deliver(bytes));
      } else {
        queue = [...queue, ...bytes];
      }
    },
    onUplink: (fPort, payload) => {
      uplinks.push(`${fPort} ${Buffer.from(payload).toString("hex")}`);
    },
  });
  const { family, firmware } = PROFILES[profile];
  const driver = driverOf(family, firmware);
  if (driver === undefined) throw new RangeError(profile);
  const transport: Transport = {
    write: async (bytes) => {
      heard += Buffer.from(bytes).toString("latin1");
      lab.modem.receive(bytes);
    },
    close: async () => {},
  };
  const radio: SerialRadio = new SerialRadio(transport, {
    dialect: family,
    driver,
    settings: { ...IDENTITY, band: "EU868", dr: 5 },
    payloadMaxBytes: 222,
    emit: (event) => {
      events.push(event);
      if (event.type !== "uplinkReady") return;
      const next = toSend.shift();
      if (next !== undefined) radio.perform({ type: "uplink", ...next });
    },
    say: (text) => said.push(text),
    onEnd: (cause) => ended.push(cause),
  });
  const step = async () => {
    lab.engine.advance(lab.engine.now + STEP_MS * 1000);
    const count = isHeld ? 0 : (bytesPerStep ?? queue.length);
    deliver(Uint8Array.from(queue.slice(0, count)));
    queue = queue.slice(count);
    await vi.advanceTimersByTimeAsync(STEP_MS);
  };
  lab.modem.powerOn();
  lab.engine.advance(poweredMs * 1000);
  radio.start();
  return {
    lab,
    radio,
    said,
    ended,
    get heard() {
      return heard;
    },
    hold: (value) => {
      isHeld = value;
    },
    inject: (text) => deliver(Buffer.from(text, "latin1")),
    perform: (request) => radio.perform(request),
    events,
    toSend,
    uplinks,
    until: async (isSo) => {
      for (let steps = 0; steps < 60_000 && !isSo(); steps++) await step();
      if (!isSo()) throw new Error(`it did not happen; the modem was told:\n${heard.slice(-400)}`);
    },
    pass: async (seconds) => {
      for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) await step();
    },
    enqueue: async (fPort, payload) => lab.server.enqueue(lab.device, fPort, payload),
    multicast: (fCnt, fPort, payload) =>
      lab.broadcast(groupFrame(fCnt, fPort, payload), 869_525_000, 0),
    close: async () => radio.end(),
  };
}
