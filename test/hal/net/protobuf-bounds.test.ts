import gw from "@chirpstack/chirpstack-api/gw/gw_pb.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PROTOBUF_FRAMES } from "#hal/net/chirpstack-frames.ts";
import { isWithinBounds } from "#hal/net/protobuf-bounds.ts";
import { hex } from "../../hex.ts";

test.each<[string, string, boolean]>([
  ["nothing", "", true],
  ["a number", "18 07", true],
  ["a number of ten bytes", "18 ff ff ff ff ff ff ff ff ff 01", true],
  ["a number that does not end", "18 ff ff ff ff ff ff ff ff ff ff 01", false],
  ["a number cut short", "18 ff", false],
  ["a tag alone", "18", false],
  ["a text", "3a 02 61 62", true],
  ["a text cut short", "3a 02 61", false],
  ["a text of 2^31 characters", "3a 80 80 80 80 08", false],
  ["eight bytes", "11 01 02 03 04 05 06 07 08", true],
  ["eight bytes cut short", "11 01 02 03", false],
  ["four bytes", "15 01 02 03 04", true],
  ["four bytes cut short", "15 01 02 03", false],
  ["a group, which proto3 has not", "1b 1c", false],
])("%s", (_, bytes, isWithin) => {
  expect(isWithinBounds(hex(bytes))).toBe(isWithin);
});

test("a downlink that claims more than it has is undecodable at once", () => {
  expect(PROTOBUF_FRAMES.decodeDownlink(hex("3a 80 80 80 80 08"))).toBeUndefined();
});

test("whatever the library writes is within its bounds", () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), fc.nat(), (gatewayId, phyPayload, downlinkId) => {
      const item = new gw.DownlinkFrameItem();
      item.setPhyPayload(phyPayload);
      const frame = new gw.DownlinkFrame();
      frame.setGatewayId(gatewayId);
      frame.setDownlinkId(downlinkId);
      frame.addItems(item);
      expect(isWithinBounds(frame.serializeBinary())).toBe(true);
    }),
  );
});
