/** Calls back for each line that a person enters, when standard input is a terminal. */
export function onEnter(run: () => void): { readonly isHeard: boolean; readonly end: () => void } {
  const { stdin } = process;
  if (!stdin.isTTY) return { isHeard: false, end: () => {} };
  stdin.on("data", run);
  return {
    isHeard: true,
    end: () => {
      stdin.off("data", run);
      stdin.pause();
    },
  };
}
