import type { Mutant } from "./mutant.ts";

const TALK = "agent/pull/drogue.ts";
const MQTT = "agent/pull/drogue-mqtt.ts";
const SERIAL = "agent/pull/drogue-serial.ts";
const READER = "agent/wire/cbor-io.ts";
const CBOR = "agent/wire/cbor.ts";
const HTTP_TEST = "test/sim/server/drogue/http-agent.test.ts";
const COAP_TEST = "test/sim/server/drogue/coap-agent.test.ts";
const TALK_TEST = "test/agent/pull/drogue.test.ts";
const MQTT_TALK_TEST = "test/agent/pull/drogue-mqtt.test.ts";
const SERIAL_TEST = "test/sim/server/drogue/serial-agent.test.ts";
const WIRE_TEST = "test/agent/pull/drogue.wire.test.ts";

/** Drogue's conversation, and the CBOR that it is spelt in. */
export const drogueMutants: readonly Mutant[] = [
  {
    name: "drogue/correlation-id-not-compared",
    why: "the command that answers another status is taken for this one's",
    file: TALK,
    changes: [
      ["correlationId === undefined || correlationId === this.#correlationId", "asked !== null"],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/one-correlation-id-for-all",
    why: "statuses cannot be told apart: a late command answers the next one",
    file: TALK,
    changes: [
      ["(this.#options.firstCorrelationId + this.#sent) >>> 0", "this.#options.firstCorrelationId"],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/correlation-id-of-33-bits",
    why: "after 2^32 the number is one that nobody can write",
    file: TALK,
    changes: [
      [
        "(this.#options.firstCorrelationId + this.#sent) >>> 0",
        "this.#options.firstCorrelationId + this.#sent",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/own-ids-beyond-the-wrap",
    why: "once the numbers have wrapped, every late command counts as news, and is asked about",
    file: TALK,
    changes: [
      [
        "(correlationId - this.#options.firstCorrelationId) >>> 0",
        "Math.abs(correlationId - this.#options.firstCorrelationId)",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/late-command-is-news",
    why: "a command that comes after its time-out makes the device ask anew, and so on",
    file: TALK,
    changes: [['this.#wasSent(correlationId) ? "late" : "push"', '"push"']],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/offset-not-compared",
    why: "bytes from elsewhere are written where others were asked for",
    file: TALK,
    changes: [
      [
        "    if (offset !== from) return wrong(`bytes from ${offset} on instead of ${from}`);\n",
        "",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/version-not-compared",
    why: "another version from the middle on is put behind the first half of this one",
    file: TALK,
    changes: [
      ['command.name === "Sync" || version !== asked.offer.version', 'command.name === "Sync"'],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/empty-piece-taken",
    why: "a server that gives no byte is asked for them at once, for ever",
    file: TALK,
    changes: [["data.length === 0 || data.length > room", "data.length > room"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/long-piece-taken",
    why: "more bytes than were asked for are written over what follows",
    file: TALK,
    changes: [["data.length === 0 || data.length > room", "data.length === 0"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/bank-without-end",
    why: "of an image that is too large one reads that bytes came where 0 were asked for",
    file: TALK,
    changes: [['    if (room === 0) return wrong("more bytes than the bank has");\n', ""]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/empty-checksum-compared",
    why: "a server without a checksum updates nobody",
    file: TALK,
    changes: [['hex === "" ? undefined', 'hex === "none" ? undefined']],
    tests: [HTTP_TEST],
  },
  {
    name: "drogue/checksum-not-handed-on",
    why: "the checksum of Swap is not looked at",
    file: TALK,
    changes: [['hex === "" ? undefined', 'hex !== "none" ? undefined']],
    tests: [HTTP_TEST],
  },
  {
    name: "drogue/in-sync-with-anything",
    why: "a server that takes the device for another one has nothing to do, for ever",
    file: TALK,
    changes: [["        if (synced !== version) return otherSync(synced);\n", ""]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/offset-without-its-pieces",
    why: "of a chunk in pieces the first one is asked for again and again",
    file: TALK,
    changes: [
      [
        "const offset = ask.index * ask.chunkBytes + this.#gatheredBytes;",
        "const offset = ask.index * ask.chunkBytes;",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/pieces-of-the-chunk-before",
    why: "what came of a chunk that was given up is put before the next one",
    file: TALK,
    changes: [
      [
        "    this.#pieces = [];\n    this.#gatheredBytes = 0;\n    return this.#status(ask);",
        "    return this.#status(ask);",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/mtu-of-nothing",
    why: "a full bank asks for pieces of no byte, and gets them for ever",
    file: TALK,
    changes: [["this.#room(ask) || MTU_MIN", "this.#room(ask)"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/mtu-left-out",
    why: "the server gives 512 bytes, whatever the device holds",
    file: TALK,
    changes: [
      [
        "this.#wire.encode({ ...head, mtu, update })",
        "this.#wire.encode({ ...head, mtu: undefined, update })",
      ],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/wait-gives-up",
    why: "a server that is busy in the middle costs the download",
    file: TALK,
    changes: [
      [
        'if (command.name === "Wait") return this.#answer({ type: "later", pollS: command.poll });',
        'if (command.name === "Wait") return this.#answer({ type: "target", offer: undefined });',
      ],
    ],
    tests: [HTTP_TEST],
  },
  {
    name: "drogue/version-in-broken-letters",
    why: "a version that is no text is told back to the server as another one",
    file: TALK,
    changes: [["{ fatal: true, ignoreBOM: true }", "{ ignoreBOM: true }"]],
    tests: [HTTP_TEST],
  },
  {
    name: "drogue/http-empty-answer-is-a-command",
    why: "200 without a byte, which says that nobody answered, is taken for a bad command",
    file: "agent/pull/drogue-http.ts",
    changes: [["status === 200 && bodyBytes > 0", "status === 200"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/http-answer-of-another-request",
    why: "the response to a status that was given up is taken for the next one's",
    file: "agent/pull/drogue-http.ts",
    changes: [["event.id !== this.#id || this.#talk.asked", "this.#talk.asked"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/http-answer-unbounded",
    why: "of a command without end more is held than was asked for",
    file: "agent/pull/drogue-http.ts",
    changes: [
      ["this.#bodyBytesMax = dataBytes + DROGUE_HEAD_BYTES_MAX;", "this.#bodyBytesMax = 2 ** 30;"],
    ],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/coap-command-of-any-name",
    why: "a command for something else is read as one for an update",
    file: "agent/pull/drogue-coap.ts",
    changes: [
      [
        "    if (name === DROGUE_CHANNEL) return undefined;\n",
        "    if (name !== undefined) return undefined;\n",
      ],
    ],
    tests: [COAP_TEST],
  },
  {
    name: "drogue/coap-answer-of-another-request",
    why: "the response to a status that was given up is taken for the next one's",
    file: "agent/pull/drogue-coap.ts",
    changes: [["event.id !== this.#id || this.#talk.asked", "this.#talk.asked"]],
    tests: [TALK_TEST],
  },
  {
    name: "drogue/child-not-escaped",
    why: "a child's name with an ampersand speaks for another device",
    file: "agent/pull/drogue-exchange.ts",
    changes: [["&as=${encodeURIComponent(child)}", "&as=${child}"]],
    tests: [COAP_TEST],
  },
  {
    name: "drogue/mqtt-inbox-of-anybody",
    why: "a gateway takes its child's commands for its own",
    file: MQTT,
    changes: [
      [
        "event.topic === `command/inbox/${this.#child}/${DROGUE_CHANNEL}`",
        'event.topic.startsWith("command/inbox/")',
      ],
    ],
    tests: [MQTT_TALK_TEST],
  },
  {
    name: "drogue/mqtt-change-missed-in-between",
    why: "what was told between two connections was told to nobody, and is not asked for",
    file: MQTT,
    changes: [['        if (this.#isListening) return { type: "changed" };\n', ""]],
    tests: [MQTT_TALK_TEST],
  },
  {
    name: "drogue/mqtt-push-not-heard",
    why: "a server that speaks up by itself is not listened to",
    file: MQTT,
    changes: [
      [
        '        return { type: "changed" };\n      case "late"',
        '        return undefined;\n      case "late"',
      ],
    ],
    tests: [MQTT_TALK_TEST],
  },
  {
    name: "drogue/mqtt-session-for-each-question",
    why: "nobody answers, and the device connects anew each time",
    file: MQTT,
    changes: [["        if (event.id === this.#id) this.#isTaken = true;\n", ""]],
    tests: [MQTT_TALK_TEST],
  },
  {
    name: "drogue/mqtt-dead-session-kept",
    why: "a connection that took no status is asked again, although it is dead",
    file: MQTT,
    changes: [["(this.#isListening || this.#isTaken)", "true"]],
    tests: [MQTT_TALK_TEST],
  },
  {
    name: "drogue/serial-speaks-into-a-stream",
    why: "what it says while the host streams is taken for the next status, and everything begins anew",
    file: SERIAL,
    changes: [["    if (!isStreaming) this.#send(status, io);\n", "    this.#send(status, io);\n"]],
    tests: [SERIAL_TEST],
  },
  {
    name: "drogue/serial-gap-not-noticed",
    why: "a frame was lost: what comes behind the gap is put right after what came before",
    file: SERIAL,
    changes: [
      ["    if (skip < 0 || skip >= data.length) return", "    if (skip >= data.length) return"],
    ],
    tests: [SERIAL_TEST],
  },
  {
    name: "drogue/serial-end-behind-a-gap",
    why: "Swap after a gap is taken for the end of the image",
    file: SERIAL,
    changes: [["wanted.offset > 0 && !this.#isBehind", "wanted.offset > 0"]],
    tests: [SERIAL_TEST],
  },
  {
    name: "drogue/serial-never-in-step-again",
    why: "a lost byte shifts every frame after it",
    file: "agent/pull/drogue-frame.ts",
    changes: [["  drop(): void {\n    this.#haveBytes = 0;\n", "  drop(): void {\n"]],
    tests: [SERIAL_TEST],
  },
  {
    name: "drogue/serial-frames-without-bound",
    why: "a host that sends without end fills the memory",
    file: SERIAL,
    changes: [["if (this.#held.length < HELD_MAX) ", ""]],
    tests: ["test/agent/pull/drogue-serial.test.ts"],
  },
  {
    name: "cbor/field-twice",
    why: "of two offsets in one message the second one counts",
    file: CBOR,
    changes: [["        if (found.has(field.name)) reader.fail(`${field.wire} twice`);\n", ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/field-missing",
    why: "a Write without an offset is one from 0 on",
    file: CBOR,
    changes: [["        if (item.absent === undefined) reader.fail(`no ${wire}`);\n", ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/two-variants",
    why: "a message that is Wait and Swap is Swap",
    file: CBOR,
    changes: [['else if (chosen !== undefined) reader.fail("two variants");\n        ', ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/length-believed",
    why: "a byte string that claims more than there is reads what lies behind",
    file: READER,
    changes: [
      ['    if (count > this.#bytes.length - this.#at) this.fail("ends too early");\n', ""],
    ],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/bytes-behind-the-end",
    why: "two messages in one are the first of them",
    file: READER,
    changes: [['    if (this.#at < this.#bytes.length) this.fail("bytes behind the end");\n', ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/number-without-bound",
    why: "an offset of 33 bits is taken",
    file: READER,
    changes: [['    if (value > max) this.fail("a number that is too large");\n', ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/nested-without-bound",
    why: "a few hundred bytes of lists in lists end the process",
    file: READER,
    changes: [['    if (depth > DEPTH_MAX) this.fail("nested too deep");\n', ""]],
    tests: [WIRE_TEST],
  },
  {
    name: "cbor/bytes-of-the-datagram",
    why: "a piece of firmware lies in a buffer that the next message overwrites",
    file: READER,
    changes: [["return this.#take(head.value).slice();", "return this.#take(head.value);"]],
    tests: [TALK_TEST],
  },
];
