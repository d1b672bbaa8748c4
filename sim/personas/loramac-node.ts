import type { Persona } from "./persona.ts";

/** Everything that LoRaMac-node does otherwise. */
export const loramacNode: Persona = {
  name: "loramac-node",
  about: "LoRaMac-node, commit dcbcfb3 of February 2024: the LmHandler packages",
  versions: [1],
  rows: [
    {
      does: { answersMerged: true },
      text: "All answers of a package to one frame leave in one uplink.",
      source: "LmhpFragmentation.c, LmhpRemoteMcastSetup.c, LmhpClockSync.c: one DataBuffer",
    },
    {
      does: { unknownCommand: "skipsByte" },
      text: "Of an unknown command the first byte is skipped; the rest of it is read as commands.",
      source: "LmhpFragmentation.c, LmhpRemoteMcastSetup.c: default",
    },
    {
      does: { groupStatus: "unknown" },
      text: "McGroupStatusReq is not implemented; even its mask is read as a command.",
      source: "LmhpRemoteMcastSetup.c: MC_GROUP_STATUS_REQ",
    },
    {
      does: { unmaskedMcGroupId: true, badGroupId: "misparsed" },
      text: "McGroupSetupReq: reserved bits of the id make it one that cannot be; IDerror is answered and the remaining 28 bytes are read as commands.",
      source: "LmhpRemoteMcastSetup.c: MC_GROUP_SETUP_REQ",
    },
    {
      does: { pastStart: "b4", sessionErrors: "firstKind" },
      text: "A start that has passed or is now, of a repeated request too, is answered with McGroupUndefined, after group and radio were found in order.",
      source: "LmhpRemoteMcastSetup.c: MC_GROUP_CLASS_C_SESSION_REQ",
    },
    {
      does: { undefinedGroupBits: 0x1c },
      text: "A session for a group that was never set up has all three error bits.",
      source: "LoRaMac.c: LoRaMacMcChannelSetupRxParams",
    },
    {
      does: { unsyncedClock: "trusted" },
      text: "A clock that nobody has confirmed decides like any other whether a start has passed.",
      source: "LmhpRemoteMcastSetup.c: SysTimeGet",
    },
    {
      does: { classB: "asClassC" },
      text: "A class B session is kept as a class C session of 2^TimeOut seconds.",
      source: "LmhpRemoteMcastSetup.c: LmhpRemoteMcastSetupProcess",
    },
    {
      does: { timeOutOfGroup0: true },
      text: "The session of every group lasts as long as the last request for group 0 said; a second, if there was none.",
      source: "LmhpRemoteMcastSetup.c: McSessionData[0].SessionTimeout",
    },
    {
      does: { missingFrag: "lost" },
      text: "MissingFrag is the number of uncoded fragments found missing so far, modulo 256: 0 before a gap was noticed, and still 3 when three were repaired.",
      source: "FragDecoder.c: FragNbLost",
    },
    {
      does: { nbFragReceived: "lastN" },
      text: "NbFragReceived is the N of the last fragment.",
      source: "FragDecoder.c: FragNbRx",
    },
    {
      does: { statusAsOf: "request" },
      text: "A status that waits for its random delay has the counts of the moment when it was asked for.",
      source: "LmhpFragmentation.c: DelayedReplyAppData",
    },
    {
      does: { unknownSession: "answersCounts" },
      text: "A status request for an index without a session is answered with the counts of the only decoder: zeros before the first session.",
      source: "LmhpFragmentation.c: FRAG_STATUS_REQ",
    },
    {
      does: { fragmentOrder: "ascending" },
      text: "A fragment with a lower N than one before is dropped.",
      source: "FragDecoder.c: FragDecoderProcess",
    },
    {
      does: { overflow: "endsSessionAndSticks" },
      text: "When more is lost than the decoder can solve, NotEnoughMatrixMemory is set, nothing more is received, and the bit is still there in the next session.",
      source: "FragDecoder.c: MatrixError; LoRaMac-node issue 1629, Zephyr issue 72764",
    },
    {
      does: { ansRequired: "never" },
      text: "AppTimeReq never insists on an answer.",
      source: "LmhpClockSync.c: LmhpClockSyncAppTimeReq",
    },
    {
      does: { periodicity: "notSupported" },
      text: "DeviceAppTimePeriodicityReq is answered NotSupported and changes nothing.",
      source: "LmhpClockSync.c: APP_TIME_PERIOD_REQ",
    },
    {
      does: { resyncSpacingS: [1, 1], resyncEnds: "anyAnswer" },
      text: "Forced AppTimeReq follow each other after a second, or as soon as the radio allows; any AppTimeAns ends them, one with a wrong token too.",
      source: "LmhpClockSync.c: LmhpClockSyncProcess, APP_TIME_ANS",
    },
    {
      does: { saturation: "never" },
      text: "A saturated correction is followed by no other request.",
      source: "LmhpClockSync.c: APP_TIME_ANS",
    },
  ],
  notModelled: [
    "The memory overrun when the losses at the end of the uncoded fragments exceed the decoder: what happens then is undefined.",
    "FRAG_MAX_NB, FRAG_MAX_SIZE and FRAG_MAX_REDUNDANCY are build options: say `matrixRows` for the last of them.",
    "One timer for the sessions of all groups: a server that runs one group sees no difference.",
    "DeviceTimeReq beside AppTimeReq: the simulated MAC has none.",
  ],
};
