import type { Persona } from "./persona.ts";

/** Everything that a MultiTech mDot is documented to do otherwise. */
export const multitechMdot: Persona = {
  name: "multitech-mdot",
  about:
    "MultiTech mDot, firmware 4: what its documentation and captures show; its source is closed",
  versions: [1, 2],
  rows: [
    {
      does: { answersMerged: true },
      text: "All answers of a package to one frame leave in one uplink.",
      source: "MultiTech Developer Resources, Multicast Messaging: Session Setup Ans",
    },
    {
      does: { maxMcFCntZero: "noLimit" },
      text: "A group whose highest frame counter is 0 receives frames all the same.",
      source: "MultiTech Developer Resources, Fragmentation for FUOTA: MC Group Setup Req",
    },
    {
      does: { lostFragmentsMax: 300 },
      text: "The decoder copes with 300 lost fragments.",
      source: "mDot Developer Guide, FOTA Overview: Fragmentation",
    },
  ],
  notModelled: [
    "The CRC64 exchange on port 201 (`80`, `90`) that MultiTech's own server waits for: the order of its bytes is not documented.",
    "The file is given up when that exchange is not answered: a server other than MultiTech's never sees an mDot install.",
    "GenAppKey is all zeros as it is shipped: give the server the key that the fleet has.",
  ],
};
