/** `fuota/agent`: the device, sans-IO. */
export { BankBoot } from "./boot/bank-boot.ts";
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
export type { DeviceEffect, DeviceEvent, DeviceNote, FailureReason } from "./events.ts";
export {
  type AcceptResult,
  Decoder,
  type DecoderConfig,
  type FragmentStore,
} from "./fec/decoder.ts";
export { Encoder } from "./fec/encoder.ts";
export { type ParityVariant, parityRow, parityVariants, rowIndices } from "./fec/rows.ts";
