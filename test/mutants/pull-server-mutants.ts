import type { Mutant } from "./mutant.ts";

const SERVER = "sim/server/thingsboard/server.ts";
const SESSION = "sim/server/thingsboard/mqtt-session.ts";
const HTTP_API = "sim/server/thingsboard/http-device-api.ts";
const COAP_API = "sim/server/thingsboard/coap-device-api.ts";
const ENDPOINT = "sim/server/thingsboard/coap-endpoint.ts";
const TRANSFERS = "sim/server/thingsboard/coap-transfers.ts";
const UPDATES = "sim/server/drogue/update-service.ts";
const REGISTRY = "sim/server/drogue/registry.ts";
const ASSIGNMENT_TEST = "test/sim/server/thingsboard/assignment.test.ts";
const QUIRKS_TEST = "test/sim/server/thingsboard/quirks.test.ts";
const SESSION_TEST = "test/sim/server/thingsboard/mqtt-session.test.ts";
const HTTP_API_TEST = "test/sim/server/thingsboard/http-device-api.test.ts";
const ENDPOINT_TEST = "test/sim/server/thingsboard/coap-endpoint.test.ts";
const DROGUE_HTTP_TEST = "test/sim/server/drogue/http-endpoint.test.ts";
const DROGUE_MQTT_TEST = "test/sim/server/drogue/mqtt-endpoint.test.ts";
const CELL_TEST = "test/sim/pull/cell.test.ts";

/** The stand-ins: one that is too kind lets a bad device pass. */
export const pullServerMutants: readonly Mutant[] = [
  {
    name: "stand-in/told-of-what-is-not-assigned",
    why: "a device is told of a package that was taken away while it waited for its turn",
    file: SERVER,
    changes: [["    if (effective(device, ota.kind)?.id !== ota.id) return;\n", ""]],
    tests: [ASSIGNMENT_TEST],
  },
  {
    name: "stand-in/earlier-value-overwrites",
    why: "telemetry with an older time replaces the newer one: states out of order go unnoticed",
    file: SERVER,
    changes: [["known === undefined || known.ts <= ts", "ts > 0"]],
    tests: [HTTP_API_TEST, SESSION_TEST],
  },
  {
    name: "stand-in/values-of-one-time-kept",
    why: "of two values of one millisecond the first one stays",
    file: SERVER,
    changes: [["known.ts <= ts", "known.ts < ts"]],
    tests: [HTTP_API_TEST, SESSION_TEST],
  },
  {
    name: "stand-in/removed-device-is-told-on",
    why: "a device that was deleted keeps its session",
    file: SERVER,
    changes: [
      ["    device.kick?.();\n    device.listeners.clear();", "    device.listeners.clear();"],
    ],
    tests: [SESSION_TEST],
  },
  {
    name: "stand-in/request-id-of-either-kind",
    why: "one request id stands for firmware and software alike",
    file: SESSION,
    changes: [
      [
        "    const key = `${kind} ${requestId}`;\n    const known",
        "    const key = requestId;\n    const known",
      ],
    ],
    tests: [SESSION_TEST],
  },
  {
    name: "stand-in/chunk-of-any-size",
    why: "a request for more than the server gives is answered",
    file: SESSION,
    changes: [["if (asked > CHUNK_BYTES_MAX) {", "if (asked > 2 * CHUNK_BYTES_MAX) {"]],
    tests: [SESSION_TEST],
  },
  {
    name: "stand-in/closed-session-is-told-on",
    why: "who hung up is published to",
    file: SESSION,
    changes: [["    device.listeners.delete(this.#push);\n", ""]],
    tests: [SESSION_TEST],
  },
  {
    name: "stand-in/old-session-ends-the-new-one",
    why: "the late end of a first session makes the server forget the second",
    file: SESSION,
    changes: [
      ["if (device.kick === this.#kick) device.kick = undefined;", "device.kick = undefined;"],
    ],
    tests: [SESSION_TEST],
  },
  {
    name: "stand-in/http-chunk-of-another-name",
    why: "whoever asks for another version gets this one's bytes",
    file: HTTP_API,
    changes: [["ota.title !== title || ota.version !== version", "ota.title !== title"]],
    tests: [HTTP_API_TEST],
  },
  {
    name: "stand-in/http-url-package-as-chunks",
    why: "a package of which the server has no byte is given as empty chunks",
    file: HTTP_API,
    changes: [["ota === undefined || ota.url !== undefined", "ota === undefined"]],
    tests: [HTTP_API_TEST, "test/sim/server/thingsboard/url-packages.test.ts"],
  },
  {
    name: "stand-in/http-poll-answers-again",
    why: "a long poll that has ended is answered once more by the next change",
    file: HTTP_API,
    changes: [
      [
        "      leave();\n      respond(jsonReply(200, message));",
        "      respond(jsonReply(200, message));",
      ],
    ],
    tests: [HTTP_API_TEST, QUIRKS_TEST],
  },
  {
    name: "stand-in/coap-chunk-of-another-name",
    why: "whoever asks for another version gets this one's bytes",
    file: COAP_API,
    changes: [[" || (version ?? ota.version) !== ota.version", ""]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-two-observers",
    why: "an observer of an earlier life is told as well as the new one",
    file: COAP_API,
    changes: [["    observers.get(device)?.();\n", ""]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-message-twice",
    why: "a request that comes again is done again",
    file: ENDPOINT,
    changes: [["before !== undefined && !this.#isOver(before.atUs)", "before === null"]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-message-id-used-again",
    why: "a message id that comes again after minutes gets the answer of then",
    file: ENDPOINT,
    changes: [["before !== undefined && !this.#isOver(before.atUs)", "before !== undefined"]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-said-once",
    why: "an answer that is lost is not said again",
    file: ENDPOINT,
    changes: [
      [
        '    if (type !== "con") return;\n    const { entropy }',
        '    if (type !== "non") return;\n    const { entropy }',
      ],
    ],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-said-for-ever",
    why: "what nobody acknowledges is said without end",
    file: ENDPOINT,
    changes: [["unheard.sent > RETRANSMITS_MAX", "unheard.sent > 50"]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-observer-that-rejects",
    why: "who answers a notification with a reset goes on being told",
    file: ENDPOINT,
    changes: [["    if (isGone) unheard.onGone();\n", ""]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-notifications-of-one-number",
    why: "notifications cannot be put in order",
    file: ENDPOINT,
    changes: [["(this.#sequence + 1) % 0x1000000", "this.#sequence % 0x1000000"]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-transfer-of-anybody",
    why: "the blocks of one client's transfer are given to another one",
    file: ENDPOINT,
    changes: [["JSON.stringify([from, code, path, query])", "JSON.stringify([code, path, query])"]],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-transfer-without-end",
    why: "a transfer that nobody goes on with is remembered for ever",
    file: TRANSFERS,
    changes: [
      [
        "if (body === undefined || this.#isOver(body.atUs)) return undefined;",
        "if (body === undefined) return undefined;",
      ],
    ],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-last-block-says-more",
    why: "a body that ends with a block has one more to follow",
    file: TRANSFERS,
    changes: [
      [
        "const more = at + sizeBytes < payload.length;",
        "const more = at + sizeBytes <= payload.length;",
      ],
    ],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/coap-upload-out-of-turn",
    why: "a block of a request that does not follow the one before is taken",
    file: TRANSFERS,
    changes: [
      [
        "if ((have?.length ?? 0) !== num * sizeBytes) return 408;",
        "if ((have?.length ?? 0) > num * sizeBytes) return 408;",
      ],
    ],
    tests: [ENDPOINT_TEST],
  },
  {
    name: "stand-in/limit-that-fills-beyond",
    why: "who was silent for an hour may ask for all of it at once",
    file: "sim/server/thingsboard/rate-limit.ts",
    changes: [["Math.min(requests, this.#tokens + filled)", "this.#tokens + filled"]],
    tests: ["test/sim/server/thingsboard/rate-limit.test.ts"],
  },
  {
    name: "stand-in/fault-of-another-chunk",
    why: "a fault of one chunk comes over all",
    file: "sim/server/thingsboard/faults.ts",
    changes: [["      if (fault.chunk !== undefined && fault.chunk !== chunk) continue;\n", ""]],
    tests: ["test/sim/server/thingsboard/faults.test.ts"],
  },
  {
    name: "stand-in/fault-of-all-devices",
    why: "a fault that is to come twice over each device comes twice in all",
    file: "sim/server/thingsboard/faults.ts",
    changes: [["const key = `${index} ${token}`;", "const key = `${index}`;"]],
    tests: ["test/sim/server/thingsboard/faults.test.ts"],
  },
  {
    name: "stand-in/file-part-one-too-long",
    why: "a range is taken without its last byte",
    file: "sim/server/thingsboard/file-server.ts",
    changes: [
      ["bytes.subarray(range.start, range.last + 1)", "bytes.subarray(range.start, range.last)"],
    ],
    tests: ["test/agent/pull/url-packages.test.ts"],
  },
  {
    name: "stand-in/drogue-offset-of-another-version",
    why: "a device that had half of another version gets this one from its middle on",
    file: UPDATES,
    changes: [
      [
        "update !== undefined && isSame(update.version, version) ? update.offset : 0",
        "update?.offset ?? 0",
      ],
    ],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-progress-is-sync",
    why: "a device is in sync as soon as it asks",
    file: UPDATES,
    changes: [["const isIn = current === target;", "const isIn = firmware !== undefined;"]],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-application-goes-first",
    why: "a firmware of a device's own is never given",
    file: UPDATES,
    changes: [
      [
        'spec["firmware"] ?? application.spec["firmware"]',
        'application.spec["firmware"] ?? spec["firmware"]',
      ],
    ],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-gateway-of-anybody",
    why: "any device speaks for any other",
    file: REGISTRY,
    changes: [["return isAllowed ? device : undefined;", "return device;"]],
    tests: [DROGUE_MQTT_TEST],
  },
  {
    name: "stand-in/drogue-any-password",
    why: "a name is enough",
    file: REGISTRY,
    changes: [["return isRight ? device : undefined;", "return device;"]],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-group-is-everybody",
    why: "a roll-out to a group reaches all",
    file: REGISTRY,
    changes: [
      ["if (device.labels[LABEL] === group) give(device, firmware);", "give(device, firmware);"],
    ],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-command-waits",
    why: "who asks first and listens then misses a fast answer",
    file: "sim/server/drogue/command-wait.ts",
    changes: [
      ["  let leave = NOTHING;\n", "  let leave = NOTHING;\n  cloud.publish(event);\n"],
      ["  // Who listens first misses no answer, however fast.\n  cloud.publish(event);\n", ""],
    ],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "stand-in/drogue-two-commands-for-one",
    why: "a response is given twice when two commands come",
    file: "sim/server/drogue/command-wait.ts",
    changes: [
      ["      leave();\n      answer({ name, payload });", "      answer({ name, payload });"],
    ],
    tests: [DROGUE_HTTP_TEST],
  },
  {
    name: "run/updated-to-an-earlier-package",
    why: "the server is taken to know of an update, because of the one before it",
    file: "sim/pull/thingsboard-server.ts",
    changes: [["this.#pull) && runs === this.#version;", "this.#pull);"]],
    tests: [CELL_TEST],
  },
  {
    name: "run/roll-back-of-the-past",
    why: "an image that runs is counted as rolled back, because an earlier one was",
    file: "sim/pull/result.ts",
    changes: [
      [
        '  if (node.isUpdated) return "updated";\n  const lastReason = node.status()?.boot.lastReason;\n',
        "  const lastReason = node.status()?.boot.lastReason;\n",
      ],
    ],
    tests: [CELL_TEST],
  },
  {
    name: "run/link-lost-is-server-lost",
    why: "a refused connection counts as an answer: a device without a server was reached",
    file: "sim/pull/node.ts",
    changes: [
      ["const isAnswer = !ENDINGS.includes(news.type);", "const isAnswer = ENDINGS.length > 0;"],
    ],
    tests: [CELL_TEST],
  },
  {
    name: "run/mqtt-carries-on-after-a-loss",
    why: "what TCP would have to send again is lost alone, and the rest arrives out of order",
    file: "sim/pull/mqtt-link.ts",
    changes: [
      ["if (isLost) this.#isDead = true;\n    else if", "if (isLost) return;\n    else if"],
    ],
    tests: ["test/sim/pull/mqtt-link.test.ts"],
  },
  {
    name: "run/coap-acknowledged-is-sent-again",
    why: "a device sends on although it was acknowledged",
    file: "sim/pull/coap-link.ts",
    changes: [
      [
        "else if (exchange.timer !== undefined) this.#world.scheduler.cancel(exchange.timer);\n      return;",
        "return;",
      ],
    ],
    tests: ["test/sim/pull/coap-link.test.ts"],
  },
];
