import type { PersonaName } from "#scenarios/device-schema.ts";
import { basicsModem48 } from "./basics-modem.ts";
import type { AgentDeviations } from "./deviations.ts";
import { loramacNode } from "./loramac-node.ts";
import { multitechMdot } from "./multitech-mdot.ts";
import { deviationsOf, type Persona } from "./persona.ts";
import { st } from "./st.ts";
import { zephyr } from "./zephyr.ts";

/** In the order of the documentation. */
export const personas: readonly Persona[] = [loramacNode, basicsModem48, zephyr, st, multitechMdot];

/** Undefined: the reference agent, which does nothing otherwise. */
export function personaOf(name: PersonaName): Persona | undefined {
  return personas.find((persona) => persona.name === name);
}

/** What the agent of a device of this persona is configured for. */
export function agentDeviationsOf(name: PersonaName, version: 1 | 2): AgentDeviations {
  const persona = personaOf(name);
  return persona === undefined ? {} : deviationsOf(persona, version);
}
