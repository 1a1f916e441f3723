import { findFailure, findRefusedValue } from '@todo/db';
import type { Guard } from './limits/guard.ts';
import { kindOf, logPart } from './log-parts.ts';

/** What Better Auth logs: failures of the database go to the request that met them, and what it refuses is not logged. */
export const createBetterAuthLog =
  (guard: Pick<Guard, 'hide' | 'isRunning'>, write: (message: string) => void) =>
  (_level: string, message: unknown, ...details: unknown[]): void => {
    const parts = [message, ...details];
    const failures = parts.map((part) => findFailure(part) ?? findRefusedValue(part)).filter((failure) => failure !== undefined);
    guard.hide(failures);
    // Better Auth logs what it refuses, in the caller's words; the response says it. A defect comes with its error.
    const isRefusal = guard.isRunning() && !parts.some((part) => part instanceof Error);
    if (failures.length === 0 && !isRefusal) write(`${typeof message === 'string' ? logPart(message) : ''}${parts.map(kindOf).join('')}`);
  };
