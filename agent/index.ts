/** `fuota/agent`: the device, sans-IO. */
export { BankBoot } from "./boot/bank-boot.ts";
export { FaithfulEmbassyBoot } from "./boot/embassy-faithful.ts";
export { type EmbassyPartitions, embassyLayoutOf } from "./boot/embassy-layout.ts";
export { installFactoryImage } from "./boot/factory.ts";
export { type FlashLayout, geometryOf, type LayoutSizes, layoutOf } from "./boot/layout.ts";
export type {
  BootDecision,
  BootReport,
  BootStrategy,
  ImageIdentity,
  Region,
  VerifyImage,
} from "./boot/strategy.ts";
export type { DeviceConfig } from "./config.ts";
export { type MadePatch, makePatch } from "./delta/make.ts";
export { Device, type DeviceLife, type DevicePorts } from "./device.ts";
export type { DeviceEffect, DeviceEvent, DeviceNote, FailureReason } from "./events.ts";
export {
  type AcceptResult,
  Decoder,
  type DecoderConfig,
  type FragmentStore,
} from "./fec/decoder.ts";
export { Encoder } from "./fec/encoder.ts";
export { type ParityVariant, parityRow, parityVariants, rowIndices } from "./fec/rows.ts";
export { stuckReason, twinColumns } from "./fec/twins.ts";
export { verifyDetached } from "./image/detached.ts";
export { type MakeOptions, makeImage, type Signer } from "./image/make.ts";
export {
  type ImagePolicy,
  type ImageReader,
  type ImageVerdict,
  verifyImage,
} from "./image/verify.ts";
export type { PullConfig } from "./pull/config.ts";
export { DocumentedCoap } from "./pull/documented-coap.ts";
export { DocumentedHttp } from "./pull/documented-http.ts";
export { DocumentedMqtt } from "./pull/documented-mqtt.ts";
export type { PullEffect, PullEvent, PullNote } from "./pull/events.ts";
export { PullDevice, type PullLife } from "./pull/pull-device.ts";
export type { PullStatus } from "./pull/pull-status.ts";
export { ThingsBoardCoap } from "./pull/thingsboard-coap.ts";
export { ThingsBoardHttp } from "./pull/thingsboard-http.ts";
export { ThingsBoardMqtt } from "./pull/thingsboard-mqtt.ts";
export type { DeviceStatus } from "./status.ts";
