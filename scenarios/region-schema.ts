/** Where the fleet is. */
import Type from "typebox";
import { closed } from "./schema-parts.ts";

const oneRegion = (description: string) =>
  Type.Union(
    [
      Type.Literal("EU868"),
      Type.Literal("US915"),
      Type.Literal("AU915"),
      Type.Literal("AS923-1"),
      Type.Literal("AS923-2"),
      Type.Literal("AS923-3"),
      Type.Literal("AS923-4"),
      Type.Literal("IN865"),
      Type.Literal("KR920"),
      Type.Literal("CN470"),
      Type.Literal("RU864"),
    ],
    { description },
  );

export const regionSchema = oneRegion(
  "Data rates, channels, payload limits and duty cycle. Default EU868.",
);

export const bandSchema = oneRegion("The band that it comes set for. Default: that of the region.");

export const subBandSchema = Type.Integer({
  minimum: 1,
  maximum: 12,
  description:
    "US915, AU915 and CN470: the eight channels that the network uses; sub-band 2 of US915 is 903.9 to 905.3 MHz. Default: all.",
});

export const dwellTimeSchema = Type.Object(
  {
    uplink: Type.Optional(
      Type.Boolean({ description: "AS923 and AU915: of uplinks. Default false." }),
    ),
    downlink: Type.Optional(
      Type.Boolean({ description: "AS923: of downlinks, fragments included. Default false." }),
    ),
  },
  { ...closed, description: "Whether the country limits a transmission to 400 ms." },
);
