import autocannon from 'autocannon';
import type { HttpRequest } from './target.ts';

export interface Saturation {
  /** Answers a second. */
  perSecond: number;
  requests: number;
  /** Of one answer, head included. */
  bytes: number;
}

/** Each connection sends its own requests again and again, the next when the last is answered. Throws when an answer is no success. */
export async function saturate(url: string, connections: HttpRequest[][], seconds: number): Promise<Saturation> {
  let next = 0;
  const result = await autocannon({
    url,
    connections: connections.length,
    duration: seconds,
    setupClient: (client) => client.setRequests(connections[next++] ?? []),
  });
  const { errors, timeouts, non2xx } = result;
  if (errors + timeouts + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${timeouts} time-outs, ${non2xx} refusals`);
  const requests = result['2xx'];
  return { perSecond: requests / result.duration, requests, bytes: result.throughput.total / requests };
}
