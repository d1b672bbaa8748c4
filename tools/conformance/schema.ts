import Type, { type Static } from "typebox";

const closed = { additionalProperties: false };

const frameSchema = Type.Object(
  {
    atS: Type.Number({ description: "Seconds since the fleet began." }),
    who: Type.String({ description: "device N, or gateway N." }),
    direction: Type.Union([Type.Literal("up"), Type.Literal("down")]),
    fPort: Type.Optional(
      Type.Integer({ description: "Left out: the bytes are the whole PHYPayload." }),
    ),
    hex: Type.String(),
  },
  closed,
);

/** What `fuota conformance --json` writes. */
export const conformanceSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    server: Type.String({ description: "As --name says." }),
    version: Type.String({ description: "Of fuota." }),
    date: Type.String({ description: "The day, UTC." }),
    findings: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          says: Type.String(),
          source: Type.String({ description: "Document and section, or command." }),
          situations: Type.Array(Type.String({ description: "Shipped scenarios." })),
          verdict: Type.Union([
            Type.Literal("pass"),
            Type.Literal("fail"),
            Type.Literal("notTried"),
          ]),
          text: Type.String({
            description:
              "Of how many occasions how many were right, and what was wrong with the first that was not.",
          }),
          frames: Type.Array(frameSchema),
        },
        closed,
      ),
    ),
  },
  { ...closed, $id: "urn:fuota:conformance:1", title: "what a server was found to do" },
);
export type ConformanceReport = Static<typeof conformanceSchema>;
