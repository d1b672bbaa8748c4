/** What is sent and how the server sends it. */
import Type, { type Static } from "typebox";
import { closed } from "./schema-parts.ts";

export const firmwareSchema = Type.Object(
  {
    sizeBytes: Type.Optional(
      Type.Integer({
        minimum: 1024,
        maximum: 3_900_000,
        description: "Size of the generated image, header and signature included. Default 32768.",
      }),
    ),
    version: Type.Optional(
      Type.String({
        pattern: "^\\d{1,3}\\.\\d{1,3}\\.\\d{1,5}(\\+\\d{1,10})?$",
        title: "a version like 2.0.0 or 2.0.0+7",
        description: "Version in the image header; the fleet starts with 1.0.0. Default 2.0.0.",
      }),
    ),
    signature: Type.Optional(
      Type.Union([Type.Literal("ed25519"), Type.Literal("ecdsa-p256")], {
        description: "Signature algorithm of the image. Default ed25519.",
      }),
    ),
    defect: Type.Optional(
      Type.Union(
        [
          Type.Literal("none"),
          Type.Literal("crash"),
          Type.Literal("hang"),
          Type.Literal("noNetwork"),
          Type.Literal("badSignature"),
          Type.Literal("badDigest"),
          Type.Literal("truncated"),
          Type.Literal("wrongHardware"),
          Type.Literal("downgrade"),
          Type.Literal("wrongBase"),
        ],
        { description: "What is wrong with the firmware. Default none." },
      ),
    ),
    deltaPercent: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 100,
        description:
          "Sends a patch instead of the image: what the fleet runs differs from it in so many percent of its bytes, here and there.",
      }),
    ),
  },
  { ...closed, description: "What is sent; or a file, given with --firmware." },
);

export const campaignSchema = Type.Object(
  {
    fragSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 239,
        description:
          "Bytes per fragment. Default: the most that the data rate carries in this region, in EU868 48, 48, 48, 112, 219, 239.",
      }),
    ),
    redundancyPercent: Type.Integer({
      minimum: 0,
      maximum: 1000,
      description: "Coded fragments in percent of the uncoded ones.",
    }),
    dr: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description:
          "Multicast data rate. Default 5; in US915 and AU915 10; in class B that of the region's ping slots.",
      }),
    ),
    frequencyHz: Type.Optional(
      Type.Integer({
        minimum: 400_000_000,
        maximum: 1_000_000_000,
        multipleOf: 100,
        description:
          "Multicast frequency. Default: that of the region's RX2, in EU868 869525000; in class B the first of its ping slots.",
      }),
    ),
    marginS: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 60,
        description: "Spacing of multicast frames (multicast_class_c_margin). Default 5.",
      }),
    ),
    sessionClass: Type.Optional(
      Type.Union([Type.Literal("B"), Type.Literal("C")], {
        description:
          "How devices listen: in ping slots after a beacon, or all the time. Default C.",
      }),
    ),
    pingPeriodicity: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7,
        description: "Class B: 2^(7-n) ping slots in the 128 s of a beacon period. Default 0.",
      }),
    ),
    gapsS: Type.Optional(
      Type.Array(Type.Number({ minimum: 0.1, maximum: 3600 }), {
        minItems: 1,
        maxItems: 1000,
        description:
          "Spacing of multicast frames as it was measured, one after the other and over again, whatever margin and duty cycle ask for.",
      }),
    ),
    maxRetries: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: "unicast_max_retry_count of the set-up stages. Default 5.",
      }),
    ),
    scheduling: Type.Optional(
      Type.Union([Type.Literal("delay"), Type.Literal("gpsTime")], {
        description:
          "Of several gateways: one a margin after the other, or all at the same time, two margins apart. Default delay.",
      }),
    ),
    per: Type.Optional(
      Type.Union([Type.Literal("kind"), Type.Literal("versions")], {
        description:
          "kind: a campaign for each kind of device. versions: one for all kinds of the same versions of packages and LoRaWAN. Default kind.",
      }),
    ),
    uplinkIntervalS: Type.Optional(
      Type.Integer({
        minimum: 5,
        maximum: 604_800,
        description:
          "What the server takes for the devices' uplink interval: every attempt of a stage lasts so long. Default: the longest that they have.",
      }),
    ),
    rounds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10,
        description:
          "Campaigns one after the other, each for the devices that are not updated yet. Default 1.",
      }),
    ),
    timeoutExponent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 15,
        description:
          "The session lasts 2^n seconds, in class B 128 times as long. Default: the smallest that fits.",
      }),
    ),
    blockAckDelay: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7,
        description: "Spreads answers over up to 2^(n+4) s. Default 0.",
      }),
    ),
    requestStatus: Type.Optional(
      Type.Union(
        [
          Type.Literal("afterSessionTimeout"),
          Type.Literal("afterFragmentEnqueue"),
          Type.Literal("never"),
        ],
        { description: "When the server asks for the result. Default afterSessionTimeout." },
      ),
    ),
    descriptor: Type.Optional(
      Type.String({
        pattern: "^[0-9a-fA-F]{8}$",
        title: "eight hex digits",
        description: "Descriptor of the fragmentation session: four bytes, hex. Default 00000000.",
      }),
    ),
    dutyCyclePercent: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        description: "Gateway downlink duty cycle. Default 10, or 100 where the region has none.",
      }),
    ),
  },
  { ...closed, description: "The FUOTA deployment, in ChirpStack v4's terms." },
);
export type CampaignSpec = Static<typeof campaignSchema>;
