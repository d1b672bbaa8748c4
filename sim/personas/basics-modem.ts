import type { Persona } from "./persona.ts";

/** Everything that LoRa Basics Modem 4.8.0 does otherwise. */
export const basicsModem48: Persona = {
  name: "basics-modem-4.8",
  about: "LoRa Basics Modem 4.8.0 (SWL2001, commit 9a14f67 of December 2024)",
  versions: [1, 2],
  rows: [
    {
      does: { answersMerged: true },
      text: "All answers of a package leave in one uplink, an AppTimeReq among them; ChirpStack v4 cannot read such a frame.",
      source: "lorawan_alcsync, lorawan_fragmentation_package, remote_multicast_setup: one payload",
    },
    {
      does: { answerBytesMax: 15 },
      text: "Answers of a package are at most 15 bytes: McGroupStatusAns has two groups.",
      source:
        "REMOTE_MULTICAST_SETUP_SIZE_ANS_MAX, FRAG_SIZE_ANS_MAX, ALC_SYNC_TX_PAYLOAD_SIZE_MAX",
    },
    {
      does: { pastStart: "b5" },
      text: "A start that has passed or is now, of a repeated request too, has StartMissed without TimeToStart in version 1 as well.",
      source: "lorawan_remote_multicast_setup_package: mc_grp_id_status",
    },
    {
      does: { unsyncedClock: "timeToStartMax" },
      text: "While the clock is not synchronised no start has passed, and TimeToStart is 0xFFFFFF.",
      source: "lorawan_remote_multicast_setup_package: seconds_since_epoch 0",
    },
    {
      does: { unknownSession: "answersCounts" },
      only: 1,
      text: "A status request for an index without a session is answered with the counts of the only decoder: zeros before the first session.",
      source: "lorawan_fragmentation_package_v1.0.0.c: SESSION_STATUS_REQ",
    },
    {
      does: { unknownSession: "doesNotExistPadded" },
      only: 2,
      text: "SessionDoesNotExist has three zero bytes behind it, and no index.",
      source: "lorawan_fragmentation_package_v2.0.0.c: SESSION_STATUS_REQ",
    },
    {
      does: { countsBeforeFirstFragment: "zero" },
      only: 2,
      text: "Before the first fragment a status says 0 received, index 0 and 0 missing: a server reads success.",
      source: "lorawan_fragmentation_package_v2.0.0.c: FRAG_SESSION_NOT_STARTED",
    },
    {
      does: { missingFrag: "lowByte" },
      text: "MissingFrag is the low byte of the count: 0 when 256 are missing.",
      source: "fragmentation_helper: MissingFrag, 16 bits",
    },
    {
      does: { missingFragAfterLossless: 1 },
      text: "After a reception without loss MissingFrag stays 1.",
      source: "fragmentation_helper: FragDecoderProcess; SWL2001 issue 101",
    },
    {
      does: { nbFragReceived: "lastNMinusLost" },
      text: "NbFragReceived is the N of the last fragment less the number of uncoded ones lost.",
      source: "lorawan_fragmentation_package: FragNbRx - FragNbLost",
    },
    {
      does: { statusAsOf: "request" },
      text: "A status that waits for its random delay has the counts of the moment when it was asked for.",
      source: "lorawan_fragmentation_package: fragmentation_tx_payload_ans",
    },
    {
      does: { fragmentOrder: "ascending" },
      text: "A fragment with a lower N than one before is dropped.",
      source: "fragmentation_helper: FragDecoderProcess",
    },
    {
      does: { sessionCnt: "ram" },
      only: 2,
      text: "SessionCntPrev is forgotten in a reset: an old set-up is taken again.",
      source: "lorawan_fragmentation_package_v2.0.0.c: session_cnt_prev; SWL2001 issue 80",
    },
    {
      does: { ansRequired: "never" },
      text: "AppTimeReq does not insist on an answer, not even when a resync was forced.",
      source: "lorawan_alcsync: lorawan_alcsync_request_sync",
    },
    {
      does: { resyncSpacingS: [1, 5] },
      text: "Forced AppTimeReq are 1 to 5 s apart.",
      source: "lorawan_alcsync: lorawan_alcsync_service_on_update",
    },
  ],
  notModelled: [
    "FRAG_MAX_NB 100, FRAG_MAX_SIZE 242 and FRAG_MAX_REDUNDANCY 100 are build options: say `matrixRows` for the last of them.",
    "MICError computed over nothing before the first session: what lies in the memory decides.",
    "One decoder for four sessions: a server that runs one at a time sees no difference.",
    "A frame with an unknown or truncated command gets no answer at all; here what came before it is answered.",
  ],
};
