import { Scene } from "./scene.ts";

/** Small enough to try everything: four sectors a bank, four records a state sector. */
export const tiny = new Scene({
  bankBytes: 512,
  sectorBytes: 128,
  stateBytes: 256,
  imageBytes: 320,
  programBytes: 64,
});

export const tinyLayout = tiny.layout;
export const tinyGeometry = tiny.geometry.bind(tiny);
export const tinyImage = tiny.image.bind(tiny);
export const tinyIdentity = tiny.identity.bind(tiny);
export const verifyTiny = tiny.verify.bind(tiny);
export const writeTiny = tiny.write.bind(tiny);
