/** What decides the exit status. */
import Type from "typebox";
import { closed } from "./schema-parts.ts";

const count = (description: string) =>
  Type.Union(
    [
      Type.Literal("all"),
      Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      Type.String({ pattern: "^(<|<=|>|>=|=) ?\\d{1,9}(\\.\\d{1,9})?%?$" }),
    ],
    { title: 'all, a number, or a comparison like ">= 95%"', description },
  );

export const expectSchema = Type.Object(
  {
    updated: Type.Optional(count("Devices that run the new image and have confirmed it.")),
    failed: Type.Optional(
      count("Devices that still run the old image: the update did not get through or was refused."),
    ),
    rolledBack: Type.Optional(count("Devices that tried the new image and went back.")),
    bricked: Type.Optional(count("Devices with nothing left to boot. Default: none.")),
    neverReached: Type.Optional(
      count("Devices that never accepted a session, or never began to pull."),
    ),
    serverComplete: Type.Optional(count("Devices that the server believes complete.")),
    shortOfRowsMin: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Every failed device lacks at least this many rows.",
      }),
    ),
    chunksMax: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "No pulling device is given more chunks, repeats included.",
      }),
    ),
    virtualSecondsMax: Type.Optional(
      Type.Number({ minimum: 0, description: "The campaign is over by then." }),
    ),
  },
  {
    ...closed,
    description: "Decides the exit status. Counts: all, 12, or a comparison like >= 95%.",
  },
);
