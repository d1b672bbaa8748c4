/** How the virtual modem of `fuota modem` misbehaves: what firmware and wires do in the field. */
import Type, { type Static } from "typebox";
import { bandSchema } from "./region-schema.ts";
import { closed, probability } from "./schema-parts.ts";

const seconds = (description: string) => Type.Number({ minimum: 0.1, maximum: 1e7, description });
const times = (maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, description });

export const modemSchema = Type.Object(
  {
    uartDiesAfterS: Type.Optional(
      seconds(
        "It hears and says nothing any more so long after it was started, until its power is cut (RUI3 3.5.3 to 4.0.4 after 49.7 days). Default: never.",
      ),
    ),
    deafAfterResets: Type.Optional(
      times(
        1000,
        "After so many resets by command it hears and says nothing until its power is cut (RUI3 4.0.5 and 4.1.0 after 30 to 40). Default: never.",
      ),
    ),
    sleeps: Type.Optional(
      Type.Boolean({
        description:
          "It comes with AT+LPM=1: the first byte after a second of silence is lost. Default false.",
      }),
    ),
    bootGlitches: Type.Optional(
      times(
        1000,
        "Its first so many starts are spoilt by a glitch on its line: it answers everything with A until it is started again. Default: none.",
      ),
    ),
    deafAfterResetS: Type.Optional(
      seconds("What is said to it so soon after a start is lost. Default: nothing is."),
    ),
    forgetsSettings: Type.Optional(
      Type.Boolean({
        description: "A power cut clears EUIs, keys, groups and settings. Default false.",
      }),
    ),
    groupsLeft: Type.Optional(
      times(4, "Groups of an earlier session that it comes with, in class C. Default: none."),
    ),
    groupRefusals: Type.Optional(
      times(1000, "So many groups are refused before it takes one. Default: none."),
    ),
    ownFuota: Type.Optional(
      Type.Boolean({
        description:
          "RUI3 alone: as RUI 5 does under any version, it answers the ports 200, 201 and 202 itself and leaves its line when its class C session starts. Default: as the profile.",
      }),
    ),
    bootLoops: Type.Optional(
      times(
        1000,
        "With power on, it starts so many times more, every two seconds, before it is up. Default: it starts once.",
      ),
    ),
    restartEveryS: Type.Optional(seconds("Its watchdog restarts it so often. Default: never.")),
    powerCutEveryS: Type.Optional(seconds("Its power is cut so often. Default: never.")),
    saysNoBanner: Type.Optional(
      Type.Boolean({ description: "It says nothing when it has started. Default false." }),
    ),
    busy: Type.Optional(
      probability("An uplink or a join is refused as busy with this probability. Default 0."),
    ),
    lateAnswers: Type.Optional(
      Type.Object(
        {
          probability: probability("An answer is late with this probability."),
          byS: seconds("How late."),
        },
        { ...closed, description: "Answers that come when nobody waits for them." },
      ),
    ),
    lostBytes: Type.Optional(
      probability("A byte on its line is lost with this probability, either way. Default 0."),
    ),
    garbledBytes: Type.Optional(
      probability("A byte on its line is another with this probability, either way. Default 0."),
    ),
    echo: Type.Optional(
      Type.Boolean({ description: "It echoes what is said to it from the start. Default false." }),
    ),
    band: Type.Optional(bandSchema),
  },
  { ...closed, description: "Of `fuota modem`: what is wrong with the virtual modem." },
);
export type ModemTroubles = Static<typeof modemSchema>;
