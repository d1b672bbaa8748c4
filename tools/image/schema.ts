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

const erasedByte = Type.Union([Type.Literal(0xff), Type.Literal(0x00)], {
  description: "What is not written reads this.",
});
const trailerFlag = Type.Union([Type.Literal("set"), Type.Literal("unset"), Type.Literal("bad")], {
  description: "bad: neither 0x01 nor erased.",
});
export type TrailerFlag = Static<typeof trailerFlag>;

const trailer = Type.Object(
  {
    type: Type.Literal("trailer"),
    alignBytes: count("Write alignment that its magic tells."),
    erasedByte,
    endOffset: count("Where the magic, and with it the slot, ends."),
    imageOk: trailerFlag,
    copyDone: trailerFlag,
    swapInfo: Type.Union(
      [
        Type.Object(
          {
            value: count("u8."),
            swapType: Type.Union([
              Type.Literal("none"),
              Type.Literal("test"),
              Type.Literal("permanent"),
              Type.Literal("revert"),
              Type.Literal("unknown"),
            ]),
            imageNumber: count("Of several images in one device."),
          },
          closed,
        ),
        Type.Null(),
      ],
      { description: "The swap that was begun; null when none was." },
    ),
    swapSizeBytes: Type.Union([count("Bytes that the swap moves."), Type.Null()]),
    keySlotsWritten: Type.Union([count("Of two, for an encrypted image."), Type.Null()]),
    statusBytesWritten: count("Between image and trailer: steps of a swap, or something else."),
  },
  closed,
);
export type DescribedTrailer = Static<typeof trailer>;

const rest = Type.Union(
  [
    Type.Object({ type: Type.Literal("nothing") }, closed),
    Type.Object({ type: Type.Literal("blank"), erasedByte }, closed),
    trailer,
    Type.Object(
      { type: Type.Literal("other"), offset: count("First byte that is not 0xFF.") },
      closed,
    ),
  ],
  { description: "What follows the image in the file." },
);
export type DescribedRest = Static<typeof rest>;

export const imageSchema = Type.Object(
  {
    schemaVersion: Type.Literal(2),
    file: Type.String(),
    fileBytes: count("After Intel HEX is undone."),
    address: Type.Union([count("Of the first byte."), Type.Null()], {
      description: "Where Intel HEX puts it; null for raw files.",
    }),
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
    nextBoot: Type.String({ description: "What an MCUboot would do with it, in words." }),
    refusal: Type.Union(
      [Type.Object({ reason: Type.String(), detail: Type.String() }, closed), Type.Null()],
      { description: "Why no device would take it, whatever keys it trusts." },
    ),
  },
  { ...closed, title: "An MCUboot image, explained" },
);
export type ImageDescription = Static<typeof imageSchema>;
