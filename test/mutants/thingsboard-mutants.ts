import type { Mutant } from "./mutant.ts";

const HTTP = "agent/pull/thingsboard-http.ts";
const MQTT = "agent/pull/thingsboard-mqtt.ts";
const TALK = "agent/pull/mqtt-talk.ts";
const TOPICS = "agent/pull/package-topics.ts";
const DOCUMENT = "agent/pull/documented.ts";
const DOCUMENT_HTTP = "agent/pull/documented-http.ts";
const DOCUMENT_MQTT = "agent/pull/documented-mqtt.ts";
const DOCUMENT_COAP = "agent/pull/documented-coap.ts";
const HTTP_TEST = "test/agent/pull/thingsboard-http.test.ts";
const MQTT_WORDS_TEST = "test/agent/pull/thingsboard-mqtt.test.ts";
const MQTT_TEST = "test/sim/server/thingsboard/mqtt-agent.test.ts";
const DOCUMENT_TEST = "test/agent/pull/documented.test.ts";
const DOCUMENT_TRANSPORTS_TEST = "test/agent/pull/documented-transports.test.ts";

/** What a device says to a ThingsBoard, and what it believes of what it hears, by HTTP and MQTT. */
export const thingsBoardMutants: readonly Mutant[] = [
  {
    name: "thingsboard/http-answer-of-another-request",
    why: "the late answer to one question is taken for that to the next",
    file: HTTP,
    changes: [["event.id !== this.#id || asked === undefined", "asked === undefined"]],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/http-chunk-unbounded",
    why: "of a chunk without end more is held than was asked for",
    file: HTTP,
    changes: [["?${query}`, ask.chunkBytes)", "?${query}`, 2 ** 30)"]],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/http-name-not-escaped",
    why: "a title with an ampersand asks for another package",
    file: HTTP,
    changes: [["title=${encodeURIComponent(title)}", "title=${title}"]],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/http-poll-longer-than-the-server",
    why: "the server ends the wait before the device, and each wait looks like an error",
    file: HTTP,
    changes: [["Math.min(ask.seconds, POLL_MAX_S)", "ask.seconds"]],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/http-chunk-gone-is-a-chunk",
    why: "the body of a 404 is written into the bank",
    file: HTTP,
    changes: [
      ['if (status !== 200) return { type: "failed"', 'if (status >= 500) return { type: "failed"'],
      ['asked === "chunk" && (status === 400', 'asked === "change" && (status === 400'],
    ],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/http-token-not-known",
    why: "nobody is told that the token is wrong: it looks like any other failure",
    file: HTTP,
    changes: [["    if (status === 401) return UNKNOWN_TOKEN;\n", ""]],
    tests: [HTTP_TEST],
  },
  {
    name: "thingsboard/mqtt-attributes-of-another-request",
    why: "the answer to an earlier question tells an assignment that has changed since",
    file: TOPICS,
    changes: [
      [
        "topic === `${MQTT_ATTRIBUTES}/response/${this.#attributesId}`",
        "topic.startsWith(`${MQTT_ATTRIBUTES}/response/`)",
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-chunk-of-another-index",
    why: "a late chunk is written where the next one belongs",
    file: TOPICS,
    changes: [
      [
        'topic === this.#chunkTopic("response", index)',
        'topic.startsWith(this.#chunkTopic("response", index).replace(/\\d+$/, ""))',
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-chunk-of-another-attempt",
    why: "a chunk of the package before, under its request id, is taken for this one's",
    file: TOPICS,
    changes: [
      [
        'topic === this.#chunkTopic("response", index)',
        "topic.startsWith(`v2/${this.#kind}/response/`) && topic.endsWith(`/chunk/${index}`)",
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-request-id-kept",
    why: "after an error the old request id goes on giving what it stood for",
    file: TOPICS,
    changes: [["    this.#offer = undefined;\n", ""]],
    tests: [MQTT_TEST],
  },
  {
    name: "thingsboard/mqtt-request-id-of-the-first-package",
    why: "another package is asked for under the id of the first one, and the first one comes",
    file: TOPICS,
    changes: [["if (this.#offer !== offer.identity)", "if (this.#offer === undefined)"]],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-lost-cache-not-noticed",
    why: "an id that gives empty chunks since the server's cache is gone is asked for ever",
    file: TOPICS,
    changes: [["    if (isIt && length !== expectBytes) this.forget();\n", ""]],
    tests: [MQTT_TEST],
  },
  {
    name: "thingsboard/mqtt-any-acknowledgement",
    why: "a late acknowledgement counts for the state after it, which nobody has heard",
    file: TALK,
    changes: [
      [
        'this.#asked?.type !== "report" || event.id !== this.#askedId',
        'this.#asked?.type !== "report"',
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-change-missed-in-between",
    why: "what was assigned between two connections is not heard of until the next poll",
    file: TALK,
    changes: [
      [
        '        if (this.#asked?.type === "change") return this.#answered({ type: "changed" });\n',
        "",
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-dead-session-kept",
    why: "a connection that owes an answer is asked again, although it is dead",
    file: TALK,
    changes: [
      [
        'if (isListening || this.#phase === "closed") return;',
        'if (isListening || this.#phase !== "connecting") return;',
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-session-for-each-wait",
    why: "a device with nothing to do connects anew after each wait",
    file: TALK,
    changes: [
      [
        'if (isListening || this.#phase === "closed") return;',
        'if (this.#phase === "closed") return;',
      ],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-not-forgotten-with-the-session",
    why: "request ids of an earlier connection mean nothing in the next one",
    file: TALK,
    changes: [["    this.#words.forget();\n", ""]],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-answer-while-nothing-is-asked",
    why: "what is asked is not forgotten with its answer: a second one counts again",
    file: TALK,
    changes: [["    this.#asked = undefined;\n    return answer;\n", "    return answer;\n"]],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-bad-credentials-are-any-failure",
    why: "nobody is told that the token is wrong",
    file: TALK,
    changes: [["if (!isUnknown) return", "if (isUnknown !== undefined) return"]],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-size-in-other-words",
    why: "a chunk size that is no plain number ends the connection",
    file: MQTT,
    changes: [["String(ask.chunkBytes)", "`${ask.chunkBytes}.0`"]],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-error-not-heard",
    why: "NOT_FOUND is told as a lost connection: nobody hears that the package is gone",
    file: MQTT,
    changes: [
      ["return topic === ERRORS ? { answer: errorOf(payload) } : undefined;", "return undefined;"],
    ],
    tests: [MQTT_WORDS_TEST],
  },
  {
    name: "thingsboard/mqtt-error-in-raw-letters",
    why: "escape sequences of a server reach the terminal of whoever watches",
    file: MQTT,
    changes: [['text.replace(/\\p{C}/gu, "?")', "text"]],
    tests: [MQTT_WORDS_TEST],
  },
];

/** The dialect of the document. */
export const documentedMutants: readonly Mutant[] = [
  {
    name: "documented/chunk-of-another-index",
    why: "what a server calls chunk 2 is written where chunk 3 belongs",
    file: DOCUMENT_HTTP,
    changes: [["index !== undefined && index !== String(ask.index)", 'index === ""']],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/other-count-of-chunks",
    why: "a server that counts other chunks than its size makes is believed",
    file: DOCUMENT_HTTP,
    changes: [[" || (whole !== undefined && counted !== whole)", ""]],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/last-chunk-by-its-length",
    why: "where the last chunk is whole, the server's count is not listened to",
    file: DOCUMENT_HTTP,
    changes: [
      ["documentedChunk(ask, body, counted === ask.index + 1)", "documentedChunk(ask, body)"],
    ],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/state-told-by-half",
    why: "the attribute has the state, and telemetry never hears of it",
    file: DOCUMENT_HTTP,
    changes: [
      [
        '        if (next === undefined) return { type: "reported" };\n',
        '        if (status > 0) return { type: "reported" };\n',
      ],
    ],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/call-not-answered",
    why: "the server's call runs into its time-out, although the device does what it says",
    file: DOCUMENT_MQTT,
    changes: [
      ['return { answer: { type: "changed" }, reply };', 'return { answer: { type: "changed" } };'],
    ],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/half-told-by-coap",
    why: "a lost second message is not said again, because the first one was heard",
    file: DOCUMENT_COAP,
    changes: [["        this.#askedId = this.#id;\n        return", "        return"]],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/both-observers-needed",
    why: "a server without calls cannot be observed at all",
    file: DOCUMENT_COAP,
    changes: [["(this.#observers.size > 0 && !isUnknown)", "false"]],
    tests: [DOCUMENT_TRANSPORTS_TEST],
  },
  {
    name: "documented/crc-in-the-other-order",
    why: "a CRC-32 that is written as a number is compared with ThingsBoard's bytes",
    file: DOCUMENT,
    changes: [["hex: otherByteOrder(checksum.hex)", "hex: checksum.hex"]],
    tests: [DOCUMENT_TEST],
  },
  {
    name: "documented/empty-chunk-goes-on",
    why: "the end of a package of unknown size, on a chunk's border, is never seen",
    file: DOCUMENT,
    changes: [
      [
        "isLast ?? bytes.length < ask.chunkBytes",
        "isLast ?? (bytes.length > 0 && bytes.length < ask.chunkBytes)",
      ],
    ],
    tests: [DOCUMENT_TEST],
  },
  {
    name: "documented/software-by-the-firmware's-names",
    why: "firmware that is assigned is taken for software",
    file: DOCUMENT,
    changes: [
      [
        'const target = kind === "fw" ? TARGETS[fact] : undefined;',
        "const target = TARGETS[fact];",
      ],
    ],
    tests: [DOCUMENT_TEST],
  },
  {
    name: "documented/roll-back-is-a-network-error",
    why: "an image that does not run is told as one that did not arrive",
    file: "agent/pull/documented.wire.ts",
    changes: [['rolledBack: "INSTALLATION_FAILED"', 'rolledBack: "NETWORK_ERROR"']],
    tests: [DOCUMENT_TEST],
  },
];
