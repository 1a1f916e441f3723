/** Runs a step of a drill and prints it; `seconds` is its duration. */
export type Step = <Result>(what: string, work: () => Promise<Result>) => Promise<{ result: Result; seconds: number }>;

export const printSteps =
  (print: (line: string) => void): Step =>
  async (what, work) => {
    const start = performance.now();
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    print(`${seconds.toFixed(1).padStart(6)} s  ${what}`);
    return { result, seconds };
  };

/** Runs `work`, and `stop` after it or when the process is interrupted. */
export async function thenStop<Result>(stop: () => Promise<void>, work: () => Promise<Result>): Promise<Result> {
  const interrupted = () => stop().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work();
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await stop();
  }
}
