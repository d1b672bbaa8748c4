import { ChirpStackConnection } from "#hal/net/chirpstack-connection.ts";
import { deviceKeys } from "#sim/fleet/identity.ts";
import { InputError } from "#tools/errors.ts";
import { apiKeyOf } from "#tools/fleet/api-key.ts";
import { provisionChirpStack } from "#tools/provision/chirpstack.ts";
import type { ModemSetting } from "./modem-setting.ts";

interface ProvisionModemInput {
  readonly api: string;
  readonly apiKey: string | undefined;
  readonly setting: ModemSetting;
}

/**
 * Makes the gateway and the scenario's first device known to a ChirpStack. Throws `InputError` for what
 * that server would not know.
 */
export async function provisionModem({ api, apiKey, setting }: ProvisionModemInput): Promise<void> {
  const { scenario, seed, identity } = setting;
  if (scenario === undefined) throw new RangeError("a server is told of a scenario's device");
  const known = deviceKeys(seed, 0, "1.0");
  const isOurs = (["devEui", "joinEui", "appKey"] as const).every(
    (name) => Buffer.compare(known[name], identity[name]) === 0,
  );
  if (!isOurs) {
    throw new InputError(
      "--api makes the scenario's first device known, by its EUIs and key: leave out --dev-eui, --join-eui and --app-key",
    );
  }
  const odd = scenario.devices.kinds.find(
    ({ device }) => device.lorawan === "1.1" || device.activatedBy === "abp",
  );
  if (odd !== undefined) {
    throw new InputError(
      `devices of kind ${odd.name} are no devices of a modem: it joins, on LoRaWAN 1.0`,
    );
  }
  const connection = new ChirpStackConnection(api, apiKeyOf(apiKey));
  try {
    await provisionChirpStack(connection, {
      scenario: { ...scenario, devices: { ...scenario.devices, count: 1 } },
      seed,
      gateways: 1,
      onProgress: () => {},
    });
  } finally {
    connection.close();
  }
}
