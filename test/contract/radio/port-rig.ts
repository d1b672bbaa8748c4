import type { RadioEvent } from "#hal/radio-port.ts";
import type { ModemSettings } from "#hal/serial/drivers/driver.ts";
import { driverOf } from "#hal/serial/drivers/driver-of.ts";
import { BAUD_RATES, findModem, Listener } from "#hal/serial/find-modem.ts";
import { SerialRadio } from "#hal/serial/serial-radio.ts";
import { maxPayloadBytes } from "#scenarios/regions/payload.ts";
import type { RegionName } from "#scenarios/regions/region.ts";
import { regionOf } from "#scenarios/regions/regions.ts";
import { openTarget, portTarget } from "#tools/probe/port-target.ts";
import type { RadioRig } from "../radio.contract.ts";

const JOIN_MAX_MS = 120_000;

/** The driver on whatever modem is at a port, in a network that is somebody else's. */
export async function portRig(
  port: string,
  region: RegionName,
  settings: Omit<ModemSettings, "band">,
): Promise<RadioRig> {
  const events: RadioEvent[] = [];
  const toSend: RadioRig["toSend"] = [];
  const said: string[] = [];
  let changed = () => {};
  const listener = new Listener();
  let radio: SerialRadio | undefined;
  const transport = await openTarget(portTarget(port), BAUD_RATES[0], {
    onData: (bytes) => (radio ?? listener).receive(bytes),
    onClosed: (cause) => radio?.end(cause),
  });
  const found = await findModem(transport, listener);
  const driver =
    found.type === "modem" ? driverOf(found.modem.dialect, found.modem.firmware) : undefined;
  if (found.type !== "modem" || driver === undefined) {
    await transport.close();
    throw new RangeError(`${port}: no modem that can be driven (${found.type})`);
  }
  const plan = regionOf(region);
  const own = new SerialRadio(transport, {
    dialect: found.modem.dialect,
    driver,
    settings: { ...settings, band: region },
    payloadMaxBytes: maxPayloadBytes(plan, settings.dr),
    emit: (event) => {
      events.push(event);
      const next = event.type === "uplinkReady" ? toSend.shift() : undefined;
      if (next !== undefined) own.perform({ type: "uplink", ...next });
      changed();
    },
    say: (text) => void said.push(text),
    onEnd: (cause) => void said.push(cause.message),
  });
  radio = own;
  own.start();
  const notOurs = () => {
    throw new RangeError("the network is not ours");
  };
  return {
    isNetworkForeign: true,
    tuning: plan.rx2,
    perform: (request) => own.perform(request),
    events,
    toSend,
    uplinks: [],
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const give = () => reject(new Error(`it did not happen; the driver: ${said.join("; ")}`));
        const timer = setTimeout(give, JOIN_MAX_MS);
        changed = () => {
          if (!isSo()) return;
          clearTimeout(timer);
          resolve();
        };
        changed();
      }),
    pass: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
    enqueue: notOurs,
    multicast: notOurs,
    close: async () => {
      own.end();
      await transport.close();
    },
  };
}
