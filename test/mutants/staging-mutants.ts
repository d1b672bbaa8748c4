import type { Mutant } from "./mutant.ts";

const STAGING = "agent/staging/staging.ts";
const BLOCK_FLASH = "agent/staging/block-flash.ts";
const BLOCK_MAP = "agent/staging/block-map.ts";
const EDGES = "agent/staging/edges.ts";
const SLOTS = "agent/staging/scratch-slots.ts";
const ACCESS = "agent/staging/flash-access.ts";
const STAGING_TEST = "test/agent/staging/staging.test.ts";
const SLOTS_TEST = "test/agent/staging/scratch-slots.test.ts";

export const stagingMutants: readonly Mutant[] = [
  {
    name: "staging/record-before-data",
    why: "a fragment is recorded before it is in flash",
    file: STAGING,
    changes: [
      [
        "      this.#block.program(start, bytes);\n      this.#log.fragmentStored(index, false, edgeBuffer, 0);",
        "      this.#log.fragmentStored(index, false, edgeBuffer, 0);\n      this.#block.program(start, bytes);",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/coded-record-before-data",
    why: "a coded fragment is recorded before it is in scratch",
    file: STAGING,
    changes: [
      [
        "    const place = this.slots.write(n, data);\n    this.#log.codedStored(n, place);",
        "    this.#log.codedStored(n, undefined);\n    const place = this.slots.write(n, data);\n    if (place !== undefined) this.#log.codedStored(n, place);",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/tail-edge-lost",
    why: "the bytes in a fragment's last, shared granule are not recorded",
    file: STAGING,
    changes: [
      [
        "    if (hasTail && !isTailFinal) {\n      edgeBytes =",
        "    if (hasTail && isTailFinal) {\n      edgeBytes =",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/head-edge-lost",
    why: "the bytes in a fragment's first, shared granule are not recorded",
    file: STAGING,
    changes: [
      [
        "    if (isHeadWaiting) edgeBytes = keepEdge(",
        "    if (isHeadFinal) edgeBytes = keepEdge(",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/edge-not-merged",
    why: "a shared granule is programmed with the bytes of one fragment alone",
    file: STAGING,
    changes: [["    if (hasTail) edges.merge(last, start, data);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/edge-restored-at-the-wrong-end",
    why: "after a reset, the tail of a fragment lies at its start",
    file: STAGING,
    changes: [
      [
        "      fragment.set(edges.subarray(taken), shape.fragSize - (edges.length - taken));",
        "      fragment.set(edges.subarray(taken), 0);",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/edge-never-dropped",
    why: "granules that were programmed wait in RAM for ever",
    file: STAGING,
    changes: [
      [
        "    if (isHeadFinal) edges.drop(first);\n    if (isTailFinal) edges.drop(last);\n  }",
        "  }",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/granule-programmed-early",
    why: "a granule is programmed when its first fragment comes, and again with the next",
    file: STAGING,
    changes: [
      [
        "    const isTailFinal = hasTail && map.isFinal(last, index);",
        "    const isTailFinal = hasTail;",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/padding-programmed",
    why: "zeros follow the image in its bank: something follows it, it is refused",
    file: STAGING,
    changes: [["data.slice().fill(0xff, Math.max(0, this.map.dataBytes - start));", "data;"]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/padding-read-as-erased",
    why: "the padding takes part in the solution as 0xFF",
    file: STAGING,
    changes: [["    target.fill(0, this.map.dataBytes);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/waiting-bytes-not-read",
    why: "the solve reads flash alone and misses the bytes that wait in RAM",
    file: STAGING,
    changes: [["    this.edges.overlay(target);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/rewrite-not-finished",
    why: "power failed while a sector was in the spare only: its fragments are gone",
    file: STAGING,
    changes: [
      [
        "    if (this.#sectorInSpare !== undefined) this.#block.finishRewrite(this.#sectorInSpare);\n",
        "",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/spare-skipped",
    why: "a sector is rewritten without a copy: power fails in the erase and its fragments are gone",
    file: BLOCK_FLASH,
    changes: [["      this.#sectorInSpare(at);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/spare-not-erased",
    why: "the second rewrite programs the spare over the first",
    file: BLOCK_FLASH,
    changes: [["        eraseSector(this.#flash, spareAt);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/spare-marked-too-early",
    why: "the spare counts before the sector is in it",
    file: BLOCK_FLASH,
    changes: [
      [
        "      this.#programFinal(at, spare.address, bytes);\n      this.#sectorInSpare(at);",
        "      this.#sectorInSpare(at);\n      this.#programFinal(at, spare.address, bytes);",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/sector-erased-again",
    why: "after a reset, a sector that holds fragments is erased at the next one",
    file: BLOCK_FLASH,
    changes: [
      [
        "    this.#forSectors(start, end, (sector) => this.#markErased(sector));",
        "    this.#forSectors(start, end, () => {});",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/unrecorded-program-trusted",
    why: "what power left programmed and unrecorded is programmed again",
    file: BLOCK_FLASH,
    changes: [
      [
        "      if (this.isWary) this.#programWarily(address, source);\n      else this.#flash",
        "      this.#flash",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/old-block-left-behind",
    why: "the end of a longer image stays behind the new one",
    file: BLOCK_FLASH,
    changes: [
      [
        "      if (!isErased(this.#flash, sector, sizeBytes)) eraseSector(this.#flash, sector);",
        "      if (sizeBytes === 0) eraseSector(this.#flash, sector);",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/last-granule-never-final",
    why: "the granule at the end of the block, which is not whole, is never programmed",
    file: BLOCK_MAP,
    changes: [
      ["Math.min(start + this.granuleBytes, this.sizeBytes);", "start + this.granuleBytes;"],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/third-granule-lost",
    why: "more than two granules wait when fragments come out of order, and one is forgotten",
    file: EDGES,
    changes: [["    this.#waiting.set(granule, bytes);\n    return bytes;", "    return bytes;"]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/stale-edge-buffer",
    why: "the buffer of a granule still holds the bytes of the one before",
    file: EDGES,
    changes: [["    return bytes.fill(0xff);", "    return bytes;"]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/burnt-slot-used",
    why: "a scratch place that power left half programmed is programmed again",
    file: SLOTS,
    changes: [
      [
        "    if (this.#isWary && !isErased(this.#flash, address, this.#slotBytes)) return false;\n",
        "",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/burnt-slot-not-counted",
    why: "after a reset, a coded fragment is read from the burnt place",
    file: SLOTS,
    changes: [
      ["    for (let burnt = expected; burnt < found; burnt++) this.#burnt.push(burnt);\n", ""],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/gap-not-told",
    why: "the record of a coded fragment behind a burnt place does not say where it is",
    file: SLOTS,
    changes: [
      [
        "return place === expected && !this.#isAfterGap(place) ? undefined : place;",
        "return undefined;",
      ],
    ],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/scratch-erased-again",
    why: "after a reset, the scratch sector in use is erased with the coded fragments in it",
    file: SLOTS,
    changes: [["    this.#erasedEnd = Math.max(this.#erasedEnd, end);\n", ""]],
    tests: [STAGING_TEST],
  },
  {
    name: "staging/erased-looking-fragment-programmed",
    why: "a fragment of 0xFF is programmed: nobody can tell later, and the place refuses the next",
    file: SLOTS,
    changes: [
      ["    if (data[0] === 0xff && data.every((byte) => byte === 0xff)) return true;\n", ""],
    ],
    tests: [SLOTS_TEST],
  },
  {
    name: "staging/scratch-overrun",
    why: "coded fragments are written behind the scratch region",
    file: SLOTS,
    changes: [
      [
        "    if (end > this.#region.address + this.#region.sizeBytes) throw",
        "    if (end > this.#region.address + 2 * this.#region.sizeBytes) throw",
      ],
    ],
    tests: [SLOTS_TEST],
  },
  {
    name: "staging/one-erase-try",
    why: "an erase that fails once fails the session",
    file: ACCESS,
    changes: [["const ERASE_TRIES = 3;", "const ERASE_TRIES = 1;"]],
    tests: [SLOTS_TEST],
  },
];
