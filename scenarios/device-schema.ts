/** The fleet: how many devices, of which kinds. */
import Type, { type Static } from "typebox";
import { linkLayerKeys } from "./link-layer-schema.ts";
import { closed } from "./schema-parts.ts";

const errorBits = (answer: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 255,
      description: `Bits to set in the status of ${answer}.`,
    }),
  );

const answerFault = (name: string) =>
  Type.Optional(
    Type.Object(
      {
        lose: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 1_000_000,
            description: "How many of them never leave, the first ones. Default 0.",
          }),
        ),
        delayS: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 1e6,
            description: "How much later they leave. Default 0.",
          }),
        ),
        copies: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 10,
            description: "How often each is sent. Default 1.",
          }),
        ),
        missingFrag: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 255,
            description: "Of FragSessionStatusAns: MissingFrag, whatever is missing.",
          }),
        ),
      },
      { ...closed, description: `What becomes of ${name}.` },
    ),
  );

const milliamperes = (description: string) =>
  Type.Number({ minimum: 0, maximum: 10_000, description });

export const personaSchema = Type.Union([
  Type.Literal("reference"),
  Type.Literal("loramac-node"),
  Type.Literal("basics-modem-4.8"),
  Type.Literal("zephyr"),
  Type.Literal("st"),
  Type.Literal("multitech-mdot"),
]);
export type PersonaName = Static<typeof personaSchema>;

export const deviceSchema = Type.Object(
  {
    persona: Type.Optional({
      ...personaSchema,
      description:
        "The stack that the device behaves like, bugs included; see docs/personas.md. Default reference.",
    }),
    ...linkLayerKeys,
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
      Type.Integer({ minimum: 5, maximum: 604_800, description: "Heartbeat period. Default 600." }),
    ),
    uplinkDr: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description: "Uplink data rate. Default 5; in US915 3.",
      }),
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
        description:
          "Decoder scratch: how many coded fragments it can hold. Default: what the session needs.",
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
        [
          Type.Literal(1),
          Type.Literal(2),
          Type.Literal(4),
          Type.Literal(8),
          Type.Literal(16),
          Type.Literal(32),
        ],
        { description: "Flash programming unit. Default 8." },
      ),
    ),
    activation: Type.Optional(
      Type.Union(
        [Type.Literal("afterStatus"), Type.Literal("immediate"), Type.Literal("onCommand")],
        { description: "When a verified image is booted. Default afterStatus." },
      ),
    ),
    boot: Type.Optional(
      Type.Union([Type.Literal("banks"), Type.Literal("embassy")], {
        description:
          "How images come to run: from either bank, or swapped into one place as embassy-boot does. Default banks.",
      }),
    ),
    attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 15,
        description: "Trial boots before the old image comes back. Default 3.",
      }),
    ),
    keys: Type.Optional(
      Type.Union([Type.Literal("right"), Type.Literal("wrong")], {
        description:
          "wrong: the root key of multicast and data blocks is not the one that the server has. Default right.",
      }),
    ),
    answerErrors: Type.Optional(
      Type.Object(
        {
          mcGroupSetup: errorBits("McGroupSetupAns"),
          fragSessionSetup: errorBits("FragSessionSetupAns"),
          mcSession: errorBits("McClassBSessionAns and McClassCSessionAns"),
          fragStatus: errorBits("FragSessionStatusAns"),
        },
        { ...closed, description: "Errors that the device claims, whatever it does." },
      ),
    ),
    answerFaults: Type.Optional(
      Type.Object(
        {
          mcGroupSetup: answerFault("McGroupSetupAns"),
          fragSessionSetup: answerFault("FragSessionSetupAns"),
          mcSession: answerFault("McClassBSessionAns and McClassCSessionAns"),
          fragStatus: answerFault("FragSessionStatusAns"),
        },
        { ...closed, description: "Answers that come late, never, or again and again." },
      ),
    ),
    descriptor: Type.Optional(
      Type.String({
        pattern: "^[0-9a-fA-F]{8}$",
        title: "eight hex digits",
        description:
          "The only descriptor of a fragmentation session that it accepts. Default: any.",
      }),
    ),
    currents: Type.Optional(
      Type.Union(
        [
          Type.Union([Type.Literal("ns3"), Type.Literal("nucleo-wl55jc1")]),
          Type.Object(
            {
              txMa: milliamperes("While it sends."),
              rxMa: milliamperes("While it receives, or waits for a frame."),
              standbyMa: milliamperes("Between an uplink and its windows."),
              sleepMa: milliamperes("All the rest."),
              supplyV: Type.Number({ exclusiveMinimum: 0, maximum: 100 }),
            },
            closed,
          ),
        ],
        {
          description:
            "What the device draws in each mode: of the ns-3 module, of a measured board, or yours. Default ns3.",
        },
      ),
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

export const devicesSchema = Type.Object(
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
    dealt: Type.Optional(
      Type.Union([Type.Literal("drawn"), Type.Literal("inTurn")], {
        description:
          "How kinds are given to devices: drawn by their shares, or one after the other, each as often as its share says. Default drawn.",
      }),
    ),
    mix: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({
              minLength: 1,
              maxLength: 40,
              description: "Names the kind in reports.",
            }),
            share: Type.Integer({ minimum: 1, maximum: 1000, description: "Relative weight." }),
            device: deviceSchema,
          },
          closed,
        ),
        { minItems: 1, maxItems: 20, description: "Kinds of device; each gets its own campaign." },
      ),
    ),
  },
  { ...closed, description: "The fleet." },
);
