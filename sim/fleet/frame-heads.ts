/** What a gateway can read of a data frame without keys (TS001 §4.3). */

const DEV_ADDR_AT = 1;
const FCTRL_AT = 5;
const FCNT_AT = 6;
const FOPTS_AT = 8;

/** DevAddr, or the address of a multicast group. */
export function addressOf(phyPayload: Uint8Array): number {
  const at = (offset: number) => phyPayload[DEV_ADDR_AT + offset] ?? 0;
  return ((at(3) << 24) | (at(2) << 16) | (at(1) << 8) | at(0)) >>> 0;
}

/** The 16 bits of FCnt that are sent. */
export function fCntOf(phyPayload: Uint8Array): number {
  return (phyPayload[FCNT_AT] ?? 0) | ((phyPayload[FCNT_AT + 1] ?? 0) << 8);
}

/** FPort of a data frame, behind its FOpts; what stands there of any other. */
export function fPortOf(phyPayload: Uint8Array): number | undefined {
  return phyPayload[FOPTS_AT + ((phyPayload[FCTRL_AT] ?? 0) & 0x0f)];
}
