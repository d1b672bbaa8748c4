import { describe, expect, test } from "vitest";
import { makeImage } from "#agent/image/make.ts";
import type { DocumentedError } from "#agent/pull/documented.wire.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import type { OtaPackage } from "#sim/server/thingsboard/ota-package.ts";
import { update } from "../../../agent/pull/scripted-server.ts";
import { crypto, factoryImage, imageOf } from "../../../agent/test-device.ts";
import type { PullRig } from "../../../contract/pull.contract.ts";
import { CoapRig } from "./coap-rig.ts";
import { HttpRig } from "./http-rig.ts";
import { MqttRig } from "./mqtt-rig.ts";
import { packageOf, type RigOptions } from "./stand-in.ts";

/* Device and stand-in in the dialect of the document: what the contract of all transports does not have. */

const rigs = {
  HTTP: (options: RigOptions) => new HttpRig(false, { isDocumented: true, ...options }),
  MQTT: (options: RigOptions) => new MqttRig({ isDocumented: true, ...options }),
  CoAP: (options: RigOptions) => new CoapRig(false, { isDocumented: true, ...options }),
} as const;
const transports = Object.keys(rigs) as readonly (keyof typeof rigs)[];

function assigned<R extends PullRig>(rig: R, ota: OtaPackage): R {
  rig.standIn.server.assignToProfile("default", "fw", ota);
  return rig;
}

const CHUNKS = Math.ceil(update.length / 256);
const stranger = NodeSigner.fromSeed("ed25519", new Uint8Array(32).fill(8));
const unsigned = makeImage(new Uint8Array(1500), { version: "2.0.0" }, stranger, crypto);
const ota = packageOf({ data: update });

interface Row extends RigOptions {
  readonly what: string;
  readonly assigns?: OtaPackage;
  /** Client attribute. */
  readonly code: DocumentedError;
  /** Telemetry. */
  readonly reason: RegExp;
  /** Chunks that were asked for. */
  readonly chunks: number;
}

const rows: readonly Row[] = [
  {
    what: "another title",
    assigns: packageOf({ data: update, title: "toaster" }),
    code: "INVALID_PACKAGE",
    reason: /^offer: the package is toaster, this is fw$/,
    chunks: 0,
  },
  {
    what: "a version that is too long",
    assigns: packageOf({ data: update, version: "9".repeat(161) }),
    code: "INVALID_PACKAGE",
    reason: /^offer: its version is longer than 160 bytes$/,
    chunks: 0,
  },
  {
    what: "an algorithm that the document does not have",
    assigns: packageOf({ data: update, algorithm: "MURMUR3_32" }),
    code: "INVALID_PACKAGE",
    reason: /^offer: its checksum algorithm is unknown$/,
    chunks: 0,
  },
  {
    what: "larger than the bank",
    assigns: packageOf({ data: new Uint8Array(2049) }),
    code: "INSUFFICIENT_STORAGE",
    reason: /^offer: 2049 bytes, the bank has 2048$/,
    chunks: 0,
  },
  {
    what: "the checksum of other bytes",
    assigns: { ...ota, checksum: "ab".repeat(32) },
    code: "CHECKSUM_MISMATCH",
    reason: /^checksum: SHA256 is [0-9a-f]+, the server says (ab)+$/,
    chunks: 3 * CHUNKS,
  },
  {
    what: "a bit of the fourth chunk is wrong",
    faults: [{ kind: "flipped", chunk: 3 }],
    code: "CHECKSUM_MISMATCH",
    reason: /^checksum: SHA256 is /,
    chunks: 3 * CHUNKS,
  },
  {
    what: "endless empty chunks",
    faults: [{ kind: "empty" }],
    code: "NETWORK_ERROR",
    reason: /^chunks: chunk 0: 0 bytes instead of 256$/,
    chunks: 15,
  },
  {
    what: "chunks that are always short",
    faults: [{ kind: "short" }],
    code: "NETWORK_ERROR",
    reason: /^chunks: chunk 0: 255 bytes instead of 256$/,
    chunks: 15,
  },
  {
    what: "chunks that are always long",
    faults: [{ kind: "long" }],
    code: "NETWORK_ERROR",
    reason: /^chunks: chunk 0: (257 bytes instead of 256|more than 256 bytes|unusable)$/,
    chunks: 15,
  },
  {
    what: "no image",
    assigns: packageOf({ data: new Uint8Array(1500) }),
    code: "INVALID_PACKAGE",
    reason: /^imageFormat: does not begin with the magic/,
    chunks: 6,
  },
  {
    what: "signed by somebody else",
    assigns: packageOf({ data: unsigned }),
    code: "INVALID_PACKAGE",
    reason: /^signature: /,
    chunks: Math.ceil(unsigned.length / 256),
  },
  {
    what: "an image that does not prove itself",
    defect: "crashes",
    code: "INSTALLATION_FAILED",
    reason: /^rolledBack$/,
    chunks: CHUNKS,
  },
];

describe.each(transports)("refused over %s", (transport) => {
  test.each(rows)("$what", ({ assigns = ota, code, reason, chunks, ...options }) => {
    const rig = assigned(rigs[transport](options), assigns);
    rig.world.run(24 * 3600);
    const { device } = rig.standIn;
    expect(device.client.get("fw_state")).toBe("FAILED");
    expect(device.client.get("fw_error")).toBe(code);
    expect(rig.standIn.telemetry("fw_error")).toMatch(reason);
    expect(rig.chunks).toHaveLength(chunks);
    expect(rig.world.status().version).toBe("1.0.0");
    expect(rig.world.bank(0).subarray(0, factoryImage.length)).toEqual(factoryImage);
  });
});

const chunkwise = imageOf("2.0.0", 2, 1500 + 256 - (update.length % 256));

describe.each(transports)("described in part, over %s", (transport) => {
  test.each([
    { what: "no size", change: { sizeBytes: undefined } },
    { what: "no algorithm", change: { algorithm: undefined } },
    { what: "no checksum", change: { algorithm: undefined, checksum: undefined } },
    { what: "nothing but a version", change: { sizeBytes: undefined, checksum: undefined } },
    {
      what: "no size, and whole chunks",
      change: { ...packageOf({ data: chunkwise }), sizeBytes: undefined },
    },
  ])("$what: it is taken", ({ change }) => {
    const rig = assigned(rigs[transport]({}), { ...ota, ...change });
    rig.world.run(600);
    expect(rig.standIn.device.client.get("fw_state")).toBe("UPDATED");
    expect(rig.world.notesOf("noAnswer")).toEqual([]);
  });

  test("no size, and more than the bank holds", () => {
    const large = imageOf("2.0.0", 2, 3000);
    const change = { ...packageOf({ data: large }), sizeBytes: undefined };
    const rig = assigned(rigs[transport]({}), change);
    rig.world.run(3600);
    expect(rig.standIn.device.client.get("fw_error")).toBe("INVALID_PACKAGE");
    expect(rig.chunks).toHaveLength(1);
  });
});

describe.each(["MD5", "SHA256", "SHA384", "SHA512", "CRC32"] as const)("%s", (algorithm) => {
  test.each(transports)("over %s", (transport) => {
    const rig = assigned(rigs[transport]({}), packageOf({ data: update, algorithm }));
    rig.world.run(60);
    expect(rig.standIn.device.client.get("fw_state")).toBe("UPDATED");
  });
});

test("attributes of the first table are enough: no title, no size", () => {
  const rig = assigned(rigs.MQTT({}), ota);
  const { device } = rig.standIn;
  rig.standIn.wait(1);
  for (const key of [...device.shared.keys()]) if (key.startsWith("fw_")) device.shared.delete(key);
  expect([...device.shared.keys()]).toEqual(["targetFwVersion", "targetFwChecksum"]);
  rig.world.run(60);
  expect(device.client.get("fw_state")).toBe("UPDATED");
});

describe("a call, and nothing else, tells of a change", () => {
  test("by MQTT", () => {
    const rig = new MqttRig({ isDocumented: true });
    rig.world.run(10);
    rig.standIn.device.listeners.clear();
    assigned(rig, ota).standIn.wait(1);
    expect(rig.standIn.device.openCalls.size).toBe(1);
    rig.world.run(60);
    expect(rig.standIn.device.client.get("fw_state")).toBe("UPDATED");
    expect(rig.standIn.device.openCalls.size).toBe(0);
    const answer = { topic: "v1/devices/me/rpc/response/1", payload: "{}" };
    expect(rig.link.published).toContainEqual(answer);
  });

  test("by CoAP", () => {
    const rig = new CoapRig(true, { isDocumented: true });
    rig.world.run(10);
    rig.standIn.device.listeners.clear();
    assigned(rig, ota).standIn.wait(1);
    rig.world.run(60);
    expect(rig.standIn.device.client.get("fw_state")).toBe("UPDATED");
    expect(rig.standIn.device.openCalls.size).toBe(0);
    const paths = rig.requests.map(({ path }) => path.join("/"));
    expect(paths).toContain("api/v1/T/rpc/1");
  });
});

test("progress is told at every tenth, and once", () => {
  const told: unknown[] = [];
  const rig = assigned(rigs.HTTP({}), packageOf({ data: imageOf("2.0.0", 2, 1800) }));
  rig.world.run(60);
  for (const { body = "" } of rig.world.requests) {
    const progress = body === "" ? undefined : JSON.parse(body).fw_progress;
    if (progress !== undefined) told.push(progress);
  }
  expect(told).toEqual([10, 20, 30, 50, 60, 70, 90, 100]);
});
