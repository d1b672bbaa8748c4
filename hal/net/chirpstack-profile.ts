import profile from "@chirpstack/chirpstack-api/api/device_profile_pb.js";
import common from "@chirpstack/chirpstack-api/common/common_pb.js";

/** As ChirpStack and its FUOTA Server number them. */
export const REGION = {
  EU868: common.Region.EU868,
  US915: common.Region.US915,
  AU915: common.Region.AU915,
  "AS923-1": common.Region.AS923,
  "AS923-2": common.Region.AS923_2,
  "AS923-3": common.Region.AS923_3,
  "AS923-4": common.Region.AS923_4,
  IN865: common.Region.IN865,
  KR920: common.Region.KR920,
  CN470: common.Region.CN470,
  RU864: common.Region.RU864,
} as const;

/** MAC version and the revision of the regional parameters that goes with it. */
const LORAWAN = {
  "1.0": [common.MacVersion.LORAWAN_1_0_3, common.RegParamsRevision.A],
  "1.0.2": [common.MacVersion.LORAWAN_1_0_2, common.RegParamsRevision.B],
  "1.0.3": [common.MacVersion.LORAWAN_1_0_3, common.RegParamsRevision.A],
  "1.0.4": [common.MacVersion.LORAWAN_1_0_4, common.RegParamsRevision.RP002_1_0_2],
  "1.1": [common.MacVersion.LORAWAN_1_1_0, common.RegParamsRevision.A],
} as const;

export interface ProfileFacts {
  readonly tenantId: string;
  readonly name: string;
  readonly region: keyof typeof REGION;
  readonly lorawan: keyof typeof LORAWAN;
  readonly activatedBy: "otaa" | "abp";
  readonly unicastClass: "A" | "B" | "C";
  /** What a device of class B has from the start. 0 Hz: as the region has it. */
  readonly pingSlots: {
    readonly periodicity: number;
    readonly dr: number;
    readonly frequencyHz: number;
  };
  /** What a device that does not join has from the start. */
  readonly rx2: { readonly frequencyHz: number; readonly dr: number };
  /** Of TS003, TS004 and TS005; none where the server is to leave them to another. */
  readonly packages: 0 | 1 | 2;
  readonly uplinkIntervalS: number;
}

const CLOCK_SYNC_PORT = 202;
const FRAGMENTATION_PORT = 201;
const MULTICAST_PORT = 200;
/** How long a confirmed downlink of class B or C waits for its ACK. */
const ACK_TIMEOUT_S = 10;

export function profileOf(facts: ProfileFacts): profile.DeviceProfile {
  const params = new profile.AppLayerParams();
  params.setTs003Version(facts.packages);
  params.setTs004Version(facts.packages);
  params.setTs005Version(facts.packages);
  // An update stores the ports to the letter: left out, they would be zero.
  params.setTs003FPort(CLOCK_SYNC_PORT);
  params.setTs004FPort(FRAGMENTATION_PORT);
  params.setTs005FPort(MULTICAST_PORT);
  const made = new profile.DeviceProfile();
  made.setTenantId(facts.tenantId);
  made.setName(facts.name);
  made.setRegion(REGION[facts.region]);
  const [macVersion, revision] = LORAWAN[facts.lorawan];
  made.setMacVersion(macVersion);
  made.setRegParamsRevision(revision);
  made.setAdrAlgorithmId("default");
  made.setSupportsClassB(facts.unicastClass === "B");
  made.setClassBTimeout(ACK_TIMEOUT_S);
  made.setClassBPingSlotPeriodicity(facts.pingSlots.periodicity);
  made.setClassBPingSlotDr(facts.pingSlots.dr);
  made.setClassBPingSlotFreq(facts.pingSlots.frequencyHz);
  made.setSupportsClassC(facts.unicastClass === "C");
  made.setClassCTimeout(ACK_TIMEOUT_S);
  made.setSupportsOtaa(facts.activatedBy === "otaa");
  made.setAbpRx1Delay(1);
  made.setAbpRx1DrOffset(0);
  made.setAbpRx2Dr(facts.rx2.dr);
  made.setAbpRx2Freq(facts.rx2.frequencyHz);
  made.setFlushQueueOnActivate(true);
  made.setUplinkInterval(facts.uplinkIntervalS);
  made.setAppLayerParams(params);
  return made;
}
