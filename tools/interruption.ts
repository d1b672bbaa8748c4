/**
 * Turns Ctrl-C into an abort for as long as a command runs, so that it can end with what is known so
 * far. The second Ctrl-C kills, as it always does.
 */
export function interruption(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const onSignal = () => {
    end();
    controller.abort();
  };
  const end = () => {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return { signal: controller.signal, end };
}
