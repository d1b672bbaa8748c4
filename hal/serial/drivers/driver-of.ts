import { capabilitiesOf } from "../capabilities.ts";
import type { DialectName } from "../dialect.ts";
import { firmwareVersionOf } from "../rui-version.ts";
import { ClassicDriver } from "./classic-driver.ts";
import type { ModemDriver } from "./driver.ts";
import { E5Driver } from "./e5-driver.ts";
import { RakDriver } from "./rak-driver.ts";

/** Undefined: a dialect that is recognised and not driven. */
export function driverOf(dialect: DialectName, firmware: string): ModemDriver | undefined {
  switch (dialect) {
    case "rui3":
    case "rak3172v1":
      return new RakDriver(capabilitiesOf(dialect, firmwareVersionOf(firmware)).saysSent);
    case "e5":
      return new E5Driver();
    case "classic":
      return new ClassicDriver();
    case "stAtSlave":
    case "rn2483":
      return undefined;
    default:
      return dialect satisfies never;
  }
}
