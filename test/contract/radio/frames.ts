import { NodeCrypto } from "#hal/node/crypto.ts";
import { sealData } from "#sim/mac/data-security.ts";
import { GROUP_KEYS } from "../radio.contract.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const crypto = new NodeCrypto();

export const IDENTITY = {
  devEui: bytes("0080e11500004cf6"),
  joinEui: bytes("0102030405060708"),
  appKey: bytes("2b7e151628aed2a6abf7158809cf4f3c"),
};

/** A frame of the contract's group. */
export function groupFrame(fCnt: number, fPort: number, frmPayload: Uint8Array): Uint8Array {
  return sealData(
    {
      direction: "down",
      confirmed: false,
      devAddr: GROUP_KEYS.mcAddr,
      adr: false,
      adrAckReq: false,
      ack: false,
      fPending: false,
      fPort,
      fOpts: new Uint8Array(0),
      frmPayload,
    },
    { lorawan: "1.0", nwkSKey: bytes(GROUP_KEYS.nwkSKey), appSKey: bytes(GROUP_KEYS.appSKey) },
    { fCnt, confFCnt: 0 },
    crypto,
  );
}
