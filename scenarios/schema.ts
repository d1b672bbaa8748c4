/** The scenario file: one declaration gives the JSON Schema and the TypeScript type. */
import Type, { type Static } from "typebox";
import { campaignSchema, firmwareSchema } from "./campaign-schema.ts";
import { devicesSchema } from "./device-schema.ts";
import { expectSchema } from "./expect-schema.ts";
import { modemSchema } from "./modem-schema.ts";
import { pullSchema } from "./pull-schema.ts";
import { dwellTimeSchema, regionSchema, subBandSchema } from "./region-schema.ts";
import { closed } from "./schema-parts.ts";
import { serverSchema } from "./server-schema.ts";
import { airSchema, faultSchema } from "./trouble-schema.ts";

export const scenarioSchema = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
      title: "up to 64 lower-case letters, digits and dashes",
      description: "Names the run in reports.",
    }),
    description: Type.Optional(
      Type.String({ maxLength: 2000, description: "For people; printed above the run." }),
    ),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description: "Decides every draw of the run. Default 1.",
      }),
    ),
    region: Type.Optional(regionSchema),
    subBand: Type.Optional(subBandSchema),
    dwellTime: Type.Optional(dwellTimeSchema),
    devices: Type.Optional(devicesSchema),
    firmware: Type.Optional(firmwareSchema),
    campaign: Type.Optional(campaignSchema),
    air: Type.Optional(airSchema),
    server: Type.Optional(serverSchema),
    modem: Type.Optional(modemSchema),
    faults: Type.Optional(
      Type.Array(faultSchema, { maxItems: 100, description: "What befalls the devices." }),
    ),
    pull: Type.Optional(
      Type.Array(pullSchema, {
        minItems: 1,
        maxItems: 64,
        description:
          "Devices with an IP link that pull the firmware in chunks: groups, each with its server.",
      }),
    ),
    expect: expectSchema,
  },
  {
    ...closed,
    $id: "urn:fuota:scenario:1",
    title: "a fuota scenario",
    description:
      "A firmware update over LoRaWAN or pulled over IP, its fleet, its troubles and its verdict.",
  },
);
export type Scenario = Static<typeof scenarioSchema>;

/** A scenario with LoRaWAN devices; it may have others, too. */
export type LorawanScenario = Scenario & Required<Pick<Scenario, "devices" | "campaign">>;

export function hasLorawan(scenario: Scenario): scenario is LorawanScenario {
  return scenario.devices !== undefined && scenario.campaign !== undefined;
}
