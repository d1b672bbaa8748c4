/** What `fuota plan --json` writes. */
import Type, { type Static } from "typebox";
import type { Plan } from "./plan.ts";

const closed = { additionalProperties: false } as const;
const chance = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const seconds = (description: string) => Type.Number({ minimum: 0, description });
const percentOrNone = (description: string) =>
  Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description });

export const planSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    version: Type.String({ maxLength: 40, description: "Of fuota." }),
    name: Type.String({ maxLength: 64, description: "Of the scenario." }),
    region: Type.String({ maxLength: 16 }),
    dr: count("Multicast data rate."),
    devices: count("Fleet size."),
    sentBytes: count("What goes over the air."),
    fragSize: count("Bytes per fragment."),
    nbFrag: count("Uncoded fragments."),
    paddingBytes: count("In the last of them."),
    codedFragments: count("Coded fragments."),
    redundancyPercent: count("The same in percent of the uncoded ones."),
    spacingS: seconds("Between two frames."),
    multicastAirtimeS: seconds("Of all fragments of a cell's campaigns, on all its gateways."),
    timeoutExponent: count("TimeOut of the session: 2^n seconds."),
    updatedShare: chance("Expected share of the fleet that ends updated."),
    fleetChance: chance("Chance that all do."),
    kinds: Type.Array(
      Type.Object(
        {
          name: Type.String({ maxLength: 40 }),
          updatedChance: chance("Of a device of this kind."),
        },
        closed,
      ),
    ),
    target: chance("What the redundancy was to reach."),
    forDevicePercent: percentOrNone("Redundancy that it takes for a device; null: none does."),
    forFleetPercent: percentOrNone("Redundancy that it takes for the whole fleet."),
    redundancy: Type.Array(
      Type.Object(
        {
          percent: count("Redundancy."),
          codedFragments: count("The same in fragments."),
          sessionS: seconds("Length of the session."),
          deviceChance: chance("That a device decodes."),
        },
        closed,
      ),
    ),
    trials: count("Devices simulated."),
    leftOut: Type.Array(Type.String(), { description: "What the chances do not count." }),
    warnings: Type.Array(Type.String()),
    problem: Type.Union([Type.String(), Type.Null()], { description: "Why it cannot be run." }),
    fittingDrs: Type.Array(Type.Integer({ minimum: 0, maximum: 15 }), {
      description: "Data rates at which it fits one class C session.",
    }),
  },
  { ...closed, $id: "urn:fuota:plan:1", title: "a fuota plan" },
);
export type PlanDocument = Static<typeof planSchema>;

export function planDocument(plan: Plan, version: string): PlanDocument {
  const { resolved, prediction, problem } = plan;
  const { session } = prediction;
  return {
    schemaVersion: 1,
    version,
    name: resolved.name,
    region: resolved.regional.region.name,
    dr: resolved.campaign.dr,
    devices: resolved.devices.count,
    sentBytes: plan.sentBytes,
    fragSize: resolved.campaign.fragSize,
    nbFrag: session.nbFrag,
    paddingBytes: session.paddingBytes,
    codedFragments: session.codedFragments,
    redundancyPercent: resolved.campaign.redundancyPercent,
    spacingS: prediction.spacingS,
    multicastAirtimeS: prediction.multicastAirtimeS,
    timeoutExponent: session.timeoutExponent,
    updatedShare: prediction.updatedShare,
    fleetChance: prediction.fleetChance,
    kinds: prediction.kinds.map(({ name, updatedChance }) => ({ name, updatedChance })),
    target: plan.target,
    forDevicePercent: plan.forDevicePercent ?? null,
    forFleetPercent: plan.forFleetPercent ?? null,
    redundancy: plan.rows.map((row) => ({ ...row })),
    trials: prediction.trials,
    leftOut: [...prediction.leftOut],
    warnings: [...plan.warnings],
    problem: problem === undefined ? null : `${problem.path.join(".")} ${problem.text}`,
    fittingDrs: [...plan.fittingDrs],
  };
}
