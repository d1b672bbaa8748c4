import { DocumentedCoap } from "./documented-coap.ts";
import { DocumentedHttp } from "./documented-http.ts";
import { DocumentedMqtt } from "./documented-mqtt.ts";
import { ThingsBoardCoap } from "./thingsboard-coap.ts";
import { ThingsBoardHttp } from "./thingsboard-http.ts";
import { ThingsBoardMqtt } from "./thingsboard-mqtt.ts";

/** What speaks to ThingsBoard as it is, and as a document has it, over each transport. */
export const THINGSBOARD_MACHINES = {
  thingsboard: { Http: ThingsBoardHttp, Mqtt: ThingsBoardMqtt, Coap: ThingsBoardCoap },
  documented: { Http: DocumentedHttp, Mqtt: DocumentedMqtt, Coap: DocumentedCoap },
} as const;

export type ThingsBoardMachines = (typeof THINGSBOARD_MACHINES)[keyof typeof THINGSBOARD_MACHINES];
