/**
 * One message of TS003 to TS006.
 *
 * The bytes were checked with the codecs of ChirpStack v4 and of brocaar/lorawan; those of TS006 with
 * the tests of LoRa Basics Modem; where neither has a command, they follow from the specification.
 */
export interface Vector {
  readonly set:
    | "clockSyncDownlink"
    | "clockSyncUplink"
    | "mcDownlink"
    | "mcUplinkV1"
    | "mcUplinkV2"
    | "mcUplinkChirpstack"
    | "fragDownlinkV1"
    | "fragDownlinkV2"
    | "fragUplinkV1"
    | "fragUplinkV2"
    | "fragUplinkV2Chirpstack"
    | "fwDownlink"
    | "fwUplink";
  readonly bytes: string;
  readonly command: { readonly name: string; readonly [field: string]: unknown };
}
