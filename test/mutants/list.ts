import { bootMutants, schemeMutants } from "./boot-mutants.ts";
import { coapMutants } from "./coap-mutants.ts";
import { deltaMutants } from "./delta-mutants.ts";
import { drogueMutants } from "./drogue-mutants.ts";
import { embassyMutants } from "./embassy-mutants.ts";
import { fecMutants, kernelMutants } from "./fec-mutants.ts";
import { imageMutants } from "./image-mutants.ts";
import { journalMutants } from "./journal-mutants.ts";
import { macMutants } from "./mac-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { keyMutants, packageMutants } from "./package-mutants.ts";
import { pullDeviceMutants } from "./pull-device-mutants.ts";
import { pullServerMutants } from "./pull-server-mutants.ts";
import { pullUpdateMutants } from "./pull-update-mutants.ts";
import { resumeMutants } from "./resume-mutants.ts";
import { runMutants } from "./run-mutants.ts";
import { stagingMutants } from "./staging-mutants.ts";
import { documentedMutants, thingsBoardMutants } from "./thingsboard-mutants.ts";
import { urlMutants } from "./url-mutants.ts";

/** Every mutant; the tests have to kill them all. */
export const mutants: readonly Mutant[] = [
  ...schemeMutants,
  ...bootMutants,
  ...embassyMutants,
  ...kernelMutants,
  ...fecMutants,
  ...imageMutants,
  ...journalMutants,
  ...resumeMutants,
  ...stagingMutants,
  ...packageMutants,
  ...keyMutants,
  ...deltaMutants,
  ...macMutants,
  ...runMutants,
  ...pullUpdateMutants,
  ...pullDeviceMutants,
  ...thingsBoardMutants,
  ...coapMutants,
  ...urlMutants,
  ...documentedMutants,
  ...drogueMutants,
  ...pullServerMutants,
];
