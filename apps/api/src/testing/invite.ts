import { newInvitation } from '@todo/auth';
import { inspect } from '@todo/db/testing';
import type { TestApi } from './api.ts';

/** Invites this address, as the operator's command does, and returns the token. */
export async function invite({ database }: TestApi, email: string, way: 'mail' | 'hand' = 'hand'): Promise<string> {
  const { identifier, value, link } = newInvitation(way, 'http://localhost:3000', email);
  await inspect(
    database.superuserUrl,
    `insert into verification (id, identifier, value, expires_at, created_at, updated_at)
     values (gen_random_uuid(), '${identifier}', '${value}', now() + interval '7 days', now(), now())`,
  );
  return new URLSearchParams(link.split('?')[1]).get('token') ?? '';
}
