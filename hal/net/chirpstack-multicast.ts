import multicastRpc from "@chirpstack/chirpstack-api/api/multicast_group_grpc_pb.js";
import multicast from "@chirpstack/chirpstack-api/api/multicast_group_pb.js";
import type { ChirpStackConnection } from "./chirpstack-connection.ts";

const FOUND_MAX = 100;

/** Removes a multicast group, and with it what is still in its queue. */
export async function removeMulticastGroup(
  api: ChirpStackConnection,
  applicationId: string,
  name: string,
): Promise<void> {
  const service = api.client(multicastRpc.MulticastGroupServiceClient);
  const list = new multicast.ListMulticastGroupsRequest();
  list.setLimit(FOUND_MAX);
  list.setSearch(name);
  list.setApplicationId(applicationId);
  const found = await api.call(service, service.list, list);
  for (const group of found.getResultList()) {
    if (group.getName() !== name) continue;
    const remove = new multicast.DeleteMulticastGroupRequest();
    remove.setId(group.getId());
    await api.call(service, service.delete, remove);
  }
}
