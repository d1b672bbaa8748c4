import { pullContract } from "../../../contract/pull.contract.ts";
import { CoapRig } from "./coap-rig.ts";
import { HttpRig } from "./http-rig.ts";
import { MqttRig } from "./mqtt-rig.ts";

/* Our device and our stand-in of its server, over each of what they share. */

const documented = { isDocumented: true };

pullContract("HTTP", () => new HttpRig(false));
pullContract("HTTP, with long polls", () => new HttpRig(true));
pullContract("MQTT", () => new MqttRig());
pullContract("CoAP", () => new CoapRig(false));
pullContract("CoAP, observing", () => new CoapRig(true));
pullContract("HTTP, as documented", () => new HttpRig(false, documented));
pullContract("HTTP, as documented, with long polls", () => new HttpRig(true, documented));
pullContract("MQTT, as documented", () => new MqttRig(documented));
pullContract("CoAP, as documented", () => new CoapRig(false, documented));
pullContract("CoAP, as documented, observing", () => new CoapRig(true, documented));
