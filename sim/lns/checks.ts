/** What a server can see of a device, and what it should see. Sources by document and command. */

interface CheckText {
  readonly words: string;
  readonly source: string;
}

const CHIRPSTACK = "ChirpStack v4 reads no other uplink";

export const CHECKS = {
  "join-mic": { words: "join requests are authentic", source: "LoRaWAN 1.0.3 §6.2.4" },
  "join-eui": {
    words: "join requests have the JoinEUI of the list",
    source: "LoRaWAN 1.0.3 §6.2.4",
  },
  "join-nonce": { words: "no DevNonce is used twice", source: "LoRaWAN 1.0.3 §6.2.4" },
  "join-session": {
    words: "an accepted device speaks in its session",
    source: "LoRaWAN 1.0.3 §6.2.5",
  },
  "frame-mic": { words: "uplinks are authentic", source: "LoRaWAN 1.0.3 §4.4" },
  "frame-counter": { words: "uplink counters only rise", source: "LoRaWAN 1.0.3 §4.3.1.5" },
  "frame-size": { words: "no uplink is longer than its data rate allows", source: "RP 1.0.3" },
  "frame-channel": {
    words: "uplinks are on channels of the plan, at their data rates",
    source: "RP 1.0.3",
  },
  "answer-alone": { words: "one command in an uplink", source: CHIRPSTACK },
  "answer-length": {
    words: "every command is known and has its exact length",
    source: "TS003 to TS006",
  },
  "answer-reserved": { words: "reserved bits are 0", source: "TS003 to TS006" },
  "answer-asked": { words: "nothing is answered that was not asked", source: "TS004, TS005" },
  "answer-prompt": {
    words: "answers come within 60 s, or BlockAckDelay more",
    source: "TS004 BlockAckDelay",
  },
  "clock-request": { words: "the device asks for the time", source: "TS003 AppTimeReq" },
  "clock-set": {
    words: "its clock is right within 2 s once it was told the time",
    source: "TS003 AppTimeAns",
  },
  "clock-token": { words: "TokenReq counts the answers it has taken", source: "TS003 AppTimeReq" },
  "clock-resync": { words: "it asks when it is told to", source: "TS003 ForceDeviceResyncReq" },
  "clock-period": {
    words: "a period is answered, with the right time",
    source: "TS003 DeviceAppTimePeriodicityAns",
  },
  "version-200": {
    words: "says version of package 2 on port 200",
    source: "TS005 PackageVersionAns",
  },
  "version-201": {
    words: "says version of package 3 on port 201",
    source: "TS004 PackageVersionAns",
  },
  "version-202": {
    words: "says version of package 1 on port 202",
    source: "TS003 PackageVersionAns",
  },
  "version-203": {
    words: "says version of package 4 on port 203, if it has it",
    source: "TS006 PackageVersionAns",
  },
  "group-setup": { words: "a group is set up", source: "TS005 McGroupSetupAns" },
  "group-setup-id": {
    words: "for the group that was asked, without IDerror",
    source: "TS005 McGroupSetupAns",
  },
  "group-repeat": {
    words: "a repeated McGroupSetupReq is answered again",
    source: "TS005 McGroupSetupReq",
  },
  "group-status": {
    words: "the status names the groups there are",
    source: "TS005 McGroupStatusAns",
  },
  "group-delete": { words: "a group is deleted", source: "TS005 McGroupDeleteAns" },
  "group-undefined": {
    words: "deleting a group that is not there says McGroupUndefined",
    source: "TS005 McGroupDeleteAns",
  },
  "session-undefined": {
    words: "a session of such a group is refused, in one byte",
    source: "TS005 McClassCSessionAns",
  },
  "frag-undefined": {
    words: "deleting a session that is not there says SessionDoesNotExist",
    source: "TS004 FragSessionDeleteAns",
  },
  "frag-setup": { words: "a fragmentation session is set up", source: "TS004 FragSessionSetupAns" },
  "frag-setup-status": {
    words: "for the index that was asked, without an error",
    source: "TS004 FragSessionSetupAns",
  },
  "mc-session": {
    words: "a session is accepted",
    source: "TS005 McClassCSessionAns, McClassBSessionAns",
  },
  "mc-session-status": {
    words: "for the group that was asked, without an error",
    source: "TS005 McClassCSessionAns",
  },
  "mc-session-start": { words: "TimeToStart is right within 2 s", source: "TS005 TimeToStart" },
  status: { words: "the status is answered", source: "TS004 FragSessionStatusAns" },
  "status-index": { words: "for the index that was asked", source: "TS004 FragSessionStatusAns" },
  "status-received": {
    words: "received and missing fit what was sent",
    source: "TS004 NbFragReceived",
  },
  "status-missing": { words: "nothing is missing after the session", source: "TS004 MissingFrag" },
  "status-errors": { words: "no memory or MIC error", source: "TS004 FragSessionStatusAns" },
  back: { words: "is back on the network after the session", source: "TS001" },
} as const satisfies Readonly<Record<string, CheckText>>;

export type CheckId = keyof typeof CHECKS;
export const CHECK_IDS = Object.keys(CHECKS) as readonly CheckId[];
