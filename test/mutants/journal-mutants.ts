import type { Mutant } from "./mutant.ts";

const CHAIN = "agent/journal/chain.ts";
const JOURNAL = "agent/journal/journal.ts";
const FORMAT = "agent/journal/format.ts";
const JOURNAL_TEST = "test/agent/journal/journal.test.ts";
const CHAIN_TEST = "test/agent/journal/chain.test.ts";
const FORMAT_TEST = "test/agent/journal/format.test.ts";
const MEMORY_TEST = "test/agent/device-memory.test.ts";

/** The append log itself. */
export const journalMutants: readonly Mutant[] = [
  {
    name: "journal/uncommitted-snapshot-counts",
    why: "half a snapshot is taken for the whole state",
    file: CHAIN,
    changes: [
      ["  if (commit < 0 || records[commit]?.a !== (commit & 0xffff)) return undefined;\n", ""],
    ],
    tests: [CHAIN_TEST],
  },
  {
    name: "journal/commit-counts-nothing",
    why: "the commit record does not say how many records it commits: one may be missing",
    file: CHAIN,
    changes: [
      [
        "  if (commit < 0 || records[commit]?.a !== (commit & 0xffff)) return",
        "  if (commit < 0) return",
      ],
    ],
    tests: [CHAIN_TEST],
  },
  {
    name: "journal/snapshot-never-committed",
    why: "the commit record is not written",
    file: JOURNAL,
    changes: [["      this.append(COMMIT_KIND, this.#recordCount & 0xffff, 0);\n", ""]],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/commit-before-snapshot",
    why: "the new log is put in force before the state is in it",
    file: JOURNAL,
    changes: [
      [
        "      this.#source.writeSnapshot(this);\n      this.append(COMMIT_KIND, this.#recordCount & 0xffff, 0);",
        "      this.append(COMMIT_KIND, this.#recordCount & 0xffff, 0);\n      this.#source.writeSnapshot(this);",
      ],
    ],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/old-log-erased-first",
    why: "the sectors of the log in force are free while the new one is written",
    file: JOURNAL,
    changes: [["    this.#inForce = old;", "    this.#inForce = [];"]],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/no-crc",
    why: "a torn record counts",
    file: FORMAT,
    changes: [
      [
        "  if (crc !== u16At(bytes, at + 6)) return undefined;\n",
        "  if (kind === 0xff) return undefined;\n",
      ],
    ],
    tests: [FORMAT_TEST],
  },
  {
    name: "journal/crc-of-the-head-alone",
    why: "the extra bytes of a record may be torn",
    file: FORMAT,
    changes: [
      [
        "const crc = crc16(crc16(CRC_START, bytes, at, at + 6), bytes, start, start + extraBytes);",
        "const crc = u16At(bytes, at + 6) + (crc16(CRC_START, bytes, at, at + 2) >> 16);",
      ],
    ],
    tests: [FORMAT_TEST],
  },
  {
    name: "journal/header-without-crc",
    why: "a torn sector header starts a log",
    file: FORMAT,
    changes: [
      ["  if (view.getUint32(16, true) !== crc32(bytes.subarray(0, 16))) return undefined;\n", ""],
    ],
    tests: [FORMAT_TEST],
  },
  {
    name: "journal/torn-tail-overwritten",
    why: "the next record is programmed over what power tore",
    file: CHAIN,
    changes: [
      ["isTorn: !bytes.subarray(at).every((byte) => byte === 0xff) };", "isTorn: false };"],
    ],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/one-look-at-the-last",
    why: "a torn record that reads right by chance is believed once, and gone the next time",
    file: CHAIN,
    changes: [["const LAST_READS = 3;", "const LAST_READS = 1;"]],
    tests: [CHAIN_TEST],
  },
  {
    name: "journal/torn-record-comes-back",
    why: "the header of a sector does not say where the one before it ended",
    file: CHAIN,
    changes: [
      ["const limit = links[position + 1]?.header.previousEnd;", "const limit = undefined;"],
    ],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/loop-of-sectors",
    why: "a sector that goes on from itself is followed for ever",
    file: CHAIN,
    changes: [
      [
        "if (before === undefined || previous >= sequence) return [];",
        "if (before === undefined) return [];",
      ],
    ],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/no-read-back",
    why: "a cell that did not take its record is believed",
    file: JOURNAL,
    changes: [
      [
        "    if (found[index] !== source[index]) return false;",
        "    if (found[index] === undefined) return false;",
      ],
    ],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/snapshot-too-late",
    why: "the last free sector is used up before a snapshot is due",
    file: JOURNAL,
    changes: [
      ["    return free - 1 < this.#sectorsFor(", "    return free + 1 < this.#sectorsFor("],
    ],
    tests: [JOURNAL_TEST, MEMORY_TEST],
  },
  {
    name: "journal/bad-sector-tried-for-ever",
    why: "a sector that cannot be erased is not left out",
    file: JOURNAL,
    changes: [["        this.#bad.add(index);\n", ""]],
    tests: [JOURNAL_TEST],
  },
  {
    name: "journal/wear-in-one-place",
    why: "the first free sector is used instead of the next one",
    file: JOURNAL,
    changes: [["const last = taken.at(-1) ?? -1;", "const last = -1 - taken.length * 0;"]],
    tests: [JOURNAL_TEST, MEMORY_TEST],
  },
  {
    name: "journal/sector-lost-in-each-reset",
    why: "after a reset the log goes on in a fresh sector: wear",
    file: JOURNAL,
    changes: [
      [
        "    this.#end = chain.isTorn ? chain.end : sizeBytes;",
        "    this.#end = Math.min(chain.end, sizeBytes);",
      ],
    ],
    tests: ["test/agent/journal-wear.test.ts"],
  },
  {
    name: "journal/failed-snapshot-loses-the-log",
    why: "after a snapshot that did not fit, the journal goes on in the half of it",
    file: JOURNAL,
    changes: [["      this.#chain = old;\n      this.#at = at;\n      this.#end = end;\n", ""]],
    tests: [JOURNAL_TEST],
  },
];
