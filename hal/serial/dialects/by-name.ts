import type { Dialect, DialectName } from "../dialect.ts";
import { classic } from "./classic.ts";
import { e5 } from "./e5.ts";
import { rak3172v1 } from "./rak3172v1.ts";
import { rn2483, stAtSlave } from "./refused.ts";
import { rui3 } from "./rui3.ts";

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  rui3,
  rak3172v1,
  e5,
  classic,
  stAtSlave,
  rn2483,
};
