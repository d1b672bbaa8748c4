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

export const airSchema = Type.Object(
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
    outages: Type.Optional(
      Type.Array(
        Type.Object(
          {
            when,
            forS: Type.Number({
              minimum: 0,
              maximum: 1e7,
              description: "How long nothing passes the gateway.",
            }),
          },
          closed,
        ),
        { maxItems: 100, description: "The gateway is silent and deaf, for everybody." },
      ),
    ),
    classADutyCycle: Type.Optional(
      Type.Boolean({
        description:
          "The gateway keeps EU868's duty cycle in class A answers too; false stands for a network of many gateways. Default true.",
      }),
    ),
  },
  { ...closed, description: "What gets lost on the way." },
);

export const faultSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal("powerCut"), Type.Literal("reset"), Type.Literal("deaf")], {
      description: "Power lost, warm reset, or antenna off.",
    }),
    share: probability("Part of the fleet that is hit, drawn per device."),
    when,
    forS: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1e7, description: "How long it lasts. Default 10." }),
    ),
  },
  closed,
);
export type FaultSpec = Static<typeof faultSchema>;
