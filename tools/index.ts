/** `fuota`: scenarios and reports; the worlds they run in are `fuota/sim` and `fuota/agent`. */
export { type ResolvedScenario, resolveScenario } from "#scenarios/defaults.ts";
export type { Scenario } from "#scenarios/schema.ts";
export { planSession, type SessionPlan } from "#scenarios/session.ts";
export { InputError, RefusedError } from "./errors.ts";
export { jsonOf } from "./report/json.ts";
export { junitOf } from "./report/junit.ts";
export { makeReport } from "./report/report.ts";
export type { Report } from "./report/schema.ts";
export { simulateInWorkers } from "./run/simulate-in-workers.ts";
export { checkScenario } from "./scenario/check.ts";
export { type LoadedScenario, loadScenario, parseScenario } from "./scenario/load.ts";
