import type { Persona } from "./persona.ts";

/** Everything that the LoRaWAN services of Zephyr do otherwise. */
export const zephyr: Persona = {
  name: "zephyr",
  about: "Zephyr, main branch of 2026: subsys/lorawan/services",
  versions: [1],
  rows: [
    {
      does: { clockSyncVersion: 2 },
      text: "Clock synchronisation is version 2 beside version 1 of the other packages.",
      source: "clock_sync.c: CLOCK_SYNC_PACKAGE_VERSION",
    },
    {
      does: { answersMerged: true },
      text: "All answers of a package to one frame leave in one uplink.",
      source: "multicast.c, frag_transport.c, clock_sync.c: tx_buf",
    },
    {
      does: { groupStatus: "endsFrame" },
      text: "McGroupStatusReq is not implemented: it and what follows it in the frame is not answered.",
      source: "multicast.c: MULTICAST_CMD_MC_GROUP_STATUS",
    },
    {
      does: { classB: "endsFrame" },
      text: "Class B is not implemented: McClassBSessionReq and what follows it is not answered.",
      source: "multicast.c: MULTICAST_CMD_MC_CLASS_B_SESSION",
    },
    {
      does: { pastStart: "b5", startsNow: "accepted", sessionErrors: "firstKind" },
      text: "A start that has passed, of a repeated request too, has StartMissed of version 2, without TimeToStart.",
      source: "multicast.c: multicast_schedule_class_c_session",
    },
    {
      does: { undefinedGroupBits: 0x1c },
      text: "A session for a group that was never set up has all three error bits.",
      source: "multicast.c: MULTICAST_CMD_MC_CLASS_C_SESSION",
    },
    {
      does: { freqAndDrInvalid: "silent" },
      text: "A session with wrong frequency and wrong data rate is not answered.",
      source: "multicast.c: LORAMAC_STATUS_FREQ_AND_DR_INVALID",
    },
    {
      does: { unsyncedClock: "notScheduled" },
      text: "While the clock is not synchronised TimeToStart is 0xFFFFFF, the answer is good, and the session never starts.",
      source: "multicast.c: multicast_schedule_class_c_session",
    },
    {
      does: { answerDelayS: { multicastSetup: [1, 3] } },
      text: "Answers of multicast set-up come 1 to 3 s later.",
      source: "multicast.c: lorawan_services_schedule_uplink",
    },
    {
      does: { nbFragReceived: "heard" },
      text: "NbFragReceived counts every fragment heard, those that came when all was complete too.",
      source: "frag_transport.c: nb_frag_received",
    },
    {
      does: { missingFrag: "nbFragMinusHeard" },
      text: "MissingFrag is NbFrag less every fragment heard, coded and repeated ones among them: 0 may come before the block is rebuilt.",
      source: "frag_transport.c: FRAG_TRANSPORT_CMD_FRAG_STATUS",
    },
    {
      does: { statusAsOf: "request" },
      text: "A status that waits for its random delay has the counts of the moment when it was asked for.",
      source: "frag_transport.c: lorawan_services_schedule_uplink",
    },
    {
      does: { unknownSession: "answersCounts" },
      text: "A status request for an index without a session is answered with the counts of the only session: zeros before the first.",
      source: "frag_transport.c: FRAG_TRANSPORT_CMD_FRAG_STATUS",
    },
    {
      does: { sessionEndsWhenFinished: true },
      text: "FragSessionDeleteReq for a complete session is answered SessionDoesNotExist.",
      source: "frag_transport.c: is_active",
    },
    {
      does: { singleSession: true },
      text: "A set-up for another index while a session receives is refused: FragIndex unsupported.",
      source: "frag_transport.c: FRAG_TRANSPORT_CMD_FRAG_SESSION_SETUP",
    },
    {
      does: { ansRequired: "never" },
      text: "AppTimeReq never insists on an answer.",
      source: "clock_sync.c: clock_sync_app_time_req",
    },
    {
      does: { resyncSpacingS: [10, 1], resyncExtra: 1, resyncEnds: "anyAnswer" },
      text: "A forced resync sends one AppTimeReq more than asked for, 10 s apart; any AppTimeAns ends it, one with a wrong token too.",
      source: "clock_sync.c: clock_sync_resync_handler",
    },
    {
      does: { appTimeReqInSession: "never" },
      text: "No periodic AppTimeReq in a class C session.",
      source: "clock_sync.c: lorawan_services_class_c_active",
    },
    {
      does: { saturation: "never" },
      text: "A saturated correction is followed by no other request.",
      source: "clock_sync.c: CLOCK_SYNC_CMD_APP_TIME",
    },
  ],
  notModelled: [
    "A wrong frequency or a wrong data rate alone: what is answered depends on the LoRaMac-node below; here as the reference.",
    "Answers to commands before one that is not implemented are lost too; here they are given.",
    "A fragment of N = 0 beyond the buffer, mended since: the reference drops it.",
  ],
};
