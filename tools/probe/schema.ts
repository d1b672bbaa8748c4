/** What `fuota probe --json` writes. */
import Type, { type Static } from "typebox";
import type { ProbeResult } from "./probe.ts";

const closed = { additionalProperties: false } as const;
const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });

const capabilities = Type.Object(
  {
    mcGroups: Type.Integer({ minimum: 0, description: "Multicast groups at a time." }),
    mcTuning: Type.Union(
      [Type.Literal("own"), Type.Literal("viaRx2"), Type.Literal("rx2"), Type.Literal("none")],
      { description: "Where a group's frequency and data rate come from." },
    ),
    mcInitialFCnt: Type.Boolean({ description: "A group's first counter can be told to it." }),
    saysMulticast: Type.Boolean({ description: "A downlink says that it was multicast." }),
    saysWindow: Type.Boolean({ description: "A downlink says its window." }),
    timeSync: Type.Union([Type.Literal("1s"), Type.Literal("ms"), Type.Literal("none")]),
    saysSent: Type.Boolean({ description: "The end of an unconfirmed uplink is told." }),
    payloadMaxBytes: Type.Integer({ minimum: 0 }),
  },
  closed,
);

const modem = Type.Object(
  {
    dialect: Type.String(),
    title: Type.String(),
    firmware: Type.String({ description: "As the modem spells it." }),
    version: Type.Union([Type.String(), Type.Null()], {
      description: "What can be compared of it.",
    }),
    identity: texts("What the hardware says of itself; never a key."),
    settings: texts("What it is set to."),
    mcGroups: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: "Addresses of the multicast groups it holds; null: it cannot say.",
    }),
    capabilities,
    bugs: Type.Array(
      Type.Object({ symptom: Type.String(), advice: Type.String(), source: Type.String() }, closed),
    ),
  },
  closed,
);

export const probeSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    version: Type.String({ maxLength: 40, description: "Of fuota." }),
    port: Type.String(),
    baudRate: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: "null: the other end has set it.",
    }),
    modem: Type.Union([modem, Type.Null()], {
      description: "null: recognised as something that is not spoken with.",
    }),
    verdict: Type.Object(
      {
        fuota: Type.Union([Type.Literal("yes"), Type.Literal("limited"), Type.Literal("no")]),
        reasons: Type.Array(Type.String()),
      },
      closed,
    ),
  },
  { ...closed, $id: "urn:fuota:probe:1", title: "a modem, probed" },
);
export type ProbeDocument = Static<typeof probeSchema>;

export function probeDocument(result: ProbeResult, version: string): ProbeDocument {
  const { port, baudRate, modem: found, verdict } = result;
  return {
    schemaVersion: 1,
    version,
    port,
    baudRate: baudRate ?? null,
    modem:
      found === undefined
        ? null
        : {
            dialect: found.dialect,
            title: found.title,
            firmware: found.firmware,
            version: found.version ?? null,
            identity: { ...found.identity },
            settings: { ...found.settings },
            mcGroups: found.mcGroups === undefined ? null : [...found.mcGroups],
            capabilities: { ...found.capabilities },
            bugs: found.bugs.map((bug) => ({ ...bug })),
          },
    verdict: { fuota: verdict.fuota, reasons: [...verdict.reasons] },
  };
}
