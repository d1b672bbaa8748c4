import type { Mutant } from "./mutant.ts";

const BANK_BOOT = "agent/boot/bank-boot.ts";
const RECORD_LOG = "agent/boot/record-log.ts";
const RECORD = "agent/boot/record.ts";
const ANCHOR_TEST = "test/agent/boot/anchor.test.ts";
const CUTS = "test/agent/boot/power-cuts.test.ts";
const BOOT_TEST = "test/agent/boot/bank-boot.test.ts";
const LOG_TEST = "test/agent/boot/record-log.test.ts";
const RECORD_TEST = "test/agent/boot/record.test.ts";

const COMMIT_BOTH = `    const [behind, ahead] = this.#byAge();
    const bytes = encodeRecord(stored);
    const isFirst = this.#append(behind, ahead, stored, bytes);
    const isSecond = this.#append(ahead, behind, stored, bytes);`;
const SETTLE = "    if (newest === undefined || sequenceOf(a) === sequenceOf(b)) return;";
const NO_SETTLE = "    if (a === b || newest === undefined || this.#flash !== undefined) return;";

/**
 * The mutants that the model of the design was measured with: what a scheme with less than two
 * append logs, a sequence, a CRC and counted attempts does under power cuts.
 */
export const schemeMutants: readonly Mutant[] = [
  {
    name: "boot/one-sector-only",
    why: "the record is kept in one sector; a cut between its erase and the write loses it",
    file: RECORD_LOG,
    changes: [
      [
        COMMIT_BOTH,
        `    const [behind] = this.#copies;
    const bytes = encodeRecord(stored);
    const isFirst = this.#append(behind, behind, stored, bytes);
    const isSecond = isFirst;`,
      ],
      [SETTLE, NO_SETTLE],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/newer-copy-first",
    why: "the copy with the newest record is written, and erased, before the other",
    file: RECORD_LOG,
    changes: [
      ["? [b, a] : [a, b];", "? [a, b] : [b, a];"],
      ["let mayErase = sequenceOf(other) >= sequenceOf(copy);", "let mayErase = true;"],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/pending-before-image",
    why: "the bank is made bootable when the update begins, not when it is verified",
    file: BANK_BOOT,
    changes: [
      [
        `        pending: undefined,
        attemptsLeft: 0,
        bankStates: withState(record, target, "dirty"),
        lastReason: "none",`,
        `        pending: target,
        attemptsLeft: this.#options.attemptsMax,
        attemptsMax: this.#options.attemptsMax,
        bankStates: withState(record, target, "dirty"),
        lastReason: "none",`,
      ],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/confirm-in-two-commits",
    why: "first no longer pending, then active: a cut in between rolls a good image back",
    file: BANK_BOOT,
    changes: [
      [
        `    this.#commit({
      ...record,
      active: trial.bank,`,
        `    this.#commit({ ...record, pending: undefined, attemptsLeft: 0 });
    this.#commit({
      ...record,
      active: trial.bank,`,
      ],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/attempts-not-stored",
    why: "the attempt is counted in RAM: a crashing image is tried for ever",
    file: BANK_BOOT,
    changes: [
      [
        "    if (!this.#tryCommit({ ...this.#current(), ...change })) return undefined;",
        "    this.#record = { ...this.#current(), ...change };",
      ],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/no-crc",
    why: "a torn or rotten record counts",
    file: RECORD,
    changes: [
      ["  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return undefined;\n", ""],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/ping-pong",
    why: "the newest record is in one copy only: safe in a cut, but losing that sector goes back",
    file: RECORD_LOG,
    changes: [
      [
        COMMIT_BOTH,
        `    const [behind, ahead] = this.#byAge();
    const bytes = encodeRecord(stored);
    const isFirst = this.#append(behind, ahead, stored, bytes);
    const isSecond = !isFirst && this.#append(ahead, behind, stored, bytes);`,
      ],
      [SETTLE, NO_SETTLE],
    ],
    tests: [CUTS],
  },
  {
    name: "boot/erase-and-rewrite",
    why: "no log: each commit erases its sector, and wears it out as often",
    file: RECORD_LOG,
    changes: [["      if (copy.nextSlot >= copy.slots) {", "      if (mayErase) {"]],
    tests: [CUTS],
  },
];

/** Defects of single lines of our own scheme. */
export const bootMutants: readonly Mutant[] = [
  {
    name: "boot/only-copy-erased",
    why: "a full sector is erased although the other one holds an older record",
    file: RECORD_LOG,
    changes: [["let mayErase = sequenceOf(other) >= sequenceOf(copy);", "let mayErase = true;"]],
    tests: [LOG_TEST],
  },
  {
    name: "boot/never-settled",
    why: "a copy that is behind stays behind until the next commit",
    file: RECORD_LOG,
    changes: [[SETTLE, NO_SETTLE]],
    tests: [LOG_TEST, BOOT_TEST],
  },
  {
    name: "boot/no-read-back",
    why: "a record that did not take is believed",
    file: RECORD_LOG,
    changes: [
      [
        "    return holds(flash, address, bytes) && holds(flash, address, bytes);",
        "    return true;",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/one-read-back",
    why: "an unstable bit reads right once",
    file: RECORD_LOG,
    changes: [
      [
        "    return holds(flash, address, bytes) && holds(flash, address, bytes);",
        "    return holds(flash, address, bytes);",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/refused-slot-not-burnt",
    why: "the slot that refused a record is tried again, for ever",
    file: RECORD_LOG,
    changes: [
      [
        `      copy.nextSlot += 1;
      // A`,
        "      // A",
      ],
      [
        "      copy.newest = record;\n      return true;",
        "      copy.nextSlot += 1;\n      copy.newest = record;\n      return true;",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/one-erase-try",
    why: "an erase that fails once costs the sector",
    file: RECORD_LOG,
    changes: [["const ERASE_TRIES = 3;", "const ERASE_TRIES = 1;"]],
    tests: [LOG_TEST],
  },
  {
    name: "boot/lowest-sequence-wins",
    why: "the copy that is behind is taken for the newest",
    file: RECORD_LOG,
    changes: [
      [
        "return sequenceOf(b) > sequenceOf(a) ? b.newest : a.newest;",
        "return sequenceOf(b) < sequenceOf(a) ? b.newest : a.newest;",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/first-valid-slot",
    why: "the scan ends at the first whole record instead of the newest",
    file: RECORD_LOG,
    changes: [
      [
        "      if (sequenceIn(sector, start) <= sequenceOf(copy)) continue;",
        "      if (copy.newest !== undefined && sequenceIn(sector, start) >= sequenceOf(copy)) continue;",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/unreadable-copy-crashes",
    why: "a read fault in one state sector stops the bootloader",
    file: RECORD_LOG,
    changes: [
      [
        "if (reads(this.#flash, copy.region.address, sector)) return sector;",
        "this.#flash.read(copy.region.address, sector);",
      ],
    ],
    tests: [LOG_TEST],
  },
  {
    name: "boot/one-trial-too-many",
    why: "attempts are counted one off",
    file: BANK_BOOT,
    changes: [
      ["attemptsLeft: this.#options.attemptsMax,", "attemptsLeft: this.#options.attemptsMax + 1,"],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/no-dirty-mark",
    why: "a bank that is about to be erased still counts as what it was",
    file: BANK_BOOT,
    changes: [
      [
        '    if (!isOpen || record.updateId !== updateId || record.lastReason !== "none") {',
        "    if (!isOpen && record.updateId === updateId) {",
      ],
    ],
    tests: [BOOT_TEST, CUTS],
  },
  {
    name: "boot/counter-raised-at-staging",
    why: "the security counter rises before the image was confirmed: a roll back has nothing to run",
    file: BANK_BOOT,
    changes: [
      [
        '      bankStates: withState(record, target, "ready"),\n',
        '      bankStates: withState(record, target, "ready"),\n      securityCounter: image.securityCounter,\n',
      ],
    ],
    tests: [BOOT_TEST, CUTS],
  },
  {
    name: "boot/counter-never-raised",
    why: "an older image may run again after a confirm",
    file: BANK_BOOT,
    changes: [
      [
        "      securityCounter: Math.max(record.securityCounter, trial.image.securityCounter),\n",
        "",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/counter-not-checked",
    why: "the bootloader runs an image below the stored security counter",
    file: BANK_BOOT,
    changes: [
      [
        "const verdict = this.#verifyImage(this.#layout.banks[bank], securityCounter);\n      if (!verdict.ok || verdict.image.securityCounter < securityCounter) return undefined;",
        "const verdict = this.#verifyImage(this.#layout.banks[bank], 0);\n      if (!verdict.ok) return undefined;",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/pending-not-compared",
    why: "another image than the one that was staged gets the trial",
    file: BANK_BOOT,
    changes: [
      [
        "if (image === undefined || hashPrefixOf(image.hash) !== record.banks[pending].hashPrefix) {",
        "if (image === undefined) {",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/bad-bank-takes-over",
    why: "when the active image rots, one that failed its trials boots",
    file: BANK_BOOT,
    changes: [['    if (state !== "confirmed" && state !== "ready") return undefined;\n', ""]],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/unconfirmed-takes-over",
    why: "when the active image rots, one that was never confirmed boots for good",
    file: BANK_BOOT,
    changes: [
      ['    if (state === "ready") {', '    if (state !== "ready" && state !== "confirmed") {'],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/recovery-takes-the-oldest",
    why: "with every record lost, the lowest version becomes the confirmed one",
    file: BANK_BOOT,
    changes: [["isNewer(b, a)) ? 1 : 0;", "isNewer(a, b)) ? 1 : 0;"]],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/recovery-forgets-the-anchor",
    why: "with every record lost, the counter kept elsewhere is not looked at",
    file: BANK_BOOT,
    changes: [[", this.#options.anchor?.read() ?? 0);", ", 0);"]],
    tests: [ANCHOR_TEST],
  },
  {
    name: "boot/anchor-is-not-raised-at-confirm",
    why: "the counter kept elsewhere follows only at the next boot: records lost before it lower it",
    file: BANK_BOOT,
    changes: [["    this.#options.anchor?.raise(this.#current().securityCounter);\n", ""]],
    tests: [ANCHOR_TEST],
  },
  {
    name: "boot/anchor-is-not-caught-up",
    why: "power fails between a confirmation and its anchor, and the anchor stays behind for ever",
    file: BANK_BOOT,
    changes: [["    this.#options.anchor?.raise(this.#record.securityCounter);\n", ""]],
    tests: [ANCHOR_TEST],
  },
  {
    name: "boot/watchdog-starves-in-verification",
    why: "two long verifications in a row, and the watchdog resets a device that is well",
    file: BANK_BOOT,
    changes: [["    this.#options.watchdog?.feed();\n", ""]],
    tests: [ANCHOR_TEST],
  },
  {
    name: "boot/update-into-the-active-bank",
    why: "the bank that runs is offered for the update",
    file: RECORD,
    changes: [["  return bank === 0 ? 1 : 0;\n", "  return bank;\n"]],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/uncounted-trial-runs",
    why: "the state sectors refuse the count of attempts, and the image runs all the same",
    file: BANK_BOOT,
    changes: [
      [
        "    if (!this.#tryCommit({ ...this.#current(), ...change })) return undefined;",
        "    this.#tryCommit({ ...this.#current(), ...change });",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/one-look",
    why: "one failed read of a good image makes it bad",
    file: BANK_BOOT,
    changes: [
      [
        "    return this.#verifyOnce(bank) ?? this.#verifyOnce(bank);",
        "    return this.#verifyOnce(bank);",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/abandoned-trial-confirms",
    why: "confirm() after abandon() makes the image the active one",
    file: BANK_BOOT,
    changes: [
      [
        '    if (record.pending !== trial.bank) throw new RangeError("confirm() of an abandoned trial");\n',
        "",
      ],
    ],
    tests: [BOOT_TEST],
  },
  {
    name: "boot/record-drops-the-counter",
    why: "a field of the record is not written",
    file: RECORD,
    changes: [["  view.setUint32(16, record.securityCounter, true);\n", ""]],
    tests: [RECORD_TEST],
  },
  {
    name: "boot/build-number-not-compared",
    why: "the newest of two images that differ in their build number is not found",
    file: RECORD,
    changes: [["part < a.length; part++", "part < a.length - 1; part++"]],
    tests: [RECORD_TEST],
  },
];
