import { describe, expect, test } from "vitest";
import type { DownlinkRequest } from "#sim/air/frames.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { CampaignRequests } from "#sim/server/campaign-requests.ts";
import { FragmentQueue } from "#sim/server/fragment-queue.ts";
import type { ProvisionedDevice } from "#sim/server/server-device.ts";
import { hex } from "../../hex.ts";
import { crypto, provisionOf } from "./bench.ts";
import { CONFIG } from "./campaign-bench.ts";

/** Bytes that the codecs of ChirpStack v4 and of brocaar/lorawan make of the same fields. */
const GROUP = {
  mcAddr: 0x01ff_fffe,
  mcKey: hex("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"),
};
const ROOT_SECRET = hex("2b 7e 15 16 28 ae d2 a6 ab f7 15 88 09 cf 4f 3c");

const deviceOf = (lorawan: "1.0" | "1.1"): ProvisionedDevice => ({
  ...provisionOf(1, { lorawan }),
  rootSecret: ROOT_SECRET,
});
const requestsOf = (config: Partial<typeof CONFIG> = {}) =>
  new CampaignRequests({ ...CONFIG, ...config }, GROUP, crypto);

describe("golden bytes", () => {
  test.each([
    ["1.0", "fb f1 47 1e fd ac 69 59 9a 52 a0 ff c1 0b 90 ce"],
    ["1.1", "57 da 49 d5 94 16 2f 6e f5 b3 88 f1 28 be 6c a9"],
  ] as const)("McGroupSetupReq to a %s device", (lorawan, wrapped) => {
    expect(requestsOf().mcGroupSetup(deviceOf(lorawan))).toEqual(
      hex(`02 00 fe ff ff 01 ${wrapped} 00 00 00 00 ff ff ff ff`),
    );
  });

  test("FragSessionSetupReq of 1.0.0", () => {
    expect(requestsOf().fragSessionSetup(deviceOf("1.0"), 7)).toEqual(
      hex("02 01 0a 00 0a 02 05 01 02 03 04"),
    );
  });

  test("FragSessionSetupReq of 2.0.0, with counter and MIC", () => {
    const requests = requestsOf({ packages: 2 });
    expect(requests.fragSessionSetup(deviceOf("1.0"), 7)).toEqual(
      hex("02 01 0a 00 0a 02 05 01 02 03 04 07 00 bb fa d0 0c"),
    );
  });

  test("McClassCSessionReq", () => {
    expect(requestsOf().mcClassCSession(1_451_260_818)).toEqual(
      hex("04 00 92 7b 80 56 08 d2 ad 84 00"),
    );
  });

  test("FragSessionStatusReq asks all participants", () => {
    expect(requestsOf().fragSessionStatus()).toEqual(hex("01 01"));
  });

  test("DataFragment", () => {
    expect(requestsOf().dataFragment(1024, hex("aa bb"))).toEqual(hex("08 00 04 aa bb"));
    expect(requestsOf().dataFragment(16_383, hex("aa"))).toEqual(hex("08 ff 3f aa"));
  });

  test("the first fragment as it is on the air", () => {
    const sent: DownlinkRequest[] = [];
    const queue = new FragmentQueue(CONFIG, requestsOf(), GROUP, {
      gpsUsAt: (at) => at,
      scheduler: new Engine(),
      crypto,
      entropy: new KeyedEntropy(1, 1),
      transmit: (request) => sent.push(request),
    });
    queue.start();
    expect(sent).toEqual([
      {
        phyPayload: hex(
          "60 fe ff ff 01 00 00 00 c9 ac 35 c8 64 bd fc c7 ac 98 d8 9e 9c 60 bd de 9d 1a",
        ),
        gateway: 0,
        dr: 0,
        frequencyHz: 869_525_000,
        timing: { type: "immediately" },
      },
    ]);
  });
});

test.each([
  { imageBytes: 1, nbFrag: 1, padding: 9, coded: 1 },
  { imageBytes: 10, nbFrag: 1, padding: 0, coded: 1 },
  { imageBytes: 11, nbFrag: 2, padding: 9, coded: 1 },
  { imageBytes: 40, nbFrag: 4, padding: 0, coded: 1 },
  { imageBytes: 41, nbFrag: 5, padding: 9, coded: 2 },
])("$imageBytes bytes are $nbFrag fragments and $coded coded ones", (row) => {
  const image = new Uint8Array(row.imageBytes).fill(1);
  const config = { ...CONFIG, image };
  const requests = requestsOf({ image });
  expect(requests.nbFrag).toBe(row.nbFrag);
  expect(requests.paddingBytes).toBe(row.padding);
  const queue = new FragmentQueue(config, requests, GROUP, {
    gpsUsAt: (at) => at,
    scheduler: new Engine(),
    crypto,
    entropy: new KeyedEntropy(1, 1),
    transmit: () => {},
  });
  expect(queue.fragments).toBe(row.nbFrag + row.coded);
});
