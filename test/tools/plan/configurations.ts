import type { LorawanScenario, Scenario } from "#scenarios/schema.ts";

/** What differs between two campaigns that a plan has to foresee. */
interface Configuration {
  readonly region?: NonNullable<Scenario["region"]>;
  readonly sizeBytes: number;
  readonly fragSize: number;
  readonly redundancyPercent: number;
  readonly loss: number;
  /** Mean length of a run of losses; else they are independent. */
  readonly burst?: number;
  readonly sharedLoss?: number;
  readonly unicastLoss?: number;
  readonly maxRetries?: number;
  readonly dr?: number;
  readonly packages?: "v1" | "v2";
  readonly device?: NonNullable<LorawanScenario["devices"]["defaults"]>;
  readonly faults?: NonNullable<Scenario["faults"]>;
  readonly outages?: NonNullable<NonNullable<Scenario["air"]>["outages"]>;
}

/** On the steep part of their curves: elsewhere any plan is right. */
export const CONFIGURATIONS: readonly Configuration[] = [
  // EU868: by loss, count, redundancy
  { sizeBytes: 5000, fragSize: 50, redundancyPercent: 15, loss: 0.1 },
  { sizeBytes: 5000, fragSize: 50, redundancyPercent: 9, loss: 0.05 },
  { sizeBytes: 5000, fragSize: 100, redundancyPercent: 20, loss: 0.05 },
  { sizeBytes: 5000, fragSize: 100, redundancyPercent: 30, loss: 0.1, packages: "v2" },
  { sizeBytes: 2600, fragSize: 100, redundancyPercent: 40, loss: 0.2 },
  { sizeBytes: 20_000, fragSize: 200, redundancyPercent: 12, loss: 0.1 },
  { sizeBytes: 20_000, fragSize: 200, redundancyPercent: 28, loss: 0.2, packages: "v2" },
  { sizeBytes: 30_000, fragSize: 100, redundancyPercent: 13, loss: 0.1 },
  { sizeBytes: 30_000, fragSize: 100, redundancyPercent: 44, loss: 0.3, packages: "v2" },
  // in bursts, at other data rates
  { sizeBytes: 10_000, fragSize: 50, redundancyPercent: 15, loss: 0.1, burst: 5, packages: "v2" },
  { sizeBytes: 10_000, fragSize: 48, redundancyPercent: 20, loss: 0.1, burst: 20, dr: 3 },
  { sizeBytes: 4800, fragSize: 48, redundancyPercent: 30, loss: 0.1, burst: 50, dr: 0 },
  // the gateway's losses
  { sizeBytes: 8000, fragSize: 100, redundancyPercent: 22, loss: 0.05, sharedLoss: 0.05 },
  { sizeBytes: 8000, fragSize: 100, redundancyPercent: 18, loss: 0, sharedLoss: 0.1 },
  // class A
  {
    sizeBytes: 2000,
    fragSize: 100,
    redundancyPercent: 60,
    loss: 0.05,
    unicastLoss: 0.2,
    maxRetries: 2,
  },
  {
    sizeBytes: 2000,
    fragSize: 100,
    redundancyPercent: 60,
    loss: 0.05,
    unicastLoss: 0.1,
    maxRetries: 0,
  },
  {
    sizeBytes: 8000,
    fragSize: 100,
    redundancyPercent: 20,
    loss: 0.1,
    unicastLoss: 0.3,
    maxRetries: 4,
  },
  // decoders with little memory; deaf devices; a silent gateway
  {
    sizeBytes: 10_000,
    fragSize: 100,
    redundancyPercent: 60,
    loss: 0.1,
    device: { matrixRows: 10 },
  },
  {
    sizeBytes: 10_000,
    fragSize: 100,
    redundancyPercent: 30,
    loss: 0.05,
    faults: [{ kind: "deaf", share: 0.3, when: { atFragment: 20 }, forS: 1_000_000 }],
  },
  {
    sizeBytes: 10_000,
    fragSize: 100,
    redundancyPercent: 20,
    loss: 0.05,
    outages: [{ when: { atFragment: 40 }, forS: 52 }],
  },
  // US915
  { region: "US915", sizeBytes: 8000, fragSize: 100, redundancyPercent: 15, loss: 0.1 },
  { region: "US915", sizeBytes: 8000, fragSize: 50, redundancyPercent: 30, loss: 0.2, dr: 8 },
  { region: "US915", sizeBytes: 20_000, fragSize: 200, redundancyPercent: 20, loss: 0.1, burst: 5 },
  {
    region: "US915",
    sizeBytes: 8000,
    fragSize: 100,
    redundancyPercent: 30,
    loss: 0.1,
    sharedLoss: 0.1,
  },
  // AU915
  {
    region: "AU915",
    sizeBytes: 8000,
    fragSize: 100,
    redundancyPercent: 16,
    loss: 0.1,
    packages: "v2",
  },
  { region: "AU915", sizeBytes: 12_000, fragSize: 120, redundancyPercent: 9, loss: 0.05, dr: 9 },
  {
    region: "AU915",
    sizeBytes: 4000,
    fragSize: 100,
    redundancyPercent: 50,
    loss: 0.05,
    unicastLoss: 0.2,
  },
  // AS923
  { region: "AS923-1", sizeBytes: 8000, fragSize: 50, redundancyPercent: 13, loss: 0.1, dr: 2 },
  { region: "AS923-1", sizeBytes: 8000, fragSize: 200, redundancyPercent: 40, loss: 0.2 },
  {
    region: "AS923-2",
    sizeBytes: 16_000,
    fragSize: 100,
    redundancyPercent: 20,
    loss: 0.1,
    burst: 10,
  },
  // and others
  { region: "IN865", sizeBytes: 8000, fragSize: 100, redundancyPercent: 15, loss: 0.1 },
  {
    region: "KR920",
    sizeBytes: 8000,
    fragSize: 80,
    redundancyPercent: 28,
    loss: 0.2,
    packages: "v2",
  },
];

const PER_CELL = 100;
/** What a cell loses together has to be drawn often. */
const PER_CELL_SHARED = 5;

/** A fleet of that configuration. */
export function scenarioOf(one: Configuration, devices: number, seed: number): Scenario {
  const { loss, burst, sharedLoss, unicastLoss, outages } = one;
  const own =
    burst === undefined
      ? ({ model: "bernoulli", probability: loss } as const)
      : ({
          model: "gilbertElliott",
          goodToBad: loss / burst / (1 - loss),
          badToGood: 1 / burst,
        } as const);
  const bernoulli = (probability = 0) => ({ model: "bernoulli", probability }) as const;
  return {
    name: "configuration",
    seed,
    ...(one.region === undefined ? {} : { region: one.region }),
    devices: {
      count: devices,
      perCell: sharedLoss === undefined ? PER_CELL : PER_CELL_SHARED,
      defaults: { packages: one.packages ?? "v1", uplinkIntervalS: 3600, ...one.device },
    },
    firmware: { sizeBytes: one.sizeBytes },
    campaign: {
      fragSize: one.fragSize,
      redundancyPercent: one.redundancyPercent,
      maxRetries: one.maxRetries ?? 1,
      ...(one.dr === undefined ? {} : { dr: one.dr }),
      dutyCyclePercent: 100,
    },
    air: {
      multicastLoss: own,
      sharedLoss: bernoulli(sharedLoss),
      unicastLoss: bernoulli(unicastLoss),
      classADutyCycle: false,
      ...(outages === undefined ? {} : { outages }),
    },
    faults: one.faults ?? [],
    expect: {},
  };
}
