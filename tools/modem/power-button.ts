/** A signal of the hang-up kind cuts the modem's power for a moment: what a reset pin does, too. */
export function powerButton(press: () => void): () => void {
  process.on("SIGHUP", press);
  return () => void process.off("SIGHUP", press);
}
