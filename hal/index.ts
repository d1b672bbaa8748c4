/** `fuota/hal`: the device's edge, and its backends on Node. */
export { NodeCrypto } from "./node/crypto.ts";
export { SystemEntropy } from "./node/entropy.ts";
export { FileFlash } from "./node/file-flash.ts";
export { NodeSigner } from "./node/signer.ts";
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
