/** What `fuota serve lns --json` writes. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const lnsSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    version: Type.String({ maxLength: 40, description: "Of fuota." }),
    scenario: Type.String({ maxLength: 64, description: "Its name." }),
    interrupted: Type.Boolean({ description: "Ended by Ctrl-C." }),
    gateways: count("That came."),
    sentBytes: count("Of the firmware, over the air."),
    devices: Type.Array(
      Type.Object(
        {
          devEui: Type.String({ pattern: "^[0-9a-f]{16}$" }),
          joined: Type.Boolean({ description: "It has spoken in a session." }),
          complete: Type.Boolean({ description: "It says that it has the firmware." }),
          error: Type.String({ description: "What the campaign has on record against it." }),
          passed: count("Checks."),
          failed: count("Checks."),
          notTried: count("Checks."),
          checks: Type.Array(
            Type.Object(
              {
                id: Type.String({ pattern: "^[a-z0-9-]+$" }),
                words: Type.String({ description: "What should be." }),
                source: Type.String({ description: "Who says so." }),
                result: Type.Union([
                  Type.Literal("pass"),
                  Type.Literal("fail"),
                  Type.Literal("notTried"),
                ]),
                why: Type.String({ description: "Of what failed: what was found." }),
                evidence: Type.String({
                  description:
                    "A frame in hex, or a port and what was said on it in clear. Empty: not tried.",
                }),
                at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
                  description: "When the evidence came, UTC.",
                }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, title: "fuota serve lns" },
);
export type LnsReport = Static<typeof lnsSchema>;
