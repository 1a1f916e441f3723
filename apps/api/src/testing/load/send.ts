import { Agent, request } from 'node:http';

export interface Sent {
  port: number;
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** false leaves the body of the response unread, with its connection open. */
  read?: boolean;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request and resolves with its status; 0 if the connection failed. */
export const send = ({ port, method, path, headers, body, read = true }: Sent): Promise<number> =>
  new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
      const { statusCode = 0 } = answer;
      answer.on('close', () => resolve(statusCode));
      if (read) answer.resume();
    });
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
