/** 2,000 users, each with a row in every sign-in table. */
export const people = `
  insert into "user" select gen_random_uuid(), 'P', n || '@example.org', true, null, now(), now() from generate_series(1, 2000) n;
  insert into session (id, user_id, token, expires_at, created_at, updated_at) select id, id, id, now() + interval '30 days', now(), now() from "user";
  insert into account (id, user_id, account_id, provider_id, created_at, updated_at) select id, id, id, 'credential', now(), now() from "user";
  insert into verification (id, identifier, value, expires_at, created_at, updated_at) select id, id, id, now(), now(), now() from "user";
  insert into jwks (id, public_key, private_key, created_at) select id, '', '', now() from "user";
  insert into rate_limit (id, key, count, last_request) select id, id, 0, 0 from "user";
  insert into mails (id, user_id, content, created_at, attempts, next_attempt_at) select id, id, '', now() - n * interval '1 second', 0, now()
    from (select id, row_number() over () as n from "user") owner;
  insert into second_factors (user_id, secret, key_id, created_at, last_step, recovery_codes) select id, '', '', now(), 0, '{}' from "user";
  insert into passkeys (id, user_id, credential_id, public_key, counter, name, created_at) select id, id, id, '', 0, 'P', now() from "user";
  insert into security_events (user_id, id, name, at) select id, gen_random_uuid(), 'signed_in', now() - n * interval '1 second'
    from (select id, row_number() over () as n from "user") owner, generate_series(1, 3);
  insert into account_receipts (id, deleted_at, last_seq) select id, now(), 0 from "user"`;

/** The purpose of each index on a sign-in table, and a statement that must use it; $1 is a user id, which the tests also use for every other key. */
export const forSignIn = {
  user_pkey: ['the user of a session', 'select * from "user" where id = $1'],
  user_email_key: ['a sign-in by e-mail', 'select * from "user" where email = $1'],
  session_pkey: ['one session by its id', 'select * from session where id = $1'],
  session_token_key: ['the session that a cookie names', 'select user_id from session where token = $1 and expires_at > now()'],
  session_user_id_idx: ['the sessions that go with a user', 'delete from only session where $1 = user_id'],
  account_pkey: ['one account by its id', 'select * from account where id = $1'],
  account_user_id_idx: ['the password of a user', 'select * from account where user_id = $1'],
  account_provider_key: [
    'the user of an account at a provider',
    `select user_id from account where provider_id = 'https://issuer.example' and account_id = $1::uuid::text`,
  ],
  verification_pkey: ['one verification by its id', 'select * from verification where id = $1'],
  verification_identifier_idx: ['the latest verification of an address', 'select * from verification where identifier = $1 order by created_at desc limit 1'],
  verification_value_idx: ['the verifications that end with a password', 'delete from verification where value = $1::uuid::text'],
  jwks_pkey: ['one signing key', 'select * from jwks where id = $1'],
  rate_limit_pkey: ['one limit by its id', 'select * from rate_limit where id = $1'],
  rate_limit_key_key: ['the limit of an address', 'select * from rate_limit where key = $1'],
  mails_pkey: ['one mail by its id', 'select * from mails where id = $1'],
  mails_user_id_idx: ['the mails that go with a user', 'delete from only mails where $1 = user_id'],
  second_factors_pkey: ['the second factor of a user', 'select * from second_factors where user_id = $1'],
  passkeys_pkey: ['one passkey by its id', 'select * from passkeys where id = $1'],
  passkeys_credential_id_key: ['the passkey that a device names', 'select * from passkeys where credential_id = $1::uuid::text'],
  passkeys_user_id_idx: ['the passkeys of a user', 'select * from passkeys where user_id = $1'],
  security_events_pkey: ['the newest security events of a user', 'select * from security_events where user_id = $1 order by id desc limit 50'],
  rate_limit_last_request_idx: ['the limits whose window is over', 'delete from rate_limit where last_request < 0 and $1::uuid is not null'],
};
