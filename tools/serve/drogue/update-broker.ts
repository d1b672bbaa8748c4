import { BrokerRefused, MqttLink } from "#hal/net/mqtt-link.ts";
import type { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { cloudEventOf, commandTopicOf } from "#sim/server/drogue/cloud-event.ts";
import { RefusedError } from "#tools/errors.ts";

/**
 * Drogue's MQTT integration on a broker: whoever is to answer devices, such as a drogue-ajour, hears
 * them there. Throws `RefusedError`.
 */
export async function joinBroker(
  url: string,
  application: string,
  cloud: DrogueCloud,
): Promise<MqttLink> {
  let events = 0;
  try {
    const link = await MqttLink.open(
      { url, clientId: `fuota-${application}` },
      {
        onMessage: (topic, payload) => {
          const to = commandTopicOf(topic);
          const device = to && cloud.registry.device(to.application, to.device);
          if (to !== undefined && device !== undefined) cloud.command(device, to.name, payload);
        },
        onState: () => {},
      },
    );
    await link.subscribe([`command/${application}/#`]);
    cloud.onEvent((event) => {
      events += 1;
      link.publish(`app/${application}`, cloudEventOf(event, events, cloud.nowUnixMs));
    });
    return link;
  } catch (error) {
    if (error instanceof BrokerRefused) throw new RefusedError(error.message);
    throw error;
  }
}
