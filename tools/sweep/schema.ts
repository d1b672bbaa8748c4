/** What a sweep's `--json` holds. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const text = (maxLength: number, description: string) => Type.String({ maxLength, description });

const run = Type.Object(
  {
    seed: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
    ok: Type.Boolean({ description: "All expectations were met." }),
    updated: count("Devices that ended updated."),
    failed: Type.Array(text(200, "An expectation that was not met.")),
    reasons: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: "Devices by why they were not updated.",
    }),
    virtualSeconds: Type.Number({ minimum: 0 }),
    airtimeS: Type.Number({ minimum: 0, description: "All gateways." }),
    energyJ: Type.Number({ minimum: 0, description: "Mean of the devices." }),
    traceHash: text(100_000, "Digest over everything that happened."),
  },
  closed,
);

const configuration = Type.Object(
  {
    values: Type.Array(text(1000, "One per axis.")),
    devices: count("In each run."),
    updatedShare: share("Of all devices of all runs."),
    updatedLow: share("Lower end of its 95 % interval (Wilson), over devices."),
    updatedHigh: share("Upper end."),
    shareMin: share("Of the worst seed."),
    shareMedian: share("Of the seed in the middle."),
    shareMax: share("Of the best seed."),
    ok: count("Runs that met their expectations."),
    replay: text(2000, "The command that runs it again; `SEED` stands for a seed."),
    runs: Type.Array(run),
  },
  closed,
);

export const sweepSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    kind: Type.Literal("sweep"),
    version: text(40, "Of fuota."),
    scenario: Type.Object(
      {
        name: text(64, "From the file."),
        sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        text: text(1_048_576, "The scenario file, to the letter."),
      },
      closed,
    ),
    axes: Type.Array(
      Type.Object(
        { path: text(200, "Key of the scenario."), values: Type.Array(text(1000, "As written.")) },
        closed,
      ),
    ),
    seeds: Type.Array(Type.Integer({ minimum: 0, maximum: 4_294_967_295 })),
    interrupted: Type.Boolean({ description: "Stopped by hand: not all runs are in it." }),
    wallSeconds: Type.Number({ minimum: 0, description: "The only figure that may differ." }),
    configurations: Type.Array(configuration),
  },
  { ...closed, $id: "urn:fuota:sweep:1", title: "a fuota sweep" },
);

export type SweepReport = Static<typeof sweepSchema>;
export type SweptConfiguration = SweepReport["configurations"][number];
export type SweptRun = SweptConfiguration["runs"][number];
