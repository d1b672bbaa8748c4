import type { Mutant } from "./mutant.ts";

const COAP = "agent/pull/thingsboard-coap.ts";
const EXCHANGE = "hal/net/coap-exchange.ts";
const COAP_TEST = "test/agent/pull/thingsboard-coap.test.ts";
const CLIENT_TEST = "test/hal/net/coap-client.test.ts";

/** A ThingsBoard by CoAP: blocks, and what is observed. */
export const coapMutants: readonly Mutant[] = [
  {
    name: "coap/answer-of-another-request",
    why: "the late answer to one question is taken for that to the next",
    file: COAP,
    changes: [["event.id !== this.#id || asked === undefined", "asked === undefined"]],
    tests: [COAP_TEST],
  },
  {
    name: "coap/redirect-is-success",
    why: "3.02 is taken for a chunk",
    file: "agent/pull/coap-code.ts",
    changes: [["code < 300", "code < 400"]],
    tests: [COAP_TEST],
  },
  {
    name: "coap/blocks-of-a-few-bytes",
    why: "asked for in blocks, so few bytes come with more to follow for ever",
    file: COAP,
    changes: [
      [
        "ask.expectBytes > BLOCKLESS_BYTES_MAX ? this.#options.blockBytes : undefined",
        "this.#options.blockBytes",
      ],
    ],
    tests: [COAP_TEST],
  },
  {
    name: "coap/known-state-is-a-change",
    why: "the first notification tells what is known: the device asks and observes in a circle",
    file: COAP,
    changes: [["      if (isKnown) return undefined;\n", ""]],
    tests: [COAP_TEST],
  },
  {
    name: "coap/change-not-told-while-it-asks",
    why: "what is told in the middle of a download is passed over",
    file: COAP,
    changes: [
      [
        '      if (this.#asked?.type === "change") this.#asked = undefined;\n      return',
        '      if (this.#asked?.type !== "change") return undefined;\n      this.#asked = undefined;\n      return',
      ],
    ],
    tests: [COAP_TEST],
  },
  {
    name: "coap/observer-believed-in-for-ever",
    why: "an observer of whom the server knows nothing any more is waited for",
    file: COAP,
    changes: [["    this.#observer = undefined;\n  }\n\n  step", "  }\n\n  step"]],
    tests: [COAP_TEST],
  },
  {
    name: "coap/observer-left-behind",
    why: "who gave up goes on being told, under a token that is used again",
    file: COAP,
    changes: [
      [
        '    if (this.#observer !== undefined) effects.push({ type: "coapCancel", id: this.#observer });\n',
        "",
      ],
    ],
    tests: [COAP_TEST],
  },
  {
    name: "coap/nothing-assigned-is-a-failure",
    why: "4.04 for attributes that do not exist is taken for an error: the old package is kept",
    file: COAP,
    changes: [
      [
        'if (asked.type === "target" && code === 404) return',
        'if (asked.type === "report" && code === 404) return',
      ],
    ],
    tests: [COAP_TEST],
  },
  {
    name: "coap/name-too-long-for-an-option",
    why: "a title of 255 letters is sent in an option that cannot hold it",
    file: COAP,
    changes: [["length <= QUERY_BYTES_MAX", "length <= 4 * QUERY_BYTES_MAX"]],
    tests: [COAP_TEST],
  },
  {
    name: "coap/more-flag-ignored",
    why: "the first block is taken for the whole",
    file: EXCHANGE,
    changes: [['    if (block?.more === true) return { type: "more" };\n', ""]],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/block-of-any-number",
    why: "a block that is missing is passed over",
    file: EXCHANGE,
    changes: [
      [
        "      if (at > this.#sizeBytes) return unusable(`block ${block.num} out of its turn`);\n",
        "",
      ],
    ],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/block-twice",
    why: "a block that comes again is put in twice",
    file: EXCHANGE,
    changes: [['      if (at < this.#sizeBytes) return { type: "stale" };\n', ""]],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/block-of-another-answer",
    why: "the image changes in mid-transfer: one half of each is put together",
    file: EXCHANGE,
    changes: [
      [
        '      if (at > 0 && this.#isOfAnother(message)) return unusable("a block of another answer");\n',
        "",
      ],
    ],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/blocks-before-a-whole",
    why: "a server that answers a request for a block with everything is given twice over",
    file: EXCHANGE,
    changes: [
      [
        "    if (block === undefined) this.#forget();\n    else {",
        "    if (block !== undefined) {",
      ],
    ],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/short-block-in-the-middle",
    why: "a block that is shorter than its number says shifts what follows",
    file: EXCHANGE,
    changes: [
      [
        "block.more && payload.length !== block.sizeBytes",
        "block.more && payload.length > block.sizeBytes",
      ],
    ],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/blocks-without-end",
    why: "a server with more to follow for ever fills the memory",
    file: EXCHANGE,
    changes: [
      ["this.#sizeBytes + payload.length > payloadBytesMax", "payload.length > payloadBytesMax"],
    ],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/error-goes-on-being-observed",
    why: "an error under an Observe option is waited on for more",
    file: EXCHANGE,
    changes: [["observes && isSuccess && options", "observes && options"]],
    tests: [CLIENT_TEST],
  },
  {
    name: "coap/continue-is-an-answer",
    why: "2.31 in the middle of an upload is taken for its end",
    file: EXCHANGE,
    changes: [['    if (message.code === CONTINUE) return { type: "more" };\n', ""]],
    tests: [CLIENT_TEST],
  },
];
