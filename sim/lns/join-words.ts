import type { JoinRefusal } from "#sim/server/join-server.ts";

/** What a person is told of a join request that is not accepted. */
export const REFUSAL_WORDS: Readonly<Record<JoinRefusal, string>> = {
  joinEui: "another JoinEUI than in the list",
  mic: "the MIC of its join request is wrong, which is another AppKey (NwkKey on 1.1)",
  devNonce: "its DevNonce was used before",
};
