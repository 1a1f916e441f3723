import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with the one line that CI reads. */
export class PlainSummary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string) => states.filter((found) => found === state).length;
    const failed = count('failed') + modules.filter((module) => module.errors().length > 0).length + errors.length;
    const skipped = count('skipped');
    process.on('exit', () => console.log(`\n${count('passed')} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`));
  }
}
