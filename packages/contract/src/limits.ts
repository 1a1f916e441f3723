/** All limits of the API. CHECK constraints and input schemas share them. */

/** Maximum number of Unicode code points of a text. */
export const TITLE_MAX_CODE_POINTS = 500;
export const DESCRIPTION_MAX_CODE_POINTS = 10_000;
export const LIST_NAME_MAX_CODE_POINTS = 200;
export const SEARCH_MAX_CODE_POINTS = 200;
export const LABEL_MAX_CODE_POINTS = 50;
export const TIME_ZONE_MAX_CHARACTERS = 64;
export const RECURRENCE_MAX_CHARACTERS = 500;

/** What one task holds. */
export const LABELS_MAX_PER_TASK = 20;
export const REMINDERS_MAX_PER_TASK = 5;
/** A year before it is due. */
export const REMINDER_MAX_MINUTES = 525_600;

/** A task at the top level and its subtasks. */
export const TASK_MAX_LEVELS = 5;

/** Longest key of a manual order; longer ones make neighbours get new keys. */
export const POSITION_MAX_BYTES = 200;

/** What an account holds. A mail server accepts no longer e-mail address. */
export const NAME_MAX_CODE_POINTS = 200;
export const EMAIL_MAX_CHARACTERS = 254;
/** Of a mail that waits to be sent, encrypted. */
export const MAIL_CONTENT_MAX_CHARACTERS = 10_000;
/** Mails that wait to be sent, of all users. Further ones are dropped. */
export const MAILS_WAITING_MAX = 1_000;
/** How long an invitation to create an account can be used. */
export const INVITATION_DAYS = 7;
/** How old a session may be that stands for the password of an account without one. */
export const FRESH_SESSION_MINUTES = 10;
/** Of a token that a mail or an invitation holds. */
export const MAIL_TOKEN_MAX_CHARACTERS = 100;
/** How long a link that signs in can be used, and is bound to the browser that has asked for it. */
export const SIGN_IN_LINK_MINUTES = 15;
export const IMAGE_MAX_CHARACTERS = 2_048;
export const PASSWORD_MIN_CHARACTERS = 8;
export const PASSWORD_MAX_CHARACTERS = 128;
/** A sign-in beyond it ends the oldest session. */
export const SESSIONS_MAX_PER_USER = 100;

/** Codes that sign a user in once each, instead of those of an authenticator app. */
export const RECOVERY_CODES = 10;
/** Of a code, with the spaces and hyphens that people type. */
export const CODE_MAX_CHARACTERS = 40;
export const PASSKEYS_MAX_PER_USER = 20;
export const PASSKEY_NAME_MAX_CODE_POINTS = 100;
/** What a device calls a passkey has at most 1,023 bytes. */
export const PASSKEY_ID_MAX_CHARACTERS = 1_364;
export const PASSKEY_KEY_MAX_CHARACTERS = 4_000;
/** Of each part of a browser's answer. */
export const PASSKEY_RESPONSE_MAX_CHARACTERS = 6_000;
/** Security events that a user can read: the newest of each kind, failed sign-ins apart, so that a stranger cannot push out the others; and their age. */
export const SECURITY_EVENTS_MAX_PER_USER = 500;
export const FAILED_SIGN_INS_MAX_PER_USER = 100;
export const SECURITY_EVENTS_KEEP_DAYS = 180;

/** Providers of an installation with which people sign in, and accounts there that one user has connected. */
export const PROVIDERS_MAX = 8;
export const CONNECTIONS_MAX_PER_USER = 10;
/** What identifies a person: an issuer, and a subject, which OpenID Connect limits to 255. */
export const ISSUER_MAX_CHARACTERS = 500;
export const SUBJECT_MAX_CHARACTERS = 255;
export const PROVIDER_ID_MAX_CHARACTERS = 32;
/** The address of the page that a sign-in with a provider comes back to. It waits in a cookie. */
export const RETURN_TO_MAX_CHARACTERS = 500;

/** Quotas of one owner: tasks, the bytes of their texts in UTF-8, and lists. */
export const TASKS_MAX_PER_OWNER = 100_000;
export const TASKS_MAX_BYTES_PER_OWNER = 200_000_000;
export const LISTS_MAX_PER_OWNER = 1_000;

/** The log of one owner loses its oldest events after this time or above this size (1 MB is 1,000,000 bytes). An installation can set other values. */
export const LOG_KEEP_DAYS = 90;
export const LOG_MAX_MB = 100;

/** How long a retry is recognized by its idempotency key, and a call can be undone. */
export const IDEMPOTENCY_KEY_MAX_AGE_DAYS = 30;

/** Items in one call. */
export const CREATE_MANY_MAX_TASKS = 100;
export const CHANGE_MANY_MAX_IDS = 500;
export const IMPORT_MAX_ITEMS = 500;

/** Items on one page. */
export const PAGE_MAX_ITEMS = 200;
export const PAGE_DEFAULT_ITEMS = 50;
/** Labels in the answer of tasks.counts. */
export const COUNTED_LABELS_MAX = 200;
export const CHANGES_MAX_ITEMS = 500;
export const CHANGES_DEFAULT_ITEMS = 200;

/** Calls that a call counts as in the limit of calls per minute: a page and a change of many by their items, a search, and a change of the whole list. */
export const costOfPage = (items: number): number => Math.ceil(items / 50);
export const costOfChanges = (items: number): number => Math.ceil(items / 5);
export const SEARCH_COST = 10;
export const WHOLE_LIST_COST = 50;

/** A page ends early when its items would exceed this size as JSON; it always has room for one item. */
export const PAGE_MAX_BYTES = 1_000_000;
/** A change of many tasks that returns them is refused when they exceed this size as JSON. */
export const CHANGED_MAX_BYTES = 500_000;
/** The answers to one batch of calls share this size. */
export const RESPONSE_MAX_BYTES = 4_000_000;
/** Maximum number of entities listed in `kept` of an undo. */
export const UNDO_MAX_KEPT_ITEMS = 100;

/** Time limit of a call in the typed client, unless its procedure declares a longer one. The server gives a statement ten seconds. */
export const CALL_MAX_MS = 15_000;
/** Time limit of procedures that may change many rows, of an export and of the deletion of an account, in client and server. */
export const LONG_CALL_MAX_MS = 120_000;

/** How often a stream sends a sign of life, and how long a client waits for one, or for the stream to begin, before it says that it is offline. */
export const STREAM_PING_INTERVAL_MS = 10_000;
export const STREAM_SILENCE_MAX_MS = 15_000;

export const CURSOR_MAX_CHARACTERS = 4096;

/** One HTTP request. */
export const BODY_MAX_BYTES = 1_048_576;
/** A request below /api/auth. */
export const AUTH_BODY_MAX_BYTES = 16_384;
export const BODY_MAX_DEPTH = 32;
/** Commas and colons of a JSON body: about the number of its keys and values. */
export const BODY_MAX_VALUES = 20_000;
export const BATCH_MAX_CALLS = 50;

/** Requests that an instance handles at a time. It refuses more at once. */
export const REQUESTS_MAX = 1_000;
/** Requests below /api/auth that wait for their turn. It leaves room for others among those that are handled. */
export const AUTH_REQUESTS_WAITING_MAX = 200;
/** Memory that concurrent requests of a user, and of all users, may take, in units: 1 for each 64 KiB of body, 2 for a query, 8 for a batch, at least 1. */
export const REQUEST_UNITS_MAX_PER_OWNER = 256;
export const REQUEST_UNITS_MAX = 2_048;

/** Limits per user and instance for concurrent requests. */
export const EXPORTS_MAX_PER_OWNER = 3;
export const WATCHES_MAX_PER_OWNER = 50;
