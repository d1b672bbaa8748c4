import { ApiRefused } from "#hal/net/chirpstack-connection.ts";
import { HttpApiRefused } from "#hal/net/http-api.ts";
import { RefusedError } from "#tools/errors.ts";

/** What a server's API refuses becomes what a command ends with. */
export async function orRefused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiRefused || error instanceof HttpApiRefused) {
      throw new RefusedError(error.message);
    }
    throw error;
  }
}
