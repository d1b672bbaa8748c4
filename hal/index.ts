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
export type { RadioEvent, RadioPort, RadioRequest, RadioSource } from "./radio-port.ts";
export { type ModemDriver, ModemRefused, type ModemSettings } from "./serial/drivers/driver.ts";
export { driverOf } from "./serial/drivers/driver-of.ts";
export { type Found, findModem, Listener } from "./serial/find-modem.ts";
export { SerialRadio, type SerialRadioInput } from "./serial/serial-radio.ts";
export { openSerial } from "./serial/serial-transport.ts";
export { openTcp, type TcpTarget } from "./serial/tcp-transport.ts";
export {
  type Transport,
  TransportError,
  type TransportEvents,
} from "./serial/transport.ts";
