import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COAP_OPTION,
  type CoapMessage,
  coapBlock,
  coapBlockOf,
  coapUint,
  coapUintOf,
  decodeCoap,
  encodeCoap,
} from "#hal/net/coap-message.ts";
import { hex } from "../../hex.ts";

const text = (value: string) => new TextEncoder().encode(value);
const none = new Uint8Array(0);

const vectors: readonly { what: string; bytes: string; message: CoapMessage }[] = [
  {
    // RFC 7252, appendix A, figure 16
    what: "GET /temperature",
    bytes: "40 01 7d 34 bb 74 65 6d 70 65 72 61 74 75 72 65",
    message: {
      type: "con",
      code: 1,
      messageId: 0x7d34,
      token: "",
      options: [{ number: COAP_OPTION.uriPath, value: text("temperature") }],
      payload: none,
    },
  },
  {
    // the same
    what: 'its answer, "22.3 C"',
    bytes: "60 45 7d 34 ff 32 32 2e 33 20 43",
    message: {
      type: "ack",
      code: 205,
      messageId: 0x7d34,
      token: "",
      options: [],
      payload: text("22.3 C"),
    },
  },
  {
    // RFC 7252, appendix A, figure 17
    what: "GET with a token",
    bytes: "41 01 7d 35 20 bb 74 65 6d 70 65 72 61 74 75 72 65",
    message: {
      type: "con",
      code: 1,
      messageId: 0x7d35,
      token: "20",
      options: [{ number: COAP_OPTION.uriPath, value: text("temperature") }],
      payload: none,
    },
  },
  {
    what: "an empty acknowledgement",
    bytes: "60 00 12 34",
    message: { type: "ack", code: 0, messageId: 0x1234, token: "", options: [], payload: none },
  },
  {
    what: "an option of a number that nobody has named",
    bytes: "50 02 00 01 e2 0f 64 61 62",
    message: {
      type: "non",
      code: 2,
      messageId: 1,
      token: "",
      options: [{ number: 4209, value: text("ab") }],
      payload: none,
    },
  },
];

describe("a message", () => {
  test.each(vectors)("$what <-> $bytes", ({ bytes, message }) => {
    expect(new Uint8Array(encodeCoap(message))).toEqual(hex(bytes));
    const decoded = decodeCoap(hex(bytes));
    expect({
      ...decoded,
      options: decoded?.options.map(({ number, value }) => ({
        number,
        value: new Uint8Array(value),
      })),
      payload: new Uint8Array(decoded?.payload ?? []),
    }).toEqual(message);
  });

  test.each([
    { what: "nothing", bytes: "" },
    { what: "version 0", bytes: "00 01 7d 34" },
    { what: "a token of nine bytes", bytes: "49 01 7d 34 01 02 03 04 05 06 07 08 09" },
    { what: "a token that ends too early", bytes: "44 01 7d 34 01" },
    { what: "an option that ends too early", bytes: "40 01 7d 34 bb 74 65" },
    { what: "an option of reserved length", bytes: "40 01 7d 34 bf 74 65" },
    { what: "an option of reserved number", bytes: "40 01 7d 34 f1 74" },
    { what: "a payload that is announced and does not come", bytes: "60 45 7d 34 ff" },
    { what: "an empty message with a token", bytes: "61 00 7d 34 20" },
    { what: "an empty message that claims a token", bytes: "61 00 7d 34" },
  ])("$what is none", ({ bytes }) => {
    expect(decodeCoap(hex(bytes))).toBeUndefined();
  });

  test("cut anywhere, it is another one or none", () => {
    for (const { bytes } of vectors) {
      const whole = hex(bytes);
      for (let length = 0; length < whole.length; length++) {
        const cut = decodeCoap(whole.subarray(0, length));
        if (cut !== undefined) expect(encodeCoap(cut)).toHaveLength(length);
      }
    }
  });

  test("whatever comes is a message or none", () => {
    const head = fc.constantFrom(0x40, 0x41, 0x48, 0x50, 0x60, 0x62, 0x70);
    const rest = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(head, rest, (first, bytes) => {
        const message = decodeCoap(Uint8Array.of(first, ...bytes));
        if (message !== undefined) {
          expect(new Uint8Array(encodeCoap(message))).toEqual(Uint8Array.of(first, ...bytes));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("options", () => {
  test.each([
    { value: 0, bytes: "" },
    { value: 1, bytes: "01" },
    { value: 255, bytes: "ff" },
    { value: 256, bytes: "01 00" },
    { value: 0xffffffff, bytes: "ff ff ff ff" },
  ])("$value <-> $bytes", ({ value, bytes }) => {
    expect(coapUint(value)).toEqual(hex(bytes));
    expect(coapUintOf(hex(bytes))).toBe(value);
  });

  test("five bytes are no such number", () => {
    expect(coapUintOf(hex("01 00 00 00 00"))).toBeUndefined();
  });

  test.each([
    // RFC 7959 §2.2: NUM, M, SZX
    { block: { num: 0, more: false, sizeBytes: 16 }, bytes: "" },
    { block: { num: 0, more: true, sizeBytes: 1024 }, bytes: "0e" },
    { block: { num: 15, more: false, sizeBytes: 64 }, bytes: "f2" },
    { block: { num: 16, more: true, sizeBytes: 512 }, bytes: "01 0d" },
    { block: { num: 0xfffff, more: false, sizeBytes: 1024 }, bytes: "ff ff f6" },
  ] as const)("$block <-> $bytes", ({ block, bytes }) => {
    expect(coapBlock(block)).toEqual(hex(bytes));
    expect(coapBlockOf(hex(bytes))).toEqual(block);
  });

  test.each(["07", "0f", "01 00 00 06"])("%s is no block", (bytes) => {
    expect(coapBlockOf(hex(bytes))).toBeUndefined();
  });
});
