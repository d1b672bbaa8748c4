/**
 * The vocabulary of personas: every way in which a real stack is known to differ from the reference
 * agent, as far as a server can see it. A key that is left out means: as the reference.
 */
export interface Deviations extends AgentDeviations {
  /** A command of unknown CID: only its first byte is skipped, what follows is read as commands. */
  readonly unknownCommand?: "skipsByte";
  /** McGroupStatusReq: as unknown as any other CID, or the end of the frame. */
  readonly groupStatus?: "unknown" | "endsFrame";
  /** McGroupSetupReq: the reserved bits of the id byte count as part of the id. */
  readonly unmaskedMcGroupId?: boolean;
  /** A request for a group that cannot be: what follows the id is read as commands. */
  readonly badGroupId?: "misparsed";
  /** McFCnt limits of a McGroupSetupReq: a maximum of 0 is none. */
  readonly maxMcFCntZero?: "noLimit";
  /** McClassBSessionReq: a class C session that starts then, or the end of the frame. */
  readonly classB?: "asClassC" | "endsFrame";
  /** A session lasts as long as the last request for group 0 said. */
  readonly timeOutOfGroup0?: boolean;
  /** Status bit of a start that has passed, of repeats too; TimeToStart is left out. */
  readonly pastStart?: "b4" | "b5";
  /** Whether a session that starts now has passed. */
  readonly startsNow?: "accepted";
  /** Errors of a session request come one kind at a time: the group, the radio, the time. */
  readonly sessionErrors?: "firstKind";
  /** Status bits of a session request for a group that was never set up. */
  readonly undefinedGroupBits?: number;
  /** Wrong frequency and wrong data rate in one request: nothing is answered. */
  readonly freqAndDrInvalid?: "silent";
  /** A session request while nobody has confirmed the clock. */
  readonly unsyncedClock?: "trusted" | "timeToStartMax" | "notScheduled";

  /** FragSessionStatusAns of TS004-2.0.0 in the layout of 1.0.0. */
  readonly statusAnsLayoutV2?: "v1";
  /** A status request for an index without a session. */
  readonly unknownSession?: "answersCounts" | "doesNotExistPadded";
  /** MissingFrag: lost fragments, never fewer; NbFrag less what was heard; or that of the decoder. */
  readonly missingFrag?: "lost" | "nbFragMinusHeard" | "lowByte";
  /** MissingFrag once the block is complete and nothing was lost. */
  readonly missingFragAfterLossless?: 1;
  /** Received, FragIndex and MissingFrag before the first fragment. */
  readonly countsBeforeFirstFragment?: "zero";
  /** NbFragReceived. */
  readonly nbFragReceived?: "lastN" | "lastNMinusLost" | "heard";
  /** Counts of a status are those of the moment of the request. */
  readonly statusAsOf?: "request";
  /** A fragment whose N is lower than one before is dropped and stays lost. */
  readonly fragmentOrder?: "ascending";
  /** More lost than the decoder can solve: reception ends, and each later session reports it too. */
  readonly overflow?: "endsSessionAndSticks";
  /** A complete session is no session any more for FragSessionDeleteReq. */
  readonly sessionEndsWhenFinished?: boolean;
  /** A set-up for another index while a session receives is refused: FragIndex unsupported. */
  readonly singleSession?: boolean;

  /** AnsRequired of AppTimeReq. */
  readonly ansRequired?: "never";
  /** DeviceAppTimePeriodicityReq. */
  readonly periodicity?: "notSupported" | "nextByte";
  /** DeviceTime is early by the distance of the Unix and the GPS epoch. */
  readonly deviceTime?: "epochTwice";
  /** The clock is set by a DeviceTimeAns that comes with the AppTimeAns. */
  readonly clockSetBy?: "deviceTimeAns";
  /** No periodic AppTimeReq while a class C window is open. */
  readonly appTimeReqInSession?: "never";

  /** Between a request and its handling, in seconds: a fixed part, and below so many whole ones. */
  readonly answerDelayS?: {
    readonly multicastSetup?: readonly [fixed: number, below: number];
    readonly fragmentation?: readonly [fixed: number, below: number];
  };
}

/** Those that the agent is configured for: decisions inside its packages, not bytes at its border. */
export interface AgentDeviations {
  /** All answers to one port in one uplink. */
  readonly answersMerged?: boolean;
  /** Longest uplink of a package. */
  readonly answerBytesMax?: number;
  /** McGroupIDs from 0 on. */
  readonly mcGroups?: number;
  /** Lost fragments that the decoder copes with. */
  readonly lostFragmentsMax?: number;
  /** SessionCntPrev is gone after a reset. */
  readonly sessionCnt?: "ram";
  /** Version of TS003, when it is not that of the other packages. */
  readonly clockSyncVersion?: 1 | 2;
  /** Seconds between forced AppTimeReq, and how many more are drawn. */
  readonly resyncSpacingS?: readonly [fixed: number, below: number];
  /** Forced AppTimeReq beyond NbTransmissions. */
  readonly resyncExtra?: number;
  /** Any AppTimeAns ends a forced resync, whatever its token. */
  readonly resyncEnds?: "anyAnswer";
  /** Which saturated corrections are followed by another AppTimeReq. */
  readonly saturation?: "positive" | "never";
}
