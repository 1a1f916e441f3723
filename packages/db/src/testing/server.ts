import { startEmbedded } from '../embedded/embedded.ts';

/** Keeps an embedded server running: `node packages/db/src/testing/server.ts <data folder> [<programs folder>]` prints its URLs, or why it could not start. */
const [dataDir = '', binDir] = process.argv.slice(2);
try {
  const server = await startEmbedded({ dataDir, binDir: binDir || undefined });
  console.log(JSON.stringify(server));
  process.once('SIGTERM', () => server.stop().then(() => process.exit()));
} catch (error) {
  console.error(error instanceof Error ? `${error.constructor.name}: ${error.message}` : error);
  process.exitCode = 1;
}
