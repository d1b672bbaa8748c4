import type { Mutant } from "./mutant.ts";

const UPDATER = "agent/pull/updater.ts";
const DOWNLOAD = "agent/pull/download.ts";
const MEMORY = "agent/pull/memory.ts";
const OFFERS = "agent/pull/offers.ts";
const OUTCOME = "agent/pull/outcome.ts";
const CHECKSUM = "agent/pull/checksum.ts";
const MURMUR = "agent/pull/murmur3.ts";
const DEVICE_TEST = "test/agent/pull/pull-device.test.ts";
const HOSTILE_TEST = "test/agent/pull/hostile-server.test.ts";
const CUTS_TEST = "test/agent/pull/power-cuts.test.ts";
const MEMORY_TEST = "test/agent/pull/memory.test.ts";
const CHECKSUM_TEST = "test/agent/pull/checksum.test.ts";
const DROGUE_TEST = "test/sim/server/drogue/http-agent.test.ts";

/** From an offer to a staged image, and what is remembered of it. */
export const pullUpdateMutants: readonly Mutant[] = [
  {
    name: "pull/checksum-not-compared",
    why: "whatever arrives is believed, as long as it is signed",
    file: UPDATER,
    changes: [["    if (!this.#agrees(download, checksum)) return;\n", ""]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/crc-not-compared",
    why: "of the algorithms that are no hash nobody looks at the result",
    file: UPDATER,
    changes: [
      [
        "if (hex === checksum.hex) return true;",
        'if (hex === checksum.hex || checksum.algorithm === "CRC32") return true;',
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/checksum-of-its-beginning",
    why: "a checksum that begins alike is good enough",
    file: UPDATER,
    changes: [["hex === checksum.hex", "hex.slice(0, 8) === checksum.hex.slice(0, 8)"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/checksum-may-always-be-missing",
    why: "who demands checksums takes packages without one",
    file: UPDATER,
    changes: [["this.#io.config.needsChecksum !== true", "true"]],
    tests: [DROGUE_TEST],
  },
  {
    name: "pull/missing-checksum-refused",
    why: "a server that tells no checksum updates nobody, although images are signed",
    file: UPDATER,
    changes: [["this.#io.config.needsChecksum !== true", "false"]],
    tests: [DROGUE_TEST],
  },
  {
    name: "pull/rest-of-the-bank-not-erased",
    why: "behind a short image lies the end of a longer one",
    file: UPDATER,
    changes: [["    if (!this.#stores(() => download.eraseRest())) return;\n", ""]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/staged-before-its-name",
    why: "power fails between the boot record and the name: nobody knows any more what is on trial",
    file: UPDATER,
    changes: [
      [
        "    memory.persistImage(index);\n    if (memory.isSick || !succeeds(() => ports.boot.stage(image))) {",
        "    const isIn = succeeds(() => ports.boot.stage(image));\n    memory.persistImage(index);\n    if (memory.isSick || !isIn) {",
      ],
    ],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/name-of-what-runs-overwritten",
    why: "after a roll-back the image that runs has no name any more, and is downloaded again",
    file: UPDATER,
    changes: [
      [
        "const index = first !== undefined && equalBytes(first.hash, running.hash) ? 1 : 0;",
        "const index = 0;",
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/beginning-not-looked-at",
    why: "a whole image is downloaded for what its first chunk says",
    file: UPDATER,
    changes: [["    if (index > 0) return false;\n", "    if (index >= 0) return false;\n"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/wrong-chunks-without-end",
    why: "a server that gives empty chunks is asked for the same one for ever, and nobody hears of it",
    file: UPDATER,
    changes: [
      [
        "if (!isFinal && this.#wrongChunks < WRONG_CHUNKS_MAX) return true;",
        "if (!isFinal) return true;",
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/wrong-chunks-add-up",
    why: "five wrong chunks in a long download end it, although each came right at once",
    file: UPDATER,
    changes: [["    this.#wrongChunks = 0;\n    if (index > 0)", "    if (index > 0)"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/loop-guard-forgotten",
    why: "an image that was rolled back is taken again and again, until the flash is worn out",
    file: UPDATER,
    changes: [["if (spent !== undefined) {", "if (spent === null) {"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/failure-forgotten-in-a-reset",
    why: "a package that failed three times is downloaded three times more after each reset",
    file: UPDATER,
    changes: [
      [
        '    rememberFailure(state, offerId, failure);\n    memory.persist("failures");\n',
        "    rememberFailure(state, offerId, failure);\n",
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/reason-forgotten-in-a-reset",
    why: "power fails before FAILED is heard: the server never hears of it",
    file: UPDATER,
    changes: [
      [
        '    state.untold = failure;\n    memory.persist("untold");\n    this.#io.note',
        "    state.untold = failure;\n    this.#io.note",
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/failures-not-forgiven",
    why: "who takes a package away and assigns it anew waits in vain",
    file: UPDATER,
    changes: [["      state.failed.length = 0;\n", ""]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/trial-downloads",
    why: "an image on trial that cannot be confirmed yet takes up a download, and stops at the boot record",
    file: UPDATER,
    changes: [["    if (isTrial) return;\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/never-resumed",
    why: "every reset begins the download anew",
    file: UPDATER,
    changes: [
      [
        "const goesOn =\n      download !== undefined &&",
        "const goesOn =\n      download === null &&",
      ],
    ],
    tests: [DEVICE_TEST, CUTS_TEST],
  },
  {
    name: "pull/resumed-for-another-package",
    why: "after a reset the second half of one package follows the first half of another",
    file: UPDATER,
    changes: [["      equalBytes(download.offerId, id) &&\n", ""]],
    tests: [HOSTILE_TEST, "test/agent/pull/url-packages.test.ts"],
  },
  {
    name: "pull/resumed-after-it-was-given-up",
    why: "a download goes on in a bank that the boot record does not hold open any more",
    file: UPDATER,
    changes: [
      [
        "      download.sizeBytes === sizeBytes &&\n      isOpenUpdate(download.updateId, boot.report());",
        "      download.sizeBytes === sizeBytes;",
      ],
    ],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/begun-anew-by-each-target",
    why: "after each lost chunk the server hears DOWNLOADING again",
    file: UPDATER,
    changes: [["    if (goesOn && this.#current !== undefined) return;\n", ""]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/resumed-one-chunk-too-far",
    why: "with larger chunks than before the reset it goes on behind bytes that it has not got",
    file: UPDATER,
    changes: [["Math.floor(offsetBytes / chunkBytes)", "Math.ceil(offsetBytes / chunkBytes)"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/last-chunk-as-long-as-others",
    why: "the last chunk has to be whole",
    file: UPDATER,
    changes: [["Math.min(chunkBytes, sizeBytes - index * chunkBytes)", "chunkBytes"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/abandoned-bank-stays-open",
    why: "a download is given up, and the boot record still waits for it",
    file: UPDATER,
    changes: [["      succeeds(() => ports.boot.abandon());\n", ""]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/given-up-download-remembered",
    why: "what was given up is there again after a reset",
    file: UPDATER,
    changes: [
      [
        '    state.download = undefined;\n    memory.persist("download");\n  }',
        "    state.download = undefined;\n  }",
      ],
    ],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/doubtful-line-blames-the-image",
    why: "a bit error on a line without checksums condemns the package for good",
    file: UPDATER,
    changes: [["isUnchecked ? failureOfUnchecked(failure) : failure", "failure"]],
    tests: ["test/sim/server/drogue/serial-agent.test.ts"],
  },
  {
    name: "pull/offset-recorded-before-the-flash",
    why: "power fails before the chunk is in flash: it counts as there, and the image has a hole",
    file: DOWNLOAD,
    changes: [
      [
        '    this.record.offsetBytes = startBytes + bytes.length;\n    this.#memory.persist("offset");\n    const { offsetBytes',
        "    const { offsetBytes",
      ],
      [
        "    const pieceBytes = this.#pieceBytes;\n    for",
        '    const pieceBytes = this.#pieceBytes;\n    this.record.offsetBytes = startBytes + bytes.length;\n    this.#memory.persist("offset");\n    for',
      ],
    ],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/offset-not-recorded",
    why: "every reset begins the download anew, in a bank that is written already",
    file: DOWNLOAD,
    changes: [['    this.#memory.persist("offset");\n', ""]],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/one-piece-too-many-after-a-reset",
    why: "a piece that never reached the flash counts as there",
    file: DOWNLOAD,
    changes: [
      [
        "Math.floor(offsetBytes / this.#pieceBytes);",
        "Math.min(Math.floor(offsetBytes / this.#pieceBytes) + 1, nbFrag);",
      ],
    ],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/sector-left-in-the-spare",
    why: "power fails while a sector is rewritten: its only copy is never put back",
    file: DOWNLOAD,
    changes: [["    this.#staging.restoreSectorInSpare(this.record.sectorInSpare);\n", ""]],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/sector-in-the-spare-not-recorded",
    why: "the same, because nobody wrote it down",
    file: DOWNLOAD,
    changes: [["    this.#memory.persistSpare();\n", ""]],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/flash-trusted-after-a-reset",
    why: "a piece whose write was cut short is programmed over",
    file: DOWNLOAD,
    changes: [["    this.#staging.resume();\n", ""]],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/pieces-wider-than-a-chunk",
    why: "a chunk that is no whole piece is filled up with zeros in its middle",
    file: DOWNLOAD,
    changes: [["bankBytes | chunkBytes | PIECE_BYTES_MAX", "bankBytes | PIECE_BYTES_MAX"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/last-bytes-taken-for-there",
    why: "what the last command brings counts as written before it is",
    file: DOWNLOAD,
    changes: [["Math.min(this.record.offsetBytes, endBytes)", "endBytes"]],
    tests: ["test/sim/server/drogue/serial-agent.test.ts"],
  },
  {
    name: "pull/offset-of-16-bits",
    why: "a download of more than 64 KiB resumes at the wrong place",
    file: MEMORY,
    changes: [["offsetBytes & 0xffff, offsetBytes >>> 16", "offsetBytes & 0xffff, 0"]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/snapshot-without-offset",
    why: "when the journal turns over, the download begins anew",
    file: MEMORY,
    changes: [["    WRITERS.offset(this.#state, sink);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/old-failures-come-back",
    why: "failures that were forgiven are there again after a reset",
    file: MEMORY,
    changes: [["    sink.append(PULL_FAILED, 0, 0);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/outcome-awaited-for-ever",
    why: "what was staged is not known to be awaited after the reset: the server never hears UPDATED",
    file: MEMORY,
    changes: [["image?.isAwaited ? 1 : 0", "0"]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/sick-journal-not-noticed",
    why: "a device that cannot remember what it tried tries for ever",
    file: MEMORY,
    changes: [["      this.#isSick = true;\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/failures-without-bound",
    why: "a server with ever new packages fills the journal, until it cannot be written",
    file: OFFERS,
    changes: [["  if (failed.length > FAILED_OFFERS_MAX) failed.shift();\n", ""]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/tries-not-counted",
    why: "a package of a wrong checksum is downloaded for ever",
    file: OFFERS,
    changes: [["(known?.tries ?? 0) + 1", "1"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/image-of-another-version-taken-again",
    why: "a package whose image says another version is taken for ever",
    file: OFFERS,
    changes: [
      ["  if (pulled !== undefined) return equalBytes(pulled.offerId, id);\n", ""],
      [
        "return offer.version === versionOf(state, running);",
        'return offer.version === running.version.replace(/\\+0$/, "") && pulled === undefined;',
      ],
    ],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/title-not-compared",
    why: "firmware of another product is taken because it is assigned",
    file: OFFERS,
    changes: [["if (offer.title !== title) {", "if (offer.title === undefined) {"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/bank-size-not-compared",
    why: "an image larger than the bank is downloaded",
    file: OFFERS,
    changes: [["sizeBytes === undefined || sizeBytes <= bankBytes", "sizeBytes !== null"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/version-without-bound",
    why: "a version that no record holds ends the device",
    file: OFFERS,
    changes: [["length > VERSION_BYTES_MAX", "length > VERSION_BYTES_MAX * 10"]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/updated-before-it-is-confirmed",
    why: "a trial that will be rolled back is told as UPDATED",
    file: OUTCOME,
    changes: [["    if (isIn && isTrial) return;\n", ""]],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/roll-back-not-remembered",
    why: "nobody hears that an image did not prove itself, and it is taken again",
    file: OUTCOME,
    changes: [
      ["if (!isIn && isStaged) rememberNotBooted", "if (isIn && isStaged) rememberNotBooted"],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "pull/roll-back-forgotten-in-a-reset",
    why: "an image that was rolled back is taken again after the next reset",
    file: OUTCOME,
    changes: [['  memory.persist("failures");\n', ""]],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/cut-before-staging-blames-the-image",
    why: "power fails just before the boot record has the image: it counts as rolled back",
    file: OUTCOME,
    changes: [["if (!isIn && isStaged) rememberNotBooted", "if (!isIn) rememberNotBooted"]],
    tests: [CUTS_TEST],
  },
  {
    name: "pull/uncounted-trial-stays-pending",
    why: "an image whose trial could not be counted waits for ever, and no other is taken",
    file: OUTCOME,
    changes: [["  if (isPending) succeeds(() => ports.boot.abandon());\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "pull/failure-worth-one-try",
    why: "a download with a single bit error is never tried again",
    file: "agent/pull/failure.ts",
    changes: [['["storage", "chunks", "checksum"]', '["storage", "chunks"]']],
    tests: [HOSTILE_TEST],
  },
  {
    name: "pull/crc-as-a-number",
    why: "a CRC-32 is printed as other tools print it, not as the server does",
    file: CHECKSUM,
    changes: [["setUint32(0, this.#crc, true)", "setUint32(0, this.#crc, false)"]],
    tests: [CHECKSUM_TEST],
  },
  {
    name: "pull/crc-of-the-last-piece",
    why: "the CRC-32 begins anew with each piece",
    file: CHECKSUM,
    changes: [["crc32(bytes, this.#crc)", "crc32(bytes)"]],
    tests: [CHECKSUM_TEST],
  },
  {
    name: "pull/checksum-in-capitals",
    why: "a checksum that somebody typed in capitals is never the right one",
    file: CHECKSUM,
    changes: [["hex: hex.toLowerCase()", "hex"]],
    tests: [CHECKSUM_TEST],
  },
  {
    name: "pull/checksum-of-any-length",
    why: "half a checksum is one",
    file: CHECKSUM,
    changes: [["hex.length !== digits || ", ""]],
    tests: [CHECKSUM_TEST],
  },
  {
    name: "pull/murmur-without-its-tail",
    why: "the last bytes of an image may be any",
    file: MURMUR,
    changes: [["if (at < tailBytes) this.#h ^=", "if (at > tailBytes) this.#h ^="]],
    tests: [CHECKSUM_TEST],
  },
  {
    name: "pull/murmur-with-old-bytes",
    why: "what is left of an earlier piece counts again at the end",
    file: MURMUR,
    changes: [["          this.#waiting.fill(0);\n", ""]],
    tests: [CHECKSUM_TEST],
  },
];
