import { defineConfig } from 'drizzle-kit';
import { migrationUrl } from './src/embedded/settings.ts';

/** Only commands that connect need a URL: `generate` must work without a server. */
const connects = process.argv.some((argument) => ['push', 'migrate', 'pull', 'studio'].includes(argument));

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema.ts',
  out: './migrations',
  ...(connects && { dbCredentials: { url: migrationUrl(process.env, '../..') } }),
});
