import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DIALECTS } from "#hal/serial/dialects/by-name.ts";
import { LineReader } from "#hal/serial/line-reader.ts";
import { eventText } from "./event-text.ts";

const rui3 = () => new LineReader(DIALECTS.rui3);

describe("what nearly is a line of RUI3 is noise", () => {
  test.each([
    ["odd hex", "+EVT:RX_1:-70:8:UNICAST:10:01a"],
    ["no hex", "+EVT:RX_1:-70:8:UNICAST:10:01zz"],
    ["256 bytes", `+EVT:RX_1:-70:8:UNICAST:10:${"00".repeat(256)}`],
    ["merged with a reply", "+EVT:RX_1:-7AT+NJS=1"],
    ["cut at the front", "RX_1:-70:8:UNICAST:10:01ab"],
    ["words after it", "+EVT:JOINED now"],
    ["a late reply to another query", "AT+BAND=4"],
  ])("%s", (_, line) => {
    const read = rui3().read(line, "AT+NJS=?");
    expect(["noise", "event"]).toContain(read.type);
    if (read.type === "event") expect(read.event.type).toBe("other");
  });
});

describe("an event behind something that has lost its end", () => {
  const event = "+EVT:RX_C:-88:5:MULTICAST:201:08aa";
  test.each([
    ["noise", "\u0001x", event],
    ["half a downlink", "+EVT:RX_C:-88:5:MULTICAST:201:08", event],
    ["a reply", "AT+NJS=1", event],
    ["the end of a reply", "OK", "+EVT:JOINED"],
    ["noise of a reset", "\u00f0", "Current Work Mode: LoRaWAN."],
  ])("%s: is whole", (_, before, after) => {
    expect(rui3().parts(`${before}${after}`)).toEqual([before, after]);
  });

  test.each([event, "OKCurrent Work Mode: LoRaWAN.", "+EVT:RX_1:-7AT+NJS=1", ""])(
    "%s is one line",
    (line) => expect(rui3().parts(line)).toEqual([line]),
  );
});

test.each([
  [
    `+EVT:RX_C:-88:5:MULTICAST:201:${"08".repeat(255)}`,
    /^received C -88 5 multicast 201 (08){255}$/,
  ],
  ["+EVT:RX_2:-120:-13:UNICAST:224:00", /^received 2 -120 -13 unicast 224 00$/],
  ["+EVT:SEND_CONFIRMED_FAILED(4)", /^confirmed no$/],
  ["+EVT:SEND_CONFIRMED_FAILED", /^confirmed no$/],
  ["+EVT:TIMEREQ_OK", /^time ok$/],
  ["+EVT:TIMEREQ FAILED", /^time failed$/],
  ["+EVT:LINKCHECK:1:0:0:0:0", /^link lost 0 0$/],
  ["Restricted_Wait_4711_ms", /^restricted 4711$/],
  ["OKCurrent Work Mode: LoRa P2P.", /^restarted LoRa P2P$/],
  ["+EVT:SWITCH_FAILED", /^other \+EVT:SWITCH_FAILED$/],
])("%s", (line, words) => {
  const read = rui3().read(line, "AT+SEND=1:00");
  expect(read.type === "event" && eventText(read.event)).toMatch(words);
});

test("an event is told apart from a reply, whatever is waited for", () => {
  expect(rui3().read("+EVT:JOINED", undefined).type).toBe("event");
  expect(rui3().read("OK", undefined).type).toBe("noise");
  expect(rui3().read("AT+JOIN", "AT+JOIN").type).toBe("echo");
});

test.each([
  ["AT+CLASS", "+CLASS: C", "end"],
  ["AT+CLASS", "+DR: DR5", "noise"],
  ["AT+CLASS", "+MSG: Link 20, 1", "noise"],
  ["AT+CLASS", "+AT: ERROR(-1)", "end"],
  ['AT+MSGHEX="00"', "+JOIN: Done", "noise"],
  ["AT", "+AT: OK", "end"],
])("E5, while %s waits: %s is %s", (command, line, type) => {
  expect(new LineReader(DIALECTS.e5).read(line, command).type).toBe(type);
});

describe("a reception in three lines", () => {
  const lines = ["+EVT:RX_C, RSSI -52, SNR 9", "+EVT:MULCAST MC1", "+EVT:201:08aa"];

  test("is complete with the last one", () => {
    const reader = new LineReader(DIALECTS.rak3172v1);
    const types = lines.map((line) => reader.read(line, undefined));
    expect(types.map(({ type }) => type)).toEqual(["part", "part", "event"]);
    const last = types.at(-1);
    expect(last?.type === "event" && eventText(last.event)).toBe(
      "received C -52 9 multicast 201 08aa",
    );
  });

  test("is none when its beginning was lost", () => {
    const reader = new LineReader(DIALECTS.rak3172v1);
    expect(reader.read("+EVT:201:08aa", undefined).type).toBe("part");
  });
});

test.each(Object.values(DIALECTS))("$name takes any text", (dialect) => {
  const reader = new LineReader(dialect);
  const line = fc.oneof(
    fc.string({ maxLength: 600 }),
    fc.stringMatching(/^\+EVT:[A-Z_0-9:,-]{0,40}$/),
    fc.stringMatching(/^\+(MSG|JOIN): .{0,40}$/),
  );
  const take = (text: string) => {
    const parts = reader.parts(text);
    for (const part of parts) reader.read(part, "AT+NJS=?");
    return parts.join("") === text;
  };
  fc.assert(fc.property(line, take));
});
