import type { PackageKind } from "#agent/pull/thingsboard.ts";
import type { ThingsBoardFleet } from "./thingsboard.ts";

/** What a server has heard of an update, and from when the state is. */
export interface Told {
  readonly state: string | undefined;
  readonly error: string | undefined;
  /** That the device says it runs. */
  readonly current: string | undefined;
  /** That the server has told it to run. */
  readonly target: string | undefined;
  readonly stateAt: string | undefined;
}

/** Asks for it, in the words of one dialect. */
export type AskTold = (fleet: ThingsBoardFleet, id: string, kind: PackageKind) => Promise<Told>;

/** By dialect. In that of the document, versions are attributes of the device and of its server. */
export const TOLD: Readonly<Record<"thingsboard" | "documented", AskTold>> = {
  thingsboard: async (fleet, id, kind) => {
    const [state, error] = [`${kind}_state`, `${kind}_error`];
    const [current, target] = [`current_${kind}_version`, `target_${kind}_version`];
    const latest = await fleet.samples(id, [state, error, current, target]);
    const of = (key: string) => latest.get(key)?.value;
    const stateAt = latest.get(state)?.at;
    return {
      state: of(state),
      error: of(error),
      current: of(current),
      target: of(target),
      stateAt,
    };
  },
  documented: async (fleet, id, kind) => {
    const [state, error, version] = [`${kind}_state`, `${kind}_error`, `${kind}_version`];
    const latest = await fleet.samples(id, [state, error]);
    const own = await fleet.attributes(id, "CLIENT_SCOPE", [version]);
    const shared = await fleet.attributes(id, "SHARED_SCOPE", [version]);
    const { value, at } = latest.get(state) ?? {};
    const versions = { current: own.get(version), target: shared.get(version) };
    return { state: value, error: latest.get(error)?.value, ...versions, stateAt: at };
  },
};
