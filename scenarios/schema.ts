/** The scenario file: one declaration gives the JSON Schema, the TypeScript type and the defaults. */
import Type, { type Static } from "typebox";

const probability = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const closed = { additionalProperties: false } as const;

const loss = (description: string) =>
  Type.Union(
    [
      Type.Object(
        {
          model: Type.Literal("bernoulli"),
          probability: probability("Each frame is lost with this probability."),
        },
        closed,
      ),
      Type.Object(
        {
          model: Type.Literal("gilbertElliott"),
          goodToBad: probability("Chance per frame of entering the bad state."),
          badToGood: probability("Chance per frame of leaving it; mean burst = 1 / badToGood."),
          lossGood: Type.Optional(probability("Loss in the good state. Default 0.")),
          lossBad: Type.Optional(probability("Loss in the bad state. Default 1.")),
        },
        closed,
      ),
    ],
    { description },
  );

export const deviceSchema = Type.Object(
  {
    lorawan: Type.Optional(
      Type.Union([Type.Literal("1.0"), Type.Literal("1.1")], {
        description:
          "LoRaWAN version: decides the join keys and the multicast root key. Default 1.0.",
      }),
    ),
    packages: Type.Optional(
      Type.Union([Type.Literal("v1"), Type.Literal("v2")], {
        description: "Version of TS003, TS004 and TS005. Default v1.",
      }),
    ),
    parity: Type.Optional(
      Type.Union(
        [
          Type.Literal("auto"),
          Type.Literal("ts004-v1"),
          Type.Literal("ts004-v2-lbm"),
          Type.Literal("ts004-v2-spec"),
        ],
        { description: "Parity matrix of the decoder. Default auto: ts004-v1 or ts004-v2-lbm." },
      ),
    ),
    uplinkIntervalS: Type.Optional(
      Type.Integer({ minimum: 5, maximum: 604_800, description: "Heartbeat period. Default 60." }),
    ),
    uplinkDr: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 5, description: "EU868 uplink data rate. Default 5." }),
    ),
    clockOffsetMaxS: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 2_000_000_000,
        description: "The clock starts wrong by up to this many seconds. Default 3600.",
      }),
    ),
    clockDriftMaxPpm: Type.Optional(
      Type.Number({ minimum: 0, maximum: 5000, description: "Oscillator error. Default 20." }),
    ),
    matrixRows: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 16_383,
        description: "Decoder memory: how many missing fragments it can solve for. Default 16383.",
      }),
    ),
    scratchFragments: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 16_383,
        description: "Decoder scratch: how many coded fragments it can hold. Default: what fits.",
      }),
    ),
    bankBytes: Type.Optional(
      Type.Integer({
        minimum: 16_384,
        maximum: 8_388_608,
        description: "Size of each firmware bank. Default 262144.",
      }),
    ),
    granuleBytes: Type.Optional(
      Type.Union(
        [1, 2, 4, 8, 16, 32].map((n) => Type.Literal(n)),
        { description: "Flash programming unit. Default 8." },
      ),
    ),
    activation: Type.Optional(
      Type.Union(
        [Type.Literal("afterStatus"), Type.Literal("immediate"), Type.Literal("onCommand")],
        { description: "When a verified image is booted. Default afterStatus." },
      ),
    ),
    attempts: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 15, description: "Trial boots. Default 3." }),
    ),
    chirpstackAnswers: Type.Optional(
      Type.Boolean({
        description: "Answer in the padded forms that ChirpStack v4 insists on. Default true.",
      }),
    ),
  },
  { ...closed, description: "One kind of device." },
);
export type DeviceSpec = Static<typeof deviceSchema>;

const devices = Type.Object(
  {
    count: Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Fleet size." }),
    perCell: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "Devices behind one gateway and campaign. Default: all of them.",
      }),
    ),
    defaults: Type.Optional(deviceSchema),
    mix: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 40 }),
            share: Type.Integer({ minimum: 1, maximum: 1000, description: "Relative weight." }),
            device: deviceSchema,
          },
          closed,
        ),
        { minItems: 1, maxItems: 20, description: "Kinds of device; each gets its own campaign." },
      ),
    ),
  },
  closed,
);

const firmware = Type.Object(
  {
    sizeBytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 3_900_000,
        description: "Size of the generated image, header and signature included. Default 32768.",
      }),
    ),
    version: Type.Optional(
      Type.String({ pattern: "^\\d+\\.\\d+\\.\\d+(\\+\\d+)?$", description: "Default 2.0.0." }),
    ),
    signature: Type.Optional(
      Type.Union([Type.Literal("ed25519"), Type.Literal("ecdsa-p256")], {
        description: "Default ed25519.",
      }),
    ),
    defect: Type.Optional(
      Type.Union(
        [
          Type.Literal("none"),
          Type.Literal("crash"),
          Type.Literal("noNetwork"),
          Type.Literal("badSignature"),
          Type.Literal("badDigest"),
          Type.Literal("downgrade"),
        ],
        { description: "What is wrong with the firmware. Default none." },
      ),
    ),
  },
  closed,
);

const campaign = Type.Object(
  {
    fragSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 239,
        description: "Bytes per fragment. Default by data rate: 48, 48, 48, 112, 219, 239.",
      }),
    ),
    redundancyPercent: Type.Integer({
      minimum: 0,
      maximum: 1000,
      description: "Coded fragments in percent of the uncoded ones.",
    }),
    dr: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 5, description: "Multicast data rate. Default 5." }),
    ),
    frequencyHz: Type.Optional(
      Type.Integer({
        minimum: 863_000_000,
        maximum: 870_000_000,
        multipleOf: 100,
        description: "Default 869525000.",
      }),
    ),
    marginS: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        description: "Spacing of multicast frames (multicast_class_c_margin). Default 5.",
      }),
    ),
    maxRetries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: "unicast_max_retry_count of the set-up stages. Default 5.",
      }),
    ),
    timeoutExponent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description: "The class C session lasts 2^n seconds. Default: the smallest that fits.",
      }),
    ),
    blockAckDelay: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 7, description: "Default 0: answers within 16 s." }),
    ),
    requestStatus: Type.Optional(
      Type.Union(
        [
          Type.Literal("afterSessionTimeout"),
          Type.Literal("afterFragmentEnqueue"),
          Type.Literal("never"),
        ],
        { description: "Default afterSessionTimeout." },
      ),
    ),
    descriptor: Type.Optional(
      Type.String({
        pattern: "^[0-9a-fA-F]{8}$",
        description: "Four bytes, hex. Default 00000000.",
      }),
    ),
    dutyCyclePercent: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        description: "Gateway downlink duty cycle. Default 10.",
      }),
    ),
  },
  { ...closed, description: "The FUOTA deployment, in ChirpStack v4's terms." },
);

const air = Type.Object(
  {
    multicastLoss: Type.Optional(
      loss("Fragments lost on the way, drawn per device and frame. Default: none."),
    ),
    unicastLoss: Type.Optional(
      loss("Class A frames lost, up and down, drawn per device and frame. Default: none."),
    ),
    sharedLoss: Type.Optional(
      loss("Lost at the gateway: the same fragments for every device of a cell. Default: none."),
    ),
  },
  closed,
);

const when = Type.Union([
  Type.Object({ atS: Type.Number({ minimum: 0, maximum: 1e8 }) }, closed),
  Type.Object(
    { atFragment: Type.Integer({ minimum: 1, maximum: 16_383, description: "N on air." }) },
    closed,
  ),
]);

const fault = Type.Object(
  {
    kind: Type.Union([Type.Literal("powerCut"), Type.Literal("reset"), Type.Literal("deaf")]),
    share: probability("Part of the fleet that is hit, drawn per device."),
    when,
    forS: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e7, description: "How long it lasts. Default 10." }),
    ),
  },
  closed,
);

const count = Type.Union([
  Type.Literal("all"),
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: "^(<|<=|>|>=|=) ?\\d+(\\.\\d+)?%?$" }),
]);

const expectation = Type.Object(
  {
    updated: Type.Optional(count),
    failed: Type.Optional(count),
    rolledBack: Type.Optional(count),
    bricked: Type.Optional(count),
    neverReached: Type.Optional(count),
    serverComplete: Type.Optional(count),
    shortOfRowsMin: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Every failed device lacks at least this many rows.",
      }),
    ),
    virtualSecondsMax: Type.Optional(Type.Number({ minimum: 0 })),
  },
  {
    ...closed,
    description: "Decides the exit status. Counts: all, 12, or a comparison like >= 95%.",
  },
);

export const scenarioSchema = Type.Object(
  {
    name: Type.String({ pattern: "^[a-z0-9][a-z0-9-]{0,63}$" }),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: "Default 1." }),
    ),
    devices,
    firmware: Type.Optional(firmware),
    campaign,
    air: Type.Optional(air),
    faults: Type.Optional(Type.Array(fault, { maxItems: 100 })),
    expect: expectation,
  },
  {
    ...closed,
    $id: "urn:fuota:scenario:1",
    title: "fuota scenario",
    description:
      "A firmware update campaign over LoRaWAN, its fleet, its troubles and its verdict.",
  },
);
export type Scenario = Static<typeof scenarioSchema>;
export type LossSpec = Static<ReturnType<typeof loss>>;
export type FaultSpec = Static<typeof fault>;
export type CampaignSpec = Static<typeof campaign>;
