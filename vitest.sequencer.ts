import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Drills, and tests in a browser: those that take longest, whatever the size of their files. */
const LONG = /\.drill\.test\.ts$|-browser\.test\.ts$|\/apps\/web\/src\/test\//;

/** Starts long files first, so that at the end no worker has nothing to do while another one is in the midst of a drill. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
