import Type from "typebox";
import { closed } from "./schema-parts.ts";

const every = (answer: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_536,
      description: `Each n-th uplink asks for ${answer}. Default: none does.`,
    }),
  );

/** What a device is to its network server. */
export const linkLayerKeys = {
  lorawan: Type.Optional(
    Type.Union(
      [
        Type.Literal("1.0"),
        Type.Literal("1.0.2"),
        Type.Literal("1.0.3"),
        Type.Literal("1.0.4"),
        Type.Literal("1.1"),
      ],
      {
        description:
          "LoRaWAN version: decides join keys, the multicast root key, and how DevNonces and repeats go. Default 1.0: 1.0.3 with counted DevNonces.",
      },
    ),
  ),
  activatedBy: Type.Optional(
    Type.Union([Type.Literal("otaa"), Type.Literal("abp")], {
      description:
        "otaa: joins over the air. abp: is made with its session and never joins. Default otaa.",
    }),
  ),
  firstDevAddr: Type.Optional(
    Type.String({
      pattern: "^[0-9a-fA-F]{8}$",
      title: "eight hex digits",
      description:
        "abp: address of device 0; each further device has the next one. Default 01000000, of NetID 0.",
    }),
  ),
  unicastClass: Type.Optional(
    Type.Union([Type.Literal("A"), Type.Literal("B"), Type.Literal("C")], {
      description:
        "B: listens in ping slots of its own too, C: on RX2 all the time; downlinks need not wait for its uplinks. Default A.",
    }),
  ),
  pingPeriodicity: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 7,
      description:
        "Of unicastClass B: 2^(7 - n) ping slots in a beacon period of 128 s. Default 3: one in 8 s.",
    }),
  ),
  adr: Type.Optional(
    Type.Boolean({
      description:
        "Lets the network adapt data rate and power, and backs off when it hears nothing of it. Default false.",
    }),
  ),
  asksEvery: Type.Optional(
    Type.Object(
      {
        ack: every("an ACK"),
        linkCheck: every("LinkCheckAns"),
        deviceTime: every("DeviceTimeAns"),
      },
      { ...closed, description: "What some uplinks ask of the network. Default: nothing." },
    ),
  ),
};
