import { NodeCrypto } from "#hal/node/crypto.ts";
import type { RadioEvent, RadioRequest } from "#hal/radio-port.ts";
import { gatewayAir } from "#sim/fleet/gateway-air.ts";
import { InProcessGateway } from "#sim/gateway/in-process.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { EndDeviceMac, type MacEvent, newMacNvm } from "#sim/mac/end-device.ts";
import { NetworkServer } from "#sim/server/network-server.ts";
import { IN_EU868 } from "../../sim/eu868.ts";
import type { RadioRig } from "../radio.contract.ts";
import { groupFrame, IDENTITY } from "./frames.ts";

const crypto = new NodeCrypto();

/** The simulated MAC, as the fleet has it. */
export function macRig(): RadioRig {
  const engine = new Engine();
  const { region } = IN_EU868;
  const campaign = { frequencyHz: region.rx2.frequencyHz, dutyCyclePercent: 10 };
  const air = gatewayAir({ campaign, air: { classADutyCycle: true }, regional: IN_EU868 });
  const gateway = new InProcessGateway(engine, air, (downlink) => {
    if (mac.hears(downlink)) mac.receive(downlink);
  });
  const server = new NetworkServer(
    { netId: 0x13, gpsAtStart: 0, regional: IN_EU868 },
    {
      scheduler: engine,
      crypto,
      entropy: new KeyedEntropy(1, 2),
      transmit: (request, ack) => gateway.transmit(request, (said) => ack(said === "ok")),
    },
  );
  const keys = { ...IDENTITY, nwkKey: IDENTITY.appKey, lorawan: "1.0" } as const;
  const device = server.provision({ ...keys, rootSecret: IDENTITY.appKey, packages: 1 });
  const uplinks: string[] = [];
  server.listen((_, fPort, payload) => {
    uplinks.push(`${fPort} ${Buffer.from(payload).toString("hex")}`);
  });
  const events: RadioEvent[] = [];
  const toSend: RadioRig["toSend"] = [];
  const onMac = (event: MacEvent): void => {
    if (event.type === "linkCheck" || event.type === "deviceTime") return;
    // One object for all multicast events: copy to keep.
    events.push(event.type === "downlink" ? { ...event, source: { ...event.source } } : event);
    if (event.type !== "uplinkReady") return;
    const next = toSend.shift();
    if (next !== undefined) mac.perform({ type: "uplink", ...next });
  };
  const mac: EndDeviceMac = new EndDeviceMac(
    { ...keys, uplinkDr: 5, regional: IN_EU868 },
    {
      scheduler: engine,
      crypto,
      entropy: new KeyedEntropy(1, 1),
      emit: onMac,
      transmit: (uplink) =>
        void engine.schedule(uplink.endUs, () => {
          if (gateway.hears(uplink)) server.receive(uplink);
        }),
    },
    newMacNvm(),
  );
  return {
    perform: (request: RadioRequest) => mac.perform(request),
    events,
    toSend,
    uplinks,
    until: async (isSo) => {
      engine.run(engine.now + 600 * 1e6, isSo);
      if (!isSo()) throw new Error("it did not happen");
    },
    pass: async (seconds) => engine.advance(Math.round(engine.now + seconds * 1e6)),
    enqueue: async (fPort, payload) => server.enqueue(device, fPort, payload),
    multicast: (fCnt, fPort, payload) => {
      const phyPayload = groupFrame(fCnt, fPort, payload);
      const timing = { type: "immediately" } as const;
      gateway.transmit({ phyPayload, frequencyHz: 869_525_000, dr: 0, timing }, () => {});
    },
    close: async () => {},
  };
}
