/** Lets one caller go on in each turn of the event loop, in the order of the calls, so that many of them at once do not delay everything else. */
export function createTurns(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
