import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RadioEvent } from "#hal/radio-port.ts";
import { driverOf } from "#hal/serial/drivers/driver-of.ts";
import { SerialRadio } from "#hal/serial/serial-radio.ts";
import { openSerial } from "#hal/serial/serial-transport.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import type { RadioRig } from "../radio.contract.ts";
import { IDENTITY } from "./frames.ts";
import type { News, Order } from "./modem-process.ts";

const program = fileURLToPath(new URL("modem-process.ts", import.meta.url));
const PATIENCE_MS = 60_000;

/** The driver on the real port library, and a virtual modem in another process, in a faster world. */
export async function ptyRig(profile: ProfileName, speed = 1): Promise<RadioRig> {
  const uplinks: string[] = [];
  const events: RadioEvent[] = [];
  const toSend: RadioRig["toSend"] = [];
  let ended: Error | undefined;
  let changed = () => {};
  const child = fork(program, [profile, String(speed)], {
    execArgv: ["--conditions=fuota-source", "--import", "tsx"],
  });
  let onEnqueued = () => {};
  const path = await pathOf(child, (news) => {
    if (news.type === "uplink") uplinks.push(news.text);
    else onEnqueued();
    changed();
  });
  const { family, firmware, baudRate } = PROFILES[profile];
  const driver = driverOf(family, firmware);
  if (driver === undefined) throw new RangeError(profile);
  const transport = await openSerial(path, baudRate, {
    onData: (bytes) => radio.receive(bytes),
    onClosed: () => radio.end(),
  });
  const radio: SerialRadio = new SerialRadio(transport, {
    dialect: family,
    driver,
    settings: { ...IDENTITY, band: "EU868", dr: 5 },
    payloadMaxBytes: 222,
    emit: (event) => {
      events.push(event);
      if (event.type === "uplinkReady") {
        const next = toSend.shift();
        if (next !== undefined) radio.perform({ type: "uplink", ...next });
      }
      changed();
    },
    say: () => {},
    onEnd: (cause) => {
      ended = cause;
      changed();
    },
  });
  radio.start();
  const order = (one: Order) => void child.send(one);
  return {
    perform: (request) => radio.perform(request),
    events,
    toSend,
    uplinks,
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("it did not happen")), PATIENCE_MS);
        changed = () => {
          if (!isSo() && ended === undefined) return;
          clearTimeout(timer);
          if (ended === undefined) resolve();
          else reject(ended);
        };
        changed();
      }),
    pass: (seconds) => new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / speed)),
    // By another way than the uplink that it is to answer.
    enqueue: (fPort, payload) =>
      new Promise((resolve) => {
        onEnqueued = resolve;
        order({ type: "enqueue", fPort, hex: hexOf(payload) });
      }),
    multicast: (fCnt, fPort, payload) =>
      order({ type: "multicast", fCnt, fPort, hex: hexOf(payload) }),
    close: async () => {
      await transport.close();
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function pathOf(
  child: ChildProcess,
  onNews: (news: Exclude<News, { type: "path" }>) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`the modem ended with ${status}`)));
    child.on("message", (news: News) => {
      if (news.type === "path") resolve(news.path);
      else onNews(news);
    });
  });
}
