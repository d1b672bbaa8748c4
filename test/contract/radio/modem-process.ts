import { NodeCrypto } from "#hal/node/crypto.ts";
import { PseudoTerminal } from "#hal/serial/pseudo-terminal.ts";
import { ModemLab } from "#sim/modem/modem-lab.ts";
import { PROFILES, type ProfileName } from "#sim/modem/profiles.ts";
import { Uart } from "#tools/modem/uart.ts";
import { IN_EU868 } from "../../sim/eu868.ts";
import { groupFrame, IDENTITY } from "./frames.ts";

/** What the test may ask of the world behind the modem. */
export type Order =
  | { readonly type: "enqueue"; readonly fPort: number; readonly hex: string }
  | {
      readonly type: "multicast";
      readonly fCnt: number;
      readonly fPort: number;
      readonly hex: string;
    };
export type News =
  | { readonly type: "path"; readonly path: string }
  | { readonly type: "enqueued" }
  | { readonly type: "uplink"; readonly text: string };

/** A virtual modem on a pseudo-terminal, in a process of its own, whose world goes so much faster. */
const [, , profileName, speed = "1"] = process.argv;
const profile = PROFILES[profileName as ProfileName];
const tell = (news: News) => process.send?.(news);
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

const terminal = await PseudoTerminal.open({
  onData: (chunk) => {
    sync();
    lab.modem.receive(chunk);
  },
});
const uart = new Uart(
  profile.baudRate,
  () => performance.now(),
  (chunk) => terminal.write(chunk),
);
const lab = new ModemLab({
  profile,
  regional: IN_EU868,
  identity: IDENTITY,
  crypto: new NodeCrypto(),
  seed: 1,
  gpsAtStart: 1_451_260_818,
  emit: (chunk) => uart.write(chunk),
  onUplink: (fPort, payload) =>
    tell({ type: "uplink", text: `${fPort} ${Buffer.from(payload).toString("hex")}` }),
});
const startMs = performance.now();
const sync = () => {
  const us = Math.floor((performance.now() - startMs) * 1000 * Number(speed));
  lab.engine.advance(Math.max(us, lab.engine.now));
};
process.on("message", (order: Order) => {
  sync();
  const payload = bytes(order.hex);
  if (order.type === "enqueue") {
    lab.server.enqueue(lab.device, order.fPort, payload);
    tell({ type: "enqueued" });
  } else lab.broadcast(groupFrame(order.fCnt, order.fPort, payload), 869_525_000, 0);
});
process.on("disconnect", () => process.exit());
lab.modem.powerOn();
tell({ type: "path", path: terminal.path });
setInterval(sync, 2);
