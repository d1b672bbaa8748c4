/** What goes wrong: on the air and in the devices. */
import Type, { type Static } from "typebox";
import { closed, probability } from "./schema-parts.ts";

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
      Type.Object(
        {
          model: Type.Literal("trace"),
          lost: Type.Array(
            Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 }), { maxItems: 65_535 }),
            {
              minItems: 1,
              maxItems: 1000,
              description:
                "Numbers, from 1, of the frames that are lost: a list for each device, taken in turn.",
            },
          ),
        },
        closed,
      ),
    ],
    { description },
  );
export type LossSpec = Static<ReturnType<typeof loss>>;

const when = Type.Union([
  Type.Object(
    {
      atS: Type.Number({ minimum: 0, maximum: 1e8, description: "Seconds from the start." }),
    },
    closed,
  ),
  Type.Object(
    {
      atFragment: Type.Integer({
        minimum: 1,
        maximum: 16_383,
        description: "When fragment N has been on the air.",
      }),
    },
    closed,
  ),
]);

const duration = (description: string) => Type.Number({ minimum: 0, maximum: 1e7, description });
const dbm = (description: string) => Type.Number({ minimum: -50, maximum: 50, description });

const radioSchema = Type.Object(
  {
    pathLoss: Type.Union([Type.Literal("lorasim"), Type.Literal("oulu"), Type.Literal("ns3")], {
      description: "Log-distance path loss, with the parameters of a published simulator.",
    }),
    radiusM: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description: "Devices are spread over a disc with the gateway in its middle.",
    }),
    sigmaDb: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 20,
        description: "Spread of the path loss. Default: that of the parameters.",
      }),
    ),
    shadowing: Type.Optional(
      Type.Union([Type.Literal("frame"), Type.Literal("device")], {
        description: "Whether each frame draws from the spread, or a device once. Default frame.",
      }),
    ),
    gateways: Type.Optional(
      Type.Array(
        Type.Object(
          {
            xM: Type.Integer({ minimum: -200_000, maximum: 200_000 }),
            yM: Type.Integer({ minimum: -200_000, maximum: 200_000 }),
          },
          closed,
        ),
        {
          minItems: 1,
          maxItems: 16,
          description: "Where gateways are, from the middle of the disc. Default: one, there.",
        },
      ),
    ),
    gatewayDbm: Type.Optional(dbm("Power of the gateway. Default 27.")),
    deviceDbm: Type.Optional(dbm("Power of a device. Default 14.")),
    capture: Type.Optional(
      Type.Union(
        [Type.Literal("6dB"), Type.Literal("1dB"), Type.Literal("goursaud"), Type.Literal("croce")],
        {
          description:
            "When one of two overlapping uplinks is received: stronger by 6 or 1 dB at one spreading factor, or by a matrix over all of them. Default 6dB.",
        },
      ),
    ),
    demodulators: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 64,
        description: "Uplinks that the gateway receives at once. Default 8.",
      }),
    ),
  },
  {
    ...closed,
    description:
      "Distance, power, sensitivity and collisions decide what is heard, before any other loss. Default: everything is.",
  },
);

export const airSchema = Type.Object(
  {
    multicastLoss: Type.Optional(
      loss("Fragments lost on the way, drawn per device and frame. Default: none."),
    ),
    unicastLoss: Type.Optional(
      loss("Class A frames lost, up and down, drawn per device, gateway and frame. Default: none."),
    ),
    sharedLoss: Type.Optional(
      loss("Lost at the gateway: the same fragments for every device of a cell. Default: none."),
    ),
    outages: Type.Optional(
      Type.Array(
        Type.Object(
          {
            when,
            forS: duration("How long nothing passes the gateway."),
            gateway: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: 15,
                description: "Number of the gateway in its cell, from 0. Default: all.",
              }),
            ),
          },
          closed,
        ),
        { maxItems: 100, description: "The gateway is silent and deaf, for everybody." },
      ),
    ),
    gateways: Type.Optional(
      Type.Array(
        Type.Object(
          {
            acks: Type.Optional(
              Type.Union([Type.Literal("sent"), Type.Literal("none"), Type.Literal("refused")], {
                description:
                  "none: nothing is acknowledged. refused: nothing is sent, and every downlink is acknowledged as too late. Default sent.",
              }),
            ),
            forS: Type.Optional(
              duration(
                "How long from the start it does so with acknowledgements. Default: for good.",
              ),
            ),
            gpsErrorS: Type.Optional(
              Type.Number({
                minimum: -1e9,
                maximum: 1e9,
                description: "What its GPS time is ahead of the true one. Default 0.",
              }),
            ),
            counterRestartS: Type.Optional(
              duration("When, from the start, its counter begins again at 0. Default: never."),
            ),
          },
          closed,
        ),
        {
          minItems: 1,
          maxItems: 100,
          description:
            "Of `fuota fleet`: how simulated gateways behave towards the server, taken in turn. Default: well.",
        },
      ),
    ),
    reach: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 16,
        description:
          "How many gateways a cell has where `radio` places none: they hear each of its devices, and each sends every fragment. Default 1.",
      }),
    ),
    location: Type.Optional(
      Type.Object(
        {
          latitude: Type.Number({ minimum: -80, maximum: 80 }),
          longitude: Type.Number({ minimum: -180, maximum: 180 }),
          altitudeM: Type.Optional(
            Type.Number({ minimum: -500, maximum: 10_000, description: "Default 0." }),
          ),
        },
        {
          ...closed,
          description:
            "Of `fuota fleet`: gateways lie around here, as `radio` places them or within 5 km, and say so to the server. Default: nothing is said.",
        },
      ),
    ),
    beaconLoss: Type.Optional(
      loss("Class B beacons lost, drawn per device and beacon. Default: none."),
    ),
    beaconOutages: Type.Optional(
      Type.Array(Type.Object({ when, forS: duration("How long no beacon is sent.") }, closed), {
        maxItems: 100,
        description: "The gateway has lost its GPS: it sends, but no beacons.",
      }),
    ),
    radio: Type.Optional(radioSchema),
    classADutyCycle: Type.Optional(
      Type.Boolean({
        description:
          "The gateway keeps the region's duty cycle in class A answers too; false stands for a network of many gateways. Default true.",
      }),
    ),
  },
  { ...closed, description: "What gets lost on the way." },
);

export type RadioSpec = Static<typeof radioSchema>;

export const faultSchema = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal("powerCut"),
        Type.Literal("reset"),
        Type.Literal("deaf"),
        Type.Literal("programFails"),
        Type.Literal("eraseFails"),
        Type.Literal("readFails"),
        Type.Literal("bitRot"),
      ],
      {
        description:
          "Power lost, warm reset, antenna off; flash that fails its next operations of a kind, or loses bits.",
      },
    ),
    share: probability("Part of the fleet that is hit, drawn per device."),
    when,
    forS: Type.Optional(duration("How long it lasts. Default 10.")),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: "Of flash: how many operations fail, or bits are lost. Default 1.",
      }),
    ),
  },
  closed,
);
export type FaultSpec = Static<typeof faultSchema>;
