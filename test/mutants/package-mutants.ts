import type { Mutant } from "./mutant.ts";

const MC_SETUP = "agent/packages/multicast-setup.ts";
const MC_COMMANDS = "agent/packages/multicast-commands.ts";
const MC_SESSION = "agent/packages/multicast-session.ts";
const FRAG_SETUP = "agent/packages/frag-setup.ts";
const RECEPTION = "agent/packages/frag-reception.ts";
const FRAGMENTATION = "agent/packages/fragmentation.ts";
const DATA_BLOCK = "agent/keys/data-block.ts";
const MULTICAST_KEYS = "agent/keys/multicast.ts";
const GROUPS_TEST = "test/agent/packages/multicast-groups.test.ts";
const ANSWERS_TEST = "test/agent/packages/multicast-answers.test.ts";
const WINDOW_TEST = "test/agent/packages/multicast-session.test.ts";
const FRAG_TEST = "test/agent/packages/fragmentation.test.ts";
const BLOCK_TEST = "test/agent/keys/data-block.test.ts";
const KEYS_TEST = "test/agent/keys/multicast.test.ts";
const DEVICE_TEST = "test/agent/device.test.ts";

export const packageMutants: readonly Mutant[] = [
  {
    name: "packages/counter-repeats",
    why: "a multicast frame is accepted twice",
    file: MC_SETUP,
    changes: [["  group.nextMcFCnt = fCnt + 1;", "  group.nextMcFCnt = fCnt;"]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/first-counter-refused",
    why: "minMcFCnt is taken as exclusive",
    file: MC_SETUP,
    changes: [["fCnt < group.nextMcFCnt ||", "fCnt <= group.nextMcFCnt ||"]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/max-counter-inclusive",
    why: "maxMcFCnt is taken as inclusive",
    file: MC_SETUP,
    changes: [["fCnt >= group.maxMcFCnt)", "fCnt > group.maxMcFCnt)"]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/max-counter-ignored",
    why: "a group lives for ever",
    file: MC_SETUP,
    changes: [[" || fCnt >= group.maxMcFCnt)", ")"]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/commands-by-multicast",
    why: "whoever has a group key can set up groups",
    file: MC_SETUP,
    changes: [['  if (source.type === "multicast") return false;\n', ""]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/group-out-of-range",
    why: "a context the device does not have is set up",
    file: MC_COMMANDS,
    changes: [["mcGroupId >= config.groupCount;", "mcGroupId > config.groupCount;"]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/group-not-stored",
    why: "a new group is gone after a reset",
    file: MC_COMMANDS,
    changes: [
      ['    io.persist({ type: "mcGroup", mcGroupId });\n    programGroup', "    programGroup"],
    ],
    tests: [GROUPS_TEST, DEVICE_TEST],
  },
  {
    name: "packages/window-outlives-its-group",
    why: "a replaced group keeps the class C window open",
    file: MC_COMMANDS,
    changes: [["    if (former !== undefined) endSession(former, mcGroupId, io);\n", ""]],
    tests: [GROUPS_TEST],
  },
  {
    name: "packages/repeat-of-a-begun-session-missed",
    why: "a repeat of a session that runs, whose answer got lost, is refused as missed",
    file: MC_COMMANDS,
    changes: [["clock.synced && !isRepeat;", "clock.synced;"]],
    tests: [ANSWERS_TEST],
  },
  {
    name: "packages/window-opens-on-the-dot",
    why: "the window opens at the start by a clock that is some seconds off",
    file: MC_SESSION,
    changes: [["startAt - (isClassB ? CLASS_B_EARLY_S : openEarlyS) * S_US;", "startAt;"]],
    tests: [WINDOW_TEST],
  },
  {
    name: "packages/session-cnt-below-only",
    why: "SessionCnt < instead of <=: the same session can be played back",
    file: FRAG_SETUP,
    changes: [["setup.sessionCnt <= (state", "setup.sessionCnt < (state"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/session-cnt-one-for-all",
    why: "the counters of the FragIndexes are mixed up",
    file: FRAG_SETUP,
    changes: [["state.sessionCntPrev[fragIndex] ?? -1", "Math.max(...state.sessionCntPrev)"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/refused-set-up-replaces",
    why: "a set-up that was refused ends the session that runs",
    file: FRAG_SETUP,
    changes: [
      [
        "  if (placeIndex !== undefined && !isRefused) {",
        "  if (isRefused) state.sessions[fragIndex] = undefined;\n  if (placeIndex !== undefined && !isRefused) {",
      ],
    ],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/any-algorithm",
    why: "another fragmentation algorithm than number 0 is accepted",
    file: FRAG_SETUP,
    changes: [["command.control.fragAlgo !== FRAG_ALGO", "command.control.fragAlgo < FRAG_ALGO"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/padding-longer-than-the-block",
    why: "a block of less than nothing is accepted",
    file: FRAG_SETUP,
    changes: [[" && padding < nbFrag * fragSize;", ";"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/fragment-zero",
    why: "N = 0 is taken for a fragment",
    file: RECEPTION,
    changes: [["indexAndN.n === 0 || ", ""]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/group-mask-ignored",
    why: "fragments are accepted from groups that the session is not for",
    file: RECEPTION,
    changes: [["((setup.mcGroupBitMask >> source.groupId) & 1) === 0", "source.groupId > 3"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/fragment-of-another-size",
    why: "a fragment that is too short begins the session",
    file: RECEPTION,
    changes: [
      [
        "if (indexAndN.n === 0 || data.length !== setup.fragSize) return",
        "if (indexAndN.n === 0) return",
      ],
    ],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/mic-not-checked",
    why: "a block with a wrong MIC is complete and well",
    file: RECEPTION,
    changes: [
      [
        "config.version === 2 && !isMicRight(session, config, io);",
        "false && config.version === 2 && !isMicRight(session, config, io);",
      ],
    ],
    tests: [FRAG_TEST, DEVICE_TEST],
  },
  {
    name: "packages/mic-over-the-padding",
    why: "the MIC is said to be over the block with its padding",
    file: RECEPTION,
    changes: [["work.staging.map.dataBytes;", "work.staging.map.sizeBytes;"]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/three-bytes-of-mic",
    why: "the last byte of the MIC is not compared",
    file: RECEPTION,
    changes: [
      [
        "mic.every((byte, index) => byte === computed[index]);",
        "mic.every((byte, index) => index === 3 || byte === computed[index]);",
      ],
    ],
    tests: [FRAG_TEST, DEVICE_TEST],
  },
  {
    name: "packages/complete-answers-too",
    why: "a device with nothing missing answers a request for those that miss something",
    file: FRAGMENTATION,
    changes: [["  if (!participants && missingOf(session) === 0) return;\n", ""]],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/all-answer-at-once",
    why: "the answers to a multicast request are not spread",
    file: FRAGMENTATION,
    changes: [
      [
        "let delayUs = blockAckDelayUs(session.setup, io);",
        "let delayUs = 0 * blockAckDelayUs(session.setup, io);",
      ],
    ],
    tests: [FRAG_TEST],
  },
  {
    name: "packages/set-up-by-multicast",
    why: "whoever has a group key can start a session",
    file: FRAGMENTATION,
    changes: [
      [
        "    else if (!isMulticast) obey(state, command, config, io);",
        "    else obey(state, command, config, io);",
      ],
    ],
    tests: [FRAG_TEST],
  },
];

export const keyMutants: readonly Mutant[] = [
  {
    name: "keys/b0-fields-swapped",
    why: "FragIndex stands before SessionCnt in the first block of the MIC",
    file: DATA_BLOCK,
    changes: [
      [
        "  view.setUint16(1, sessionCnt, true);\n  b0[3] = fragIndex;",
        "  b0[1] = fragIndex;\n  view.setUint16(2, sessionCnt, true);",
      ],
    ],
    tests: [BLOCK_TEST],
  },
  {
    name: "keys/b0-big-endian",
    why: "SessionCnt is in network order",
    file: DATA_BLOCK,
    changes: [["view.setUint16(1, sessionCnt, true);", "view.setUint16(1, sessionCnt);"]],
    tests: [BLOCK_TEST],
  },
  {
    name: "keys/b0-without-size",
    why: "the length of the block is not covered by the MIC",
    file: DATA_BLOCK,
    changes: [["  view.setUint32(12, sizeBytes, true);\n", ""]],
    tests: [BLOCK_TEST],
  },
  {
    name: "keys/b0-after-the-data",
    why: "the block is fed to the MIC before its description",
    file: DATA_BLOCK,
    changes: [["  mac.update(dataBlockB0(block));\n", ""]],
    tests: [BLOCK_TEST],
  },
  {
    name: "keys/data-block-key-of-another-use",
    why: "the integrity key is derived like the multicast root key",
    file: DATA_BLOCK,
    changes: [["  block[0] = 0x30;", "  block[0] = 0x20;"]],
    tests: [BLOCK_TEST],
  },
  {
    name: "keys/root-tags-swapped",
    why: "McRootKey of LoRaWAN 1.0 and 1.1 are mixed up",
    file: MULTICAST_KEYS,
    changes: [['version === "1.0" ? 0x00 : 0x20', 'version === "1.1" ? 0x00 : 0x20']],
    tests: [KEYS_TEST],
  },
  {
    name: "keys/session-keys-swapped",
    why: "McAppSKey and McNwkSKey are mixed up",
    file: MULTICAST_KEYS,
    changes: [
      ["tagBlock(0x01, mcAddr)", "tagBlock(0x02 + 0, mcAddr)"],
      [
        "    mcNwkSKey: crypto.aesEncrypt(mcKey, tagBlock(0x02, mcAddr)),",
        "    mcNwkSKey: crypto.aesEncrypt(mcKey, tagBlock(0x01, mcAddr)),",
      ],
    ],
    tests: [KEYS_TEST],
  },
  {
    name: "keys/address-big-endian",
    why: "McAddr is in network order",
    file: MULTICAST_KEYS,
    changes: [["setUint32(1, address, true);", "setUint32(1, address);"]],
    tests: [KEYS_TEST],
  },
  {
    name: "keys/unwrap-decrypts",
    why: "the device decrypts the McKey, which the server has decrypted already",
    file: MULTICAST_KEYS,
    changes: [
      ["  return crypto.aesEncrypt(kek, wrapped);", "  return crypto.aesDecrypt(kek, wrapped);"],
    ],
    tests: [KEYS_TEST],
  },
];
