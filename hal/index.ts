/** `fuota/hal`: the device's edge, and its backends on Node. */
export { NodeCrypto } from "./node/crypto.ts";
export {
  type Crypto,
  type Digest,
  type Entropy,
  type Flash,
  FlashFault,
  type FlashGeometry,
  type GpsSeconds,
  PowerLoss,
  type PublicKey,
  type SectorRun,
  type UptimeUs,
} from "./ports.ts";
