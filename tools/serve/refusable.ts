import { ListenRefused } from "#hal/net/http-server.ts";
import { RefusedError } from "#tools/errors.ts";

/** A listener, or an error that people understand. */
export async function refusable<Listener>(opening: Promise<Listener>): Promise<Listener> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof ListenRefused) throw new RefusedError(`cannot listen on ${error.message}`);
    throw error;
  }
}
