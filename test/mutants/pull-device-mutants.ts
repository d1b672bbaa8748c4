import type { Mutant } from "./mutant.ts";

const DEVICE = "agent/pull/pull-device.ts";
const QUEUE = "agent/pull/report-queue.ts";
const FAILURES = "agent/pull/failure-count.ts";
const BACK_OFF = "agent/pull/back-off.ts";
const WORDS = "agent/pull/thingsboard.ts";
const DEVICE_TEST = "test/agent/pull/pull-device.test.ts";
const HOSTILE_TEST = "test/agent/pull/hostile-server.test.ts";
const BACK_OFF_TEST = "test/agent/pull/back-off.test.ts";
const WORDS_TEST = "test/agent/pull/thingsboard.test.ts";
const QUEUE_TEST = "test/agent/pull/report-queue.test.ts";

/** What a device that pulls asks and says, when, and how often. */
export const pullDeviceMutants: readonly Mutant[] = [
  {
    name: "pull/confirmed-at-boot",
    why: "a new image is confirmed because it boots: one without a way to the server stays for ever",
    file: DEVICE,
    changes: [
      [
        '    if (this.isTrial) this.#setTimer("trialDeadline"',
        '    this.#contact();\n    if (this.isTrial) this.#setTimer("trialDeadline"',
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/confirmed-by-no-answer",
    why: "a refused connection proves a new image",
    file: DEVICE,
    changes: [['      case "failed":\n', '      case "failed":\n        this.#contact();\n']],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/confirmed-by-a-denial",
    why: "a new image that has lost its credentials is confirmed, and no update reaches it any more",
    file: DEVICE,
    changes: [['      case "denied":\n', '      case "denied":\n        this.#contact();\n']],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/trial-without-deadline",
    why: "a new image that never meets its server waits for it for ever",
    file: DEVICE,
    changes: [
      [
        '    if (this.isTrial) this.#setTimer("trialDeadline", this.config.trialDeadlineS * S_US);\n',
        "",
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/deadline-outlives-the-trial",
    why: "an image that is confirmed is reset by the clock of its trial",
    file: DEVICE,
    changes: [
      ['    this.effects.push({ type: "clearTimer", id: "trialDeadline" });\n', ""],
      [
        '        if (this.isTrial) this.effects.push({ type: "reboot"',
        '        this.effects.push({ type: "reboot"',
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/trial-waits-for-its-turn",
    why: "a new image waits at random before it speaks, and its trial is over before",
    file: DEVICE,
    changes: [
      ["if (startDelayMaxS === 0 || this.isTrial) return;", "if (startDelayMaxS === 0) return;"],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/target-not-read-again",
    why: "after a failure the old package is downloaded on, whatever is assigned by then",
    file: DEVICE,
    changes: [
      [
        '    this.#isTargetKnown = false;\n    if (asked.type === "report")',
        '    if (asked.type === "report")',
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/poll-believes-what-it-knew",
    why: "when it is time to ask anew, it is only waited again",
    file: DEVICE,
    changes: [
      [
        "        this.#isWaiting = false;\n        this.#isTargetKnown = false;\n",
        "        this.#isWaiting = false;\n",
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/late-answer-not-given-up",
    why: "after a time-out the first question is still open, and its answer is taken for the second one's",
    file: DEVICE,
    changes: [["        this.#dialect.giveUp(this);\n", ""]],
    tests: ["test/sim/server/drogue/coap-agent.test.ts"],
  },
  {
    name: "pull/short-chunk-taken",
    why: "a chunk that is shorter than asked for is written, and the rest moves up",
    file: DEVICE,
    changes: [["bytes.length === asked.expectBytes", "bytes.length <= asked.expectBytes"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/long-chunk-taken",
    why: "a chunk that is longer than asked for is written over what follows",
    file: DEVICE,
    changes: [["bytes.length === asked.expectBytes", "bytes.length >= asked.expectBytes"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/poll-as-long-as-a-server-says",
    why: "a server that says 2^32 s is never asked again, one that says 0 all the time",
    file: DEVICE,
    changes: [["Math.min(Math.max(seconds, 1), POLL_MAX_S)", "seconds"]],
    tests: ["test/sim/server/drogue/http-agent.test.ts"],
  },
  {
    name: "pull/activation-before-its-report",
    why: "it resets before the server has heard of UPDATING",
    file: DEVICE,
    changes: [
      ["if (report !== undefined) {", "if (report !== undefined && !this.#updater.isStaged) {"],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/time-for-an-answer-not-renewed",
    why: "a way of several steps has the time of one",
    file: DEVICE,
    changes: [
      ['if (answer === "reached") this.#expectAnswer();', 'if (answer === "reached") void answer;'],
    ],
    tests: ["test/sim/server/drogue/coap-agent.test.ts"],
  },
  {
    name: "pull/outcome-told-again",
    why: "UPDATED or FAILED is told after every reset anew",
    file: DEVICE,
    changes: [["if (this.reports.told()) this.#updater.outcomeTold();", "this.reports.told();"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/outcome-forgotten-untold",
    why: "the end of an update counts as told with the first words of a life",
    file: DEVICE,
    changes: [
      [
        "if (this.reports.told()) this.#updater.outcomeTold();",
        "this.reports.told();\n        this.#updater.outcomeTold();",
      ],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/wait-for-a-change-too-short",
    why: "who waits to be told of a change takes the silence for a lost answer",
    file: DEVICE,
    changes: [['this.#asked.type === "change" ? this.#asked.seconds * S_US : 0', "0"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/back-off-unbounded",
    why: "after a night without a server the next try is years away",
    file: BACK_OFF,
    changes: [
      [
        "Math.min(config.firstMs * 2 ** doublings, config.maxMs)",
        "config.firstMs * 2 ** doublings",
      ],
    ],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-in-step",
    why: "a fleet that failed together comes back together",
    file: BACK_OFF,
    changes: [['half + entropy.below("pullBackOff", half + 1)', "wholeMs"]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-one-doubling-ahead",
    why: "the first pause is already the second one",
    file: BACK_OFF,
    changes: [["Math.min(failures - 1, 30)", "Math.min(failures, 30)"]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-reset-by-any-answer",
    why: "a server that tells the package and never gives a chunk is asked at the first pace for ever",
    file: FAILURES,
    changes: [["Math.max(this.#of[type], this.#inAll)", "this.#inAll"]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-of-each-question",
    why: "a server that is gone is asked one thing after the other, each at the first pace",
    file: FAILURES,
    changes: [["Math.max(this.#of[type], this.#inAll)", "this.#of[type]"]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-not-reset-in-all",
    why: "the pauses of a night are those of a good morning",
    file: FAILURES,
    changes: [["    this.#inAll = 0;\n", ""]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/back-off-not-reset-by-its-answer",
    why: "each lost chunk of a long download doubles the pause",
    file: FAILURES,
    changes: [["    this.#of[type] = 0;\n", ""]],
    tests: [BACK_OFF_TEST],
  },
  {
    name: "pull/reports-of-one-time",
    why: "two reports of one millisecond are one to the server, and the first state is lost",
    file: QUEUE,
    changes: [["Math.max(nowMs, this.#lastUnixMs + 1)", "nowMs"]],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/reports-of-the-time-of-boot",
    why: "what happened an hour after the reset is told as of the reset",
    file: QUEUE,
    changes: [["this.#bootUnixMs + Math.floor(at / MS_US)", "this.#bootUnixMs"]],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/reports-of-uptime",
    why: "the uptime is taken for the time of day: what an earlier life said is newer to the server",
    file: QUEUE,
    changes: [["this.#bootUnixMs + Math.floor(at / MS_US)", "Math.floor(at / MS_US)"]],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/outcome-dropped-after-four-tries",
    why: "a server that is away for a minute never hears how the update ended",
    file: QUEUE,
    changes: [["if (KEPT.includes(first.state)) this.#isHeld = true;\n    else ", ""]],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/refused-report-stops-all",
    why: "a server that takes no telemetry gets no device updated",
    file: QUEUE,
    changes: [["if (first.tries % TRIES_MAX !== 0) return;", "if (first.tries > 0) return;"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/outcome-held-for-ever",
    why: "what was not heard in four tries is never said again in this life",
    file: QUEUE,
    changes: [
      ["  takeUpAgain(): void {\n    this.#isHeld = false;\n", "  takeUpAgain(): void {\n"],
    ],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/stale-states-after-failed",
    why: "FAILED is followed by the DOWNLOADED that came before it",
    file: QUEUE,
    changes: [
      [
        'this.#waiting.push({ state: "FAILED", error, cause, tries: 0 });',
        'this.#waiting.unshift({ state: "FAILED", error, cause, tries: 0 });',
      ],
    ],
    tests: [QUEUE_TEST],
  },
  {
    name: "pull/progress-outlives-its-download",
    why: "a failed update goes on telling how far it is",
    file: QUEUE,
    changes: [["this.#waiting.splice(0, this.#waiting.length, ...rest);", "void rest;"]],
    tests: [QUEUE_TEST],
  },
  {
    name: "thingsboard/error-outlives-its-update",
    why: "the next update is UPDATED with the error of the one before",
    file: WORDS,
    changes: [
      [
        "    values[`${kind}_error`] = error",
        '    if (error !== "") values[`${kind}_error`] = error',
      ],
    ],
    tests: [WORDS_TEST],
  },
  {
    name: "thingsboard/error-without-bound",
    why: "a server's own words come back to it in full, and its database refuses the row",
    file: WORDS,
    changes: [["error.slice(0, ERROR_LENGTH_MAX)", "error"]],
    tests: [WORDS_TEST],
  },
  {
    name: "thingsboard/state-under-the-other-kind",
    why: "a software package's state is told as the firmware's",
    file: WORDS,
    changes: [["values[`${kind}_state`] = state;", 'values["fw_state"] = state;']],
    tests: [WORDS_TEST],
  },
  {
    name: "thingsboard/telemetry-without-its-time",
    why: "the server's clock orders the states, by when they happen to arrive",
    file: WORDS,
    changes: [["JSON.stringify({ ts: unixMs, values })", "JSON.stringify({ values })"]],
    tests: [WORDS_TEST],
  },
  {
    name: "thingsboard/other-bytes-of-one-name",
    why: "a package that was deleted and made anew under its name counts as the one that failed",
    file: WORDS,
    changes: [["identity: JSON.stringify(described)", 'identity: ""']],
    tests: [HOSTILE_TEST],
  },
  {
    name: "thingsboard/size-unbounded",
    why: "a size beyond any flash is calculated with",
    file: WORDS,
    changes: [[" && size >= 1 && size <= IMAGE_BYTES_MAX", " && size >= 1"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "thingsboard/checksum-may-be-missing",
    why: "a package that the server describes by halves is taken without a checksum",
    file: WORDS,
    changes: [
      [
        "const isBare = url !== undefined && hex === undefined;",
        "const isBare = hex === undefined;",
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/attributes-of-broken-letters",
    why: "a title that a bit error has spoilt is refused for good instead of being asked for again",
    file: "agent/pull/json.ts",
    changes: [['new TextDecoder("utf-8", { fatal: true })', "new TextDecoder()"]],
    tests: [HOSTILE_TEST],
  },
];
