import type { Mutant } from "./mutant.ts";

const CODEC = "agent/journal/codec.ts";
const SNAPSHOT = "agent/journal/snapshot.ts";
const RESTORE = "agent/journal/restore.ts";
const SESSION_LOG = "agent/journal/session-log.ts";
const MEMORY = "agent/memory.ts";
const MEMORY_TEST = "test/agent/device-memory.test.ts";
const CODEC_TEST = "test/agent/journal/codec.test.ts";
const SNAPSHOT_TEST = "test/agent/journal/snapshot.test.ts";
const DEVICE_TEST = "test/agent/device.test.ts";
const SWEEP_TEST = "test/scenarios/power-cut-sweep.test.ts";
const FRAG_TEST = "test/agent/packages/fragmentation.test.ts";

const RECEPTION = "agent/packages/frag-reception.ts";
const START = "agent/packages/frag-start.ts";
const HEADER_TEST = "test/agent/header-refusal.test.ts";
const SICK_TEST = "test/agent/sick-flash.test.ts";

/** What is remembered, and what of it comes back after a reset. */
export const resumeMutants: readonly Mutant[] = [
  {
    name: "resume/session-cnt-stored-at-set-up",
    why: "the counter is used up by the set-up: a repeat of it, whose answer got lost, is a replay",
    file: "agent/packages/frag-setup.ts",
    changes: [
      [
        '    state.sessions[fragIndex] = session;\n    io.persist({ type: "fragSetup", fragIndex });\n  }\n  answerSetup',
        '    state.sessions[fragIndex] = session;\n    state.sessionCntPrev[fragIndex] = setup.sessionCnt;\n    io.persist({ type: "fragSetup", fragIndex });\n  }\n  answerSetup',
      ],
    ],
    tests: [FRAG_TEST],
  },
  {
    name: "resume/session-cnt-never-stored",
    why: "an old session can be played back",
    file: RECEPTION,
    changes: [["  spendSessionCnt(state, session);\n", ""]],
    tests: [FRAG_TEST],
  },
  {
    name: "resume/session-cnt-forgotten-in-a-reset",
    why: "a reset makes an old session playable again",
    file: RESTORE,
    changes: [["    spendSessionCnt(fragmentation, session);\n", ""]],
    tests: [FRAG_TEST],
  },
  {
    name: "resume/session-cnt-of-a-verdict-forgotten",
    why: "a session that was refused at its first fragment can be played again after a reset",
    file: RESTORE,
    changes: [["    spendSessionCnt(state.fragmentation, session);\n", ""]],
    tests: [HEADER_TEST],
  },
  {
    name: "resume/header-refused-counter-not-spent",
    why: "an image refused by its header can be announced again with the same counter",
    file: START,
    changes: [["  spendSessionCnt(state, session);\n", ""]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/header-not-looked-at",
    why: "a whole image is received, and a bank erased, for what could be told from 32 bytes",
    file: RECEPTION,
    changes: [
      ["    if (isRefusedByStart(state, session, indexAndN.n, data, io)) return undefined;\n", ""],
    ],
    tests: [HEADER_TEST],
  },
  {
    name: "image/header-looked-at-too-late",
    why: "the bank is erased before the header is looked at",
    file: RECEPTION,
    changes: [
      [
        '    if (isRefusedByStart(state, session, indexAndN.n, data, io)) return undefined;\n    if (session.phase === "ready" && !begin(state, session, io)) return undefined;\n    return storeFragment(session, indexAndN.n, data, source, config, io);\n',
        '    if (session.phase === "ready" && !begin(state, session, io)) return undefined;\n    const done = storeFragment(session, indexAndN.n, data, source, config, io);\n    if (isRefusedByStart(state, session, indexAndN.n, data, io)) return undefined;\n    return done;\n',
      ],
    ],
    tests: [HEADER_TEST],
  },
  {
    name: "image/header-of-any-fragment",
    why: "a fragment from the middle is taken for a header",
    file: START,
    changes: [["  start.set(data, index * fragSize);\n", "  start.set(data);\n"]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/header-in-flash-not-read",
    why: "of a header in several fragments only the last one is looked at",
    file: START,
    changes: [
      ["    if (count > 1) work?.staging.readStart(start.subarray(0, count * fragSize));\n", ""],
    ],
    tests: [HEADER_TEST],
  },
  {
    name: "image/refused-bank-stays-open",
    why: "an image is refused in mid-session, and the boot record still waits for it",
    file: START,
    changes: [["  if (wasOpen) io.closePlace(session);\n", ""]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/refusal-costs-the-waiting-image",
    why: "an image that waits for its reset is given up for one that is refused",
    file: START,
    changes: [["  if (wasOpen) io.closePlace(session);\n", "  io.closePlace(session);\n"]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/runs-where-the-active-bank-lies",
    why: "without a remap an image is checked against one address for both banks",
    file: "agent/image-policy.ts",
    changes: [["runsAt.flashAddress + bank.address", "runsAt.flashAddress"]],
    tests: [HEADER_TEST],
  },
  {
    name: "image/version-policy-ignored",
    why: "a device that takes no older version takes one",
    file: "agent/image-policy.ts",
    changes: [['versionPolicy === "notLower" ?', "versionPolicy === undefined ?"]],
    tests: [HEADER_TEST],
  },
  {
    name: "device/fallback-not-told",
    why: "the image that was confirmed rots, the old one runs, and nobody is told",
    file: "agent/status.ts",
    changes: [['  "activeInvalid",\n', ""]],
    tests: [SICK_TEST],
  },
  {
    name: "device/uncounted-trial-not-told",
    why: "the boot record cannot count a trial, the image never runs, and nobody is told",
    file: "agent/status.ts",
    changes: [['  if (report.pending !== undefined && !trial) return "storage";\n', ""]],
    tests: [SICK_TEST],
  },
  {
    name: "resume/snapshot-drops-session-cnt",
    why: "a new snapshot makes an old session playable again",
    file: SNAPSHOT,
    changes: [
      ["    if (sessionCnt >= 0) sink.append(SESSION_CNT_PREV, fragIndex, sessionCnt);\n", ""],
    ],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/snapshot-drops-groups",
    why: "a new snapshot forgets the multicast groups",
    file: MEMORY,
    changes: [["    writeMulticast(multicast, sink);\n", ""]],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/snapshot-drops-the-window",
    why: "a new snapshot forgets the class C session of a group",
    file: SNAPSHOT,
    changes: [
      ["    if (group.session !== undefined) {\n", "    if (group.session?.startGps === 0) {\n"],
    ],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/snapshot-drops-coded",
    why: "a new snapshot forgets which coded fragments are in scratch",
    file: SNAPSHOT,
    changes: [["  writeCoded(session, sink);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/snapshot-drops-edges",
    why: "a new snapshot forgets the bytes of granules that wait",
    file: SNAPSHOT,
    changes: [["  writeEdges(session, sink);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/snapshot-drops-counts",
    why: "a new snapshot forgets how many fragments came",
    file: SNAPSHOT,
    changes: [["  sink.append(FRAG_COUNTS, fragIndex, session.received, coded);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/snapshot-drops-verdicts",
    why: "a new snapshot turns a failed session into one that awaits its first fragment",
    file: SNAPSHOT,
    changes: [["    sink.append(FRAG_VERDICT, fragIndex, 0, encodeVerdict(session));\n", ""]],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/snapshot-drops-the-clock-period",
    why: "a new snapshot forgets how often the clock is to be synchronised",
    file: MEMORY,
    changes: [
      [
        "    if (clockSync.period !== undefined) sink.append(CLOCK_PERIOD, clockSync.period, 0);\n",
        "",
      ],
    ],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/verdict-not-written",
    why: "a complete session is receiving again after a reset: the server is told so",
    file: MEMORY,
    changes: [
      ["        this.#append(FRAG_VERDICT, item.fragIndex, encodeVerdict(session));\n", ""],
    ],
    tests: [DEVICE_TEST],
  },
  {
    name: "resume/verdict-without-mic",
    why: "after a reset, a block with a wrong MIC is reported as right",
    file: CODEC,
    changes: [["  session.micError = (flags & 2) === 2;\n", ""]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/verdict-without-reason",
    why: "after a reset, nobody knows why a session failed",
    file: CODEC,
    changes: [["  session.failure = REASONS[view.getUint8(1)];\n", ""]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/received-requests-forgotten",
    why: "FragDataBlockReceivedReq stop after a reset",
    file: CODEC,
    changes: [["  session.receivedReqsLeft = view.getUint8(2);\n", ""]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/counter-of-fragments-forgotten",
    why: "after a reset, multicast frames can be played back",
    file: RESTORE,
    changes: [["  if (ahead !== 0xffff) group.nextMcFCnt += ahead + 1;\n", ""]],
    tests: [DEVICE_TEST],
  },
  {
    name: "resume/counter-off-by-one",
    why: "after a reset, the last multicast frame is accepted once more",
    file: RESTORE,
    changes: [["group.nextMcFCnt += ahead + 1;", "group.nextMcFCnt += ahead;"]],
    tests: [DEVICE_TEST],
  },
  {
    name: "resume/counter-in-16-bits",
    why: "a counter that passes 65535 jumps back after a reset",
    file: RESTORE,
    changes: [
      [
        "const ahead = (fCntLow - group.nextMcFCnt) & 0xffff;",
        "const ahead = fCntLow - group.nextMcFCnt;",
      ],
    ],
    tests: [SNAPSHOT_TEST],
  },
  {
    name: "resume/counter-without-fragment-forgotten",
    why: "frames after the last fragment can be played back after a reset",
    file: RESTORE,
    changes: [["  } else {\n    restoreCounter(group, b);\n  }", "  }"]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/frame-not-written",
    why: "a power cut between the block's end and the window's lets frames count once more",
    file: "agent/device.ts",
    changes: [["      memory.endFrame(source.groupId, source.fCnt);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/frame-only-of-fragments",
    why: "frames on other ports can be played back after a reset",
    file: "agent/device.ts",
    changes: [
      [
        "      memory.endFrame(source.groupId, source.fCnt);\n",
        "      if (fPort === FRAG_PORT) memory.endFrame(source.groupId, source.fCnt);\n",
      ],
    ],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/frame-written-twice",
    why: "each fragment takes two records of the journal: wear",
    file: MEMORY,
    changes: [["    if ((kind & FRAGMENT_MASK) === FRAGMENT) this.#isFrameKept = true;\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/frame-kept-by-the-last-one",
    why: "after one fragment, the counters of all other frames are taken for written",
    file: MEMORY,
    changes: [["    this.#isFrameKept = false;\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/time-not-asked",
    why: "a power cut takes the time away, and the campaign is over before it is asked for",
    file: "agent/packages/clock-sync.ts",
    changes: [["      if (!io.clock.synced) ask(state, config, io);\n", ""]],
    tests: [SWEEP_TEST],
  },
  {
    name: "resume/time-asked-too-seldom",
    why: "three requests that nobody heard, and the class C window is over",
    file: "agent/packages/clock-sync.ts",
    changes: [["const HURRIED_REQUESTS = 4;", "const HURRIED_REQUESTS = 1;"]],
    tests: [SWEEP_TEST],
  },
  {
    name: "resume/everyone-hurries",
    why: "a fleet that joins asks for the time so often that it crowds itself out",
    file: "agent/packages/clock-sync.ts",
    changes: [["state.isHurried = event.isAwaited;", "state.isHurried = true;"]],
    tests: ["test/agent/packages/clock-sync-schedule.test.ts"],
  },
  {
    name: "resume/nobody-hurries",
    why: "after a reset, nobody looks whether a session waits for the time",
    file: "agent/device.ts",
    changes: [["some((group) => group?.session !== undefined)", "some((group) => group === null)"]],
    tests: [SWEEP_TEST],
  },
  {
    name: "resume/window-stays-shut",
    why: "the time is known again, but nobody looks at the session that runs",
    file: "agent/device.ts",
    changes: [['    this.#stepMulticast({ type: "clockCorrected" });\n', ""]],
    tests: [SWEEP_TEST],
  },
  {
    name: "resume/fcnt-range-not-restored",
    why: "after a reset, a group takes any counter",
    file: CODEC,
    changes: [["    maxMcFCnt: view.getUint32(8, true),", "    maxMcFCnt: 0xffff_ffff,"]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/keys-swapped",
    why: "after a reset, a group decrypts with its network session key",
    file: CODEC,
    changes: [
      ["  bytes.set(group.mcAppSKey, 16);", "  bytes.set(group.mcNwkSKey, 16);"],
      [
        "  bytes.set(group.mcNwkSKey, 16 + KEY_BYTES);",
        "  bytes.set(group.mcAppSKey, 16 + KEY_BYTES);",
      ],
    ],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/set-up-without-padding",
    why: "after a reset, the padding belongs to the image",
    file: CODEC,
    changes: [["    padding: view.getUint8(6),", "    padding: 0,"]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/set-up-without-mic",
    why: "after a reset, the right block has the wrong MIC",
    file: CODEC,
    changes: [["    mic: bytes.slice(14, 18),", "    mic: bytes.slice(13, 17),"]],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/update-id-not-restored",
    why: "after a reset, the bank is erased and opened again for a session that filled it",
    file: CODEC,
    changes: [
      ["    updateId: view.getUint32(18, true),", "    updateId: 1 + view.getUint32(18, true),"],
    ],
    tests: [CODEC_TEST],
  },
  {
    name: "resume/stored-fragment-not-restored",
    why: "fragments are only known to the decoder, not to flash",
    file: RESTORE,
    changes: [["    work.decoder.restoreUncoded(n - 1);\n  } else if", "  } else if"]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/coded-fragment-not-restored",
    why: "coded fragments are lost in a reset",
    file: RESTORE,
    changes: [
      [
        "    restoreCoded(work, n, extra.length === 2 ? u16At(extra, 0) : undefined);\n",
        "    work.staging.slots.restore(extra.length === 2 ? u16At(extra, 0) : undefined, n);\n",
      ],
    ],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/solved-counts-as-received",
    why: "fragments that were computed are reported as received",
    file: RESTORE,
    changes: [["  if (what !== SOLVED) session.received += 1;", "  session.received += 1;"]],
    tests: [MEMORY_TEST, "test/agent/device-power-cuts.test.ts"],
  },
  {
    name: "resume/repeat-not-logged",
    why: "a fragment that brought nothing is not counted after a reset, and its counter comes again",
    file: SESSION_LOG,
    changes: [["      this.#append(HEARD, this.#n);\n", ""]],
    tests: [MEMORY_TEST],
  },
  {
    name: "resume/full-journal-kills-the-session",
    why: "a repeat that does not fit in the journal fails the session",
    file: SESSION_LOG,
    changes: [
      [
        "      if (!(error instanceof JournalFull)) throw error;\n    }\n  }\n\n  fragmentStored",
        "      throw error;\n    }\n  }\n\n  fragmentStored",
      ],
    ],
    tests: ["test/agent/journal/session-log.test.ts"],
  },
  {
    name: "resume/verified-image-not-staged",
    why: "power failed between the verdict and the staging: the update is never booted",
    file: "agent/bank-image.ts",
    changes: [
      [
        '  return bankStates[active === 0 ? 1 : 0] === "dirty" && lastReason === "none";',
        '  return bankStates[active === 0 ? 1 : 0] === "empty" && lastReason === "none";',
      ],
    ],
    tests: ["test/agent/device-power-cuts.test.ts"],
  },
  {
    name: "resume/interrupted-solve-not-finished",
    why: "power failed in the final solve: the session waits for a fragment that never comes",
    file: "agent/packages/frag-reception.ts",
    changes: [
      [
        "    if (!work.decoder.resume()) return undefined;",
        "    work.decoder.resume();\n    return undefined;",
      ],
    ],
    tests: ["test/agent/device-power-cuts.test.ts"],
  },
];
