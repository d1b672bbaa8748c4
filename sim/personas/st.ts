import type { Persona } from "./persona.ts";

/** Everything that the LoRaWAN middleware of ST does otherwise. */
export const st: Persona = {
  name: "st",
  about: "stm32-mw-lorawan of ST, commit 655e66d of September 2024, LORAMAC_MAX_MC_CTX 1",
  versions: [1, 2],
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
      does: { mcGroups: 1, badGroupId: "misparsed" },
      text: "There is one group: requests for another are refused, sessions without the bits of its id, and the bytes behind the id are read as commands.",
      source: "LoRaMacTypes.h: LORAMAC_MAX_MC_CTX; LmhpRemoteMcastSetup.c",
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
      does: { statusAnsLayoutV2: "v1" },
      only: 2,
      text: "FragSessionStatusAns of version 2 has the fields of version 1 in its order, and no MICError.",
      source: "LmhpFragmentation.c: FRAG_STATUS_REQ; stm32-mw-lorawan issue 5",
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
      source: "LmhpFragmentation.c: FragmentProcessTimer",
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
      text: "When more is lost than the decoder can solve, the memory bit is set, nothing more is received, and the bit is still there in the next session.",
      source: "FragDecoder.c: MatrixError",
    },
    {
      does: { answerDelayS: { fragmentation: [3, 1] } },
      text: "Answers of fragmentation come 3 s later.",
      source: "LmhpFragmentation.c: TxDelayTime",
    },
    {
      does: { sessionCnt: "ram" },
      only: 2,
      text: "SessionCntPrev is forgotten in a reset: an old set-up is taken again.",
      source: "LmhpFragmentation.c: SessionCntPrev",
    },
    {
      does: { ansRequired: "never" },
      text: "AppTimeReq never insists on an answer.",
      source: "LmhpClockSync.c: LmhpClockSyncAppTimeReq",
    },
    {
      does: { deviceTime: "epochTwice" },
      text: "DeviceTime is 315964800 s early: the epoch is subtracted twice. In version 2 the correction then sets the clock ten years ahead, and every session has passed.",
      source: "LmhpClockSync.c: UNIX_GPS_EPOCH_OFFSET",
    },
    {
      does: { clockSetBy: "deviceTimeAns" },
      only: 1,
      text: "In version 1 a DeviceTimeReq goes with it, whose answer sets the clock right.",
      source: "LmhpClockSync.c: OnDeviceTimeRequest, DeviceTimeAnsReceived",
    },
    {
      does: { periodicity: "nextByte" },
      text: "The period is read from the byte behind it, which is gone as a command.",
      source: "LmhpClockSync.c: APP_TIME_PERIOD_REQ",
    },
    {
      does: { resyncSpacingS: [1, 1], resyncEnds: "anyAnswer" },
      text: "Forced AppTimeReq follow each other after a second, or as soon as the radio allows; any AppTimeAns ends them, one with a wrong token too.",
      source: "LmhpClockSync.c: LmhpClockSyncProcess, APP_TIME_ANS",
    },
    {
      does: { saturation: "never" },
      only: 1,
      text: "A saturated correction is followed by no other request.",
      source: "LmhpClockSync.c: APP_TIME_ANS",
    },
    {
      does: { saturation: "positive" },
      only: 2,
      text: "Only a correction saturated upwards is followed by another request.",
      source: "LmhpClockSync.c: APP_TIME_ANS",
    },
  ],
  notModelled: [
    "The byte behind a DeviceAppTimePeriodicityReq that ends its frame: what lies in the memory decides; here 0.",
    "Sizes of blocks and fragments are build options: say `matrixRows` for what the decoder solves.",
    "FragDataBlockReceivedReq each 1.5 s until it is answered: here as the reference.",
    "TS006: Unix time, an answer to RebootTime 0, never an image: no server of these runs asks for it.",
  ],
};
