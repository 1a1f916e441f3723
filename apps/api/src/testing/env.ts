import { readEnv } from '../env.ts';

/** What is said of settings that are refused; empty if they are not. */
export const complaint = (env: Record<string, string>): string => {
  try {
    readEnv(env);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
};
