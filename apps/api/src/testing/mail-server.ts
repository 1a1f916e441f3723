import type { Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** What the server does with a mail. It can also end all connections without a reply: before it has asked for the text, or when it has read it. */
type Behaviour = 'take' | 'busy' | 'refuse' | 'hang up' | 'die';

interface Received {
  to: string[];
  messageId: string;
  text: string;
}

export interface MailServer extends AsyncDisposable {
  url: string;
  behaviour: Behaviour;
  /** Every mail of which the server has read the whole text, taken or not. */
  received: Received[];
  /** Stops to listen, and listens again at the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const user = { username: 'todo', password: 'secret:/@' };

const decode = (text: string) => text.replaceAll('=\r\n', '').replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));

/** An SMTP server at a port of its own, that insists on a password. */
export async function startMailServer(): Promise<MailServer> {
  const sockets = new Set<Socket>();
  const received: Received[] = [];
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  const replies = { busy: 451, refuse: 550 };
  const open = (port: number) =>
    new Promise<SMTPServer>((resolve, reject) => {
      const server = new SMTPServer({
        disabledCommands: ['STARTTLS'],
        onAuth: ({ username, password }, _session, done) => {
          if (username === user.username && password === user.password) done(null, { user: username });
          else done(new Error('Invalid login'));
        },
        onRcptTo: (_address, _session, done) => (mailServer.behaviour === 'hang up' ? hangUp() : done()),
        onData: (stream, { envelope }, done) => {
          const parts: Buffer[] = [];
          stream.on('data', (part) => parts.push(part));
          stream.on('end', () => {
            const text = decode(Buffer.concat(parts).toString());
            received.push({ to: envelope.rcptTo.map(({ address }) => address), messageId: /^Message-ID: (.*)\r$/im.exec(text)?.[1] ?? '', text });
            const { behaviour } = mailServer;
            if (behaviour === 'take') done();
            else if (behaviour === 'die' || behaviour === 'hang up') hangUp();
            else done(Object.assign(new Error('Not now, ada@example.com'), { responseCode: replies[behaviour] }));
          });
        },
      });
      server.server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
      });
      server.on('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server));
    });

  let server = await open(0);
  const address = server.server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      hangUp();
    });
  const mailServer: MailServer = {
    url: `smtp://${user.username}:${encodeURIComponent(user.password)}@127.0.0.1:${port}`,
    behaviour: 'take',
    received,
    stop,
    start: async () => {
      server = await open(port);
    },
    [Symbol.asyncDispose]: stop,
  };
  return mailServer;
}
