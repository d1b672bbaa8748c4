import type { Crypto } from "#hal/ports.ts";
import { sealData } from "#sim/mac/data-security.ts";
import type { ServerDevice, ServerSession } from "./server-device.ts";

/** What a downlink says besides the head of the device's queue. */
export interface DownlinkExtras {
  readonly ack: boolean;
  readonly adr: boolean;
  readonly fOpts: Uint8Array;
  /** Counter of the uplink that is answered. */
  readonly fCntUp?: number;
}

export interface SealedDownlink {
  readonly phyPayload: Uint8Array;
  /** Uses up counter and queue item, which stay as they are when the frame is not sent. */
  onSent(): void;
}

const NO_BYTES = new Uint8Array(0);

/** The head of a device's queue, if any, as an unconfirmed downlink with the next counter. */
export function sealDownlink(
  device: ServerDevice,
  session: ServerSession,
  { ack, adr, fOpts, fCntUp = 0 }: DownlinkExtras,
  crypto: Crypto,
): SealedDownlink {
  const item = device.queue[0];
  const isApplication = session.keys.lorawan === "1.1" && item !== undefined;
  const fCnt = isApplication ? session.nextAFCntDown : session.nextNFCntDown;
  const phyPayload = sealData(
    {
      direction: "down",
      confirmed: false,
      devAddr: session.devAddr,
      adr,
      adrAckReq: false,
      ack,
      fPending: device.queue.length > 1,
      fPort: item?.fPort,
      fOpts,
      frmPayload: item?.payload ?? NO_BYTES,
    },
    session.keys,
    { fCnt, confFCnt: fCntUp },
    crypto,
  );
  const onSent = () => {
    // an acknowledgement may come after that of a later downlink
    if (isApplication) session.nextAFCntDown = Math.max(session.nextAFCntDown, fCnt + 1);
    else session.nextNFCntDown = Math.max(session.nextNFCntDown, fCnt + 1);
    if (item !== undefined && device.queue[0] === item) device.queue.shift();
  };
  return { phyPayload, onSent };
}
