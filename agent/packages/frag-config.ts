export interface FragmentationConfig {
  /** Of TS004. */
  readonly version: 1 | 2;
  /** A status for an unknown session is padded to the length that ChirpStack v4 reads. */
  readonly chirpstackAnswers: boolean;
  /** GenAppKey on 1.0.x, AppKey on 1.1. */
  readonly rootSecret: Uint8Array;
  /** Descriptors that a session may have; any, if left out. */
  readonly descriptors?: readonly Uint8Array[] | undefined;
  /** Cap of the random delay before a status request that came by unicast is answered. */
  readonly unicastStatusDelayMaxS?: number | undefined;
}
