import { Scene } from "./scene.ts";

/** Banks of 128 KiB in sectors of 4 KiB, 64 records a state sector; an image that fills its bank. */
export const lifeSize = new Scene({
  bankBytes: 128 * 1024,
  sectorBytes: 4096,
  stateBytes: 4096,
  imageBytes: 128 * 1024,
  programBytes: 256,
});
