import { describe, expect, test } from "vitest";
import { InputError } from "#tools/errors.ts";
import { preparedRun } from "#tools/run/prepared.ts";
import { parseScenario } from "#tools/scenario/load.ts";
import { lorawanOf } from "#tools/scenario/lorawan-only.ts";
import { FakeTerminal, fakeParts, fakeSimulate } from "../run/fake-fleet.ts";

const parts = fakeParts(new FakeTerminal(), fakeSimulate(1));

/** What is said of a scenario, as a person sees it. */
function saidOf(lines: readonly string[], devices?: number): string {
  try {
    const loaded = parseScenario(["name: a", "expect: {}", ...lines].join("\n"), "a.yaml");
    preparedRun(loaded, { repeat: 1, ...(devices === undefined ? {} : { devices }) }, parts);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

const group = (more: string) =>
  saidOf([`pull: [{ name: p, count: 2, chunkBytes: 4096, ${more} }]`]);

describe("a fleet", () => {
  test.each([
    { what: "that pulls", lines: ["pull: [{ name: p, count: 1 }]"], said: "accepted" },
    { what: "of nobody", lines: [], said: /devices is missing, expected devices and a campaign/ },
    {
      what: "without its campaign",
      lines: ["devices: { count: 1 }", "pull: [{ name: p, count: 1 }]"],
      said: /campaign is missing/,
    },
    {
      what: "without its devices",
      lines: ["campaign: { redundancyPercent: 1 }", "pull: [{ name: p, count: 1 }]"],
      said: /devices is missing/,
    },
    {
      what: "with two groups of one name",
      lines: ["pull: [{ name: p, count: 1 }, { name: p, count: 1 }]"],
      said: /pull\[1\]\.name is p, like another kind/,
    },
    {
      what: "with a group named like its devices",
      lines: [
        "devices: { count: 1 }",
        "campaign: { redundancyPercent: 1 }",
        "pull: [{ name: device, count: 1 }]",
      ],
      said: /pull\[0\]\.name is device/,
    },
    {
      what: "that is sent a patch",
      lines: ["firmware: { deltaPercent: 1 }", "pull: [{ name: p, count: 1 }]"],
      said: /pulls images, and no patches/,
    },
  ])("$what", ({ lines, said }) => {
    expect(saidOf(lines)).toMatch(said);
  });

  test("of one group takes --devices, of several it does not", () => {
    const one = "{ name: p, count: 1 }";
    expect(saidOf([`pull: [${one}]`], 7)).toBe("accepted");
    expect(saidOf([`pull: [${one}, { name: q, count: 1 }]`], 7)).toMatch(/--set pull\.0\.count=N/);
  });

  test("that pulls is not for what is for LoRaWAN devices", () => {
    const loaded = parseScenario("name: a\nexpect: {}\npull: [{ name: p, count: 1 }]", "a.yaml");
    expect(() => lorawanOf(loaded)).toThrow(/^a\.yaml:3: pull is all of the fleet/);
  });
});

describe("a group", () => {
  /** The image has 32768 bytes: eight chunks. */
  test.each([
    { more: "software: true", said: "accepted" },
    { more: "granuleBytes: 32, attempts: 1", said: "accepted" },
    { more: "transport: mqtt, longPolls: true", said: /mqtt tells of changes by itself/ },
    { more: "transport: coap, longPolls: true", said: /coap has no such poll/ },
    { more: "transport: coap", said: /by CoAP a chunk has at most 1024 bytes/ },
    { more: "link: { latencyMs: { min: 9, max: 3 } }", said: /latencyMs has a min above its max/ },
    { more: "server: { without: [tellsTwice] }", said: "accepted" },
    { more: "server: { without: [tellsThrice] }", said: /is tellsThrice; known are emptyPastEnd/ },
    { more: "server: { chunkFaults: [{ kind: empty, chunk: 7 }] }", said: "accepted" },
    {
      more: "server: { chunkFaults: [{ kind: empty, chunk: 8 }] }",
      said: /chunkFaults\[0\]\.chunk is 8, but the image has 8 chunks/,
    },
    {
      more: "server: { earlier: { version: '1', until: { atChunk: 8 } } }",
      said: /until\.atChunk is 8/,
    },
    {
      more: "faults: [{ kind: reset, share: 1, when: { atChunk: 8 } }]",
      said: /when\.atChunk is 8/,
    },
    { more: "package: { atUrl: { redirects: circle, says: nothing } }", said: "accepted" },
    { more: "package: { atUrl: { redirects: 11 } }", said: /a number from 0 to 10, or circle/ },
    {
      more: "package: { atUrl: { ranges: false } }, server: { chunkFaults: [{ kind: close }] }",
      said: "accepted",
    },
    {
      more: "package: { atUrl: { ranges: false } }, server: { chunkFaults: [{ kind: short }] }",
      said: /kind is short, but a file without ranges has no chunks/,
    },
    { more: "colour: red", said: /colour is unknown/ },
  ])("$more", ({ more, said }) => {
    expect(group(more)).toMatch(said);
  });

  test.each([
    { more: "cbor: named, transport: mqtt, server: { calls: true }", said: "accepted" },
    { more: "transport: coap", said: "accepted" },
    { more: "server: { chunkFaults: [{ kind: redirect }, { kind: error }] }", said: "accepted" },
    { more: "longPolls: true", said: /longPolls is true, but drogue has no such poll/ },
    { more: "software: true", said: /software is true, but drogue knows firmware only/ },
    { more: "title: x", said: "accepted" },
    { more: "package: { title: x }", said: /package\.title is x, but drogue has no titles/ },
    { more: "package: { tag: x }", said: /package\.tag is x, but drogue has no tags/ },
    { more: "package: { checksum: MD5 }", said: /is MD5, but drogue's checksum is SHA256/ },
    { more: "package: { checksum: none }", said: "accepted" },
    { more: "package: { atUrl: {} }", said: /package\.atUrl is set, but drogue gives/ },
    { more: "server: { rateLimit: { requests: 1, perS: 1 } }", said: /rateLimit is set, but/ },
    { more: "server: { tellEveryMs: 1 }", said: /tellEveryMs is 1, but drogue tells nobody/ },
    { more: "server: { calls: true }", said: /calls is true, but by http nobody listens/ },
    { more: "server: { without: [tellsTwice] }", said: /is tellsTwice; known are silentOnErrors/ },
    {
      more: "transport: mqtt, server: { chunkFaults: [{ kind: error }] }",
      said: /chunkFaults\[0\]\.kind is error, but drogue by mqtt has no word for it/,
    },
    {
      more: "transport: coap, server: { chunkFaults: [{ kind: redirect }] }",
      said: /is redirect, but drogue by coap has no word for it/,
    },
  ])("of Drogue: $more", ({ more, said }) => {
    expect(group(`dialect: drogue, ${more}`)).toMatch(said);
  });

  test.each([
    { more: "transport: mqtt, package: { checksum: CRC32 }", said: "accepted" },
    { more: "package: { checksum: MURMUR3_32 }", said: /is MURMUR3_32; the document has MD5, / },
    { more: "server: { without: [tellsTwice] }", said: /without turns surprises off/ },
    { more: "server: { calls: true }", said: /calls is true, and documented servers call anyway/ },
    { more: "cbor: named", said: /cbor is named, but thingsboard speaks no CBOR/ },
  ])("of the document: $more", ({ more, said }) => {
    expect(group(`dialect: documented, ${more}`)).toMatch(said);
  });

  test("of ThingsBoard has none of Drogue's keys", () => {
    expect(group("package: { checksum: none }")).toMatch(/checksum is none, but thingsboard has/);
    expect(group("cbor: named")).toMatch(/cbor is named, but thingsboard speaks no CBOR/);
    expect(group("server: { calls: true }")).toMatch(/calls is true, but thingsboard tells/);
  });

  test("asks for whole granules of its flash", () => {
    const said = saidOf(["pull: [{ name: p, count: 1, chunkBytes: 1001 }]"]);
    expect(said).toMatch(/chunkBytes is 1001, but the flash takes 8 bytes at once/);
  });
});
