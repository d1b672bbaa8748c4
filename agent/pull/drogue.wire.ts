/**
 * Messages of Drogue's firmware update protocol (crate embedded-update 0.1 to 0.12), as serde_cbor
 * has them. A field that says nothing is null; versions are any bytes.
 */
import {
  type CborOf,
  cborBytes,
  cborChoice,
  cborOptional,
  cborRecord,
  cborU32,
} from "../wire/cbor.ts";

/** Name of the channel for statuses, and of each command. */
export const DROGUE_CHANNEL = "dfu";

/** Numbers of Drogue's own options of CoAP (Drogue IoT RFC 0007). */
export const DROGUE_COAP_OPTION = { authorization: 4209, command: 4210 } as const;

/** Device to server. */
export const drogueStatus = cborRecord({
  /** Of what runs. */
  version: cborBytes,
  /** Longest piece of firmware that it takes at once. */
  mtu: cborOptional(cborU32),
  correlationId: cborOptional(cborU32),
  /** Of what it is downloading, and how much of it there is. */
  update: cborOptional(cborRecord({ version: cborBytes, offset: cborU32 })),
});
export type DrogueStatus = CborOf<typeof drogueStatus>;

/** Server to device, each the answer to a status. `poll` is in seconds. */
export const drogueCommand = cborChoice({
  Wait: { correlationId: cborOptional(cborU32), poll: cborOptional(cborU32) },
  Sync: {
    version: cborBytes,
    correlationId: cborOptional(cborU32),
    poll: cborOptional(cborU32),
  },
  Write: {
    version: cborBytes,
    correlationId: cborOptional(cborU32),
    offset: cborU32,
    data: cborBytes,
  },
  Swap: {
    version: cborBytes,
    correlationId: cborOptional(cborU32),
    /** SHA-256 of the firmware; often empty. */
    checksum: cborBytes,
  },
});
export type DrogueCommand = CborOf<typeof drogueCommand>;
