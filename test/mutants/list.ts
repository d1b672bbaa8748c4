import { bootMutants, schemeMutants } from "./boot-mutants.ts";
import { fecMutants, kernelMutants } from "./fec-mutants.ts";
import { imageMutants } from "./image-mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Every mutant; the tests have to kill them all. */
export const mutants: readonly Mutant[] = [
  ...schemeMutants,
  ...bootMutants,
  ...kernelMutants,
  ...fecMutants,
  ...imageMutants,
];
