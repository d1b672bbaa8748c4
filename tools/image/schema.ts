/** What `fuota image info --json` writes: one declaration gives the JSON Schema and the type. */
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });

const describedTlv = Type.Object(
  {
    protected: Type.Boolean({ description: "Covered by hash and signature." }),
    type: count("u16 of the entry."),
    name: Type.String({ description: "Name and number." }),
    lengthBytes: count("Of the data."),
    data: Type.String({ pattern: "^([0-9a-f]{2})*$", title: "hex" }),
    meaning: Type.String({ description: "In words; empty for types of somebody's own." }),
  },
  closed,
);
export type DescribedTlv = Static<typeof describedTlv>;

const rest = Type.Union(
  [
    Type.Object({ type: Type.Literal("nothing") }, closed),
    Type.Object({ type: Type.Literal("blank") }, closed),
    Type.Object(
      {
        type: Type.Literal("trailer"),
        alignBytes: count("Write alignment that its magic tells."),
        imageOk: Type.Boolean({ description: "Marked as confirmed." }),
      },
      closed,
    ),
    Type.Object(
      { type: Type.Literal("other"), offset: count("First byte that is not 0xFF.") },
      closed,
    ),
  ],
  { description: "What follows the image in the file." },
);

export const imageSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    file: Type.String(),
    fileBytes: count("After Intel HEX is undone."),
    imageBytes: count("From the header to the end of the TLVs."),
    header: Type.Object(
      {
        version: Type.String({ description: "major.minor.revision+build" }),
        headerBytes: count("Where the payload starts."),
        payloadBytes: count("Size of the payload."),
        protectedBytes: count("Size of the protected TLV area."),
        loadAddress: count("Flash address with romFixed, RAM address with ramLoad."),
        flags: count("u32."),
        flagNames: Type.Array(Type.String()),
      },
      closed,
    ),
    tlvs: Type.Array(describedTlv, { description: "Protected ones first." }),
    rest,
    refusal: Type.Union(
      [Type.Object({ reason: Type.String(), detail: Type.String() }, closed), Type.Null()],
      { description: "Why no device would take it, whatever keys it trusts." },
    ),
  },
  { ...closed, title: "An MCUboot image, explained" },
);
export type ImageDescription = Static<typeof imageSchema>;
