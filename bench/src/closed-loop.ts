import autocannon from 'autocannon';
import type { HttpRequest } from './target.ts';

export interface Saturation {
  /** Responses per second. */
  perSecond: number;
  requests: number;
  /** Size of one response, including its head. */
  bytes: number;
}

/** Each connection repeats its own requests, one at a time. Throws if a request fails. */
export async function saturate(url: string, connections: HttpRequest[][], seconds: number): Promise<Saturation> {
  let next = 0;
  const result = await autocannon({
    url,
    connections: connections.length,
    duration: seconds,
    setupClient: (client) => client.setRequests(connections[next++] ?? []),
  });
  const { errors, timeouts, non2xx } = result;
  if (errors + timeouts + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} error responses`);
  const requests = result['2xx'];
  return { perSecond: requests / result.duration, requests, bytes: result.throughput.total / requests };
}
