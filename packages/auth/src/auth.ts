import type { SignUpRule, VerifyEmail } from '@todo/contract';
import type { IdentityDb } from '@todo/db';
import { getIP } from 'better-auth/api';
import { betterAuth } from 'better-auth/minimal';
import { bearer } from 'better-auth/plugins/bearer';
import { v7 as uuidv7 } from 'uuid';
import { accountDeletionEndpoint } from './account-deletion.ts';
import { createAdapter } from './adapter.ts';
import { createBetterAuthLog } from './better-auth-log.ts';
import { createBodyCheck } from './body-check.ts';
import { createConfirmPerson } from './confirmation.ts';
import { createCookies } from './cookies.ts';
import { createSigning, sessionTokenOf } from './credentials.ts';
import { createEncryption } from './encryption.ts';
import { secondFactorEndpoints } from './factors/endpoints.ts';
import { createSecondFactor } from './factors/second-factor.ts';
import { createHandle, type Handle } from './handle.ts';
import { createIdentify, type Identify } from './identify.ts';
import { createJwtPlugin } from './jwt-plugin.ts';
import { createDevices } from './limits/devices.ts';
import { createGuard } from './limits/guard.ts';
import { createPasswordQueue, type PasswordQueue } from './limits/passwords.ts';
import { createRateLimits, noLimits } from './limits/rate-limits.ts';
import { createRates } from './limits/rates.ts';
import { lowerPriorityOfThreads } from './limits/threads.ts';
import { createAccountMails } from './mail/account-mails.ts';
import { addressEndpoints } from './mail/address-endpoints.ts';
import type { Delivery } from './mail/delivery.ts';
import { createChallenges } from './passkeys/challenges.ts';
import { passkeyEndpoints } from './passkeys/endpoints.ts';
import { createPasskeys } from './passkeys/passkeys.ts';
import { loadCommonPasswords } from './passwords/common.ts';
import { passwordEndpoints } from './passwords/endpoints.ts';
import { createRehash } from './passwords/rehash.ts';
import { createPasswordRule } from './passwords/rule.ts';
import { type PasswordHashing, scrypt } from './passwords/scrypt.ts';
import { providerEndpoints } from './providers/endpoints.ts';
import type { ProviderSettings } from './providers/provider.ts';
import { BASE_PATH, routes } from './routes.ts';
import { type SecretOptions, secretsOf } from './secrets.ts';
import { securityEventsEndpoint } from './security-events/endpoint.ts';
import { createOutcome } from './security-events/outcome.ts';
import { placeOf } from './security-events/place.ts';
import { createRecorder } from './security-events/recorder.ts';
import { createEventStore } from './security-events/store.ts';
import { sessionEndpoints } from './sessions/endpoints.ts';
import { createHooks } from './sessions/hooks.ts';
import { SESSION_DAYS, UPDATE_DAYS } from './sessions/slide.ts';
import { createTokenTranslation } from './sessions/tokens.ts';
import { signInLinkEndpoints } from './sign-in-links/endpoints.ts';
import { createSignUps } from './sign-up/rule.ts';
import type { Transaction } from './user-lock.ts';
import { waysEndpoint } from './ways.ts';

const DAY_SECONDS = 86_400;

/** The paths of all endpoints. */
export const authPaths: readonly string[] = [...routes.keys()].map((route) => `${BASE_PATH}${route.slice(route.indexOf('/'))}`);

/** The only header from which Better Auth reads the client's address. The API overwrites it on every request. */
export const CLIENT_ADDRESS_HEADER = 'x-todo-client-address';

export interface AuthOptions extends SecretOptions {
  identity: IdentityDb;
  /** Public URL of the API, and issuer and audience of its JWTs. */
  baseUrl: string;
  /** Other origins whose pages may sign users in. */
  trustedOrigins: string[];
  /** Wrong passwords, and separately sign-ups, per minute from one IP address. Other limits follow from it; 0 for none at all. */
  signInsPerMinute: number;
  log(message: string): void;
  /** Who may create an account; by default everybody. */
  signUp?: SignUpRule;
  /** Whether nobody gets a session before the address is verified; by default people need not. Needs `mail`. */
  verifyEmail?: VerifyEmail;
  /** Without it nobody can reset a forgotten password. */
  mail?: Pick<Delivery, 'add'> | undefined;
  /** Whether people with an account can sign in by the link of a mail; by default they cannot. Needs `mail`. */
  signInByMail?: boolean;
  /** Other places where people have an account with which they sign in here. */
  providers?: readonly ProviderSettings[] | undefined;
  /** Replaces scrypt. */
  password?: PasswordHashing;
}

export interface Auth {
  handle: Handle;
  identify: Identify;
  /** Stores that the user exports the account. */
  exported(userId: string, from: { address: string; userAgent: string | null }): Promise<void>;
  /** The requests that need a password hashed. */
  passwordFigures: PasswordQueue['figures'];
  /** Waits for what goes on after a response. */
  settle(): Promise<void>;
  /** Better Auth's endpoints, with the schemas of their inputs, also those that are off. The attack suite reads them. */
  endpoints: object;
}

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { identity, baseUrl, trustedOrigins, signInsPerMinute, providers = [] } = options;
  const secrets = secretsOf(options);
  await lowerPriorityOfThreads();
  const cookies = createCookies(baseUrl);
  const signing = createSigning(secrets.all);
  const translation = createTokenTranslation(identity, cookies, signing);
  const devices = createDevices({ cookieName: cookies.deviceName, isSecure: cookies.isSecure, secrets: secrets.all });
  const limits = signInsPerMinute > 0 ? createRateLimits(identity, secrets.all[0]) : noLimits;
  const queue = createPasswordQueue();
  const rates = createRates(signInsPerMinute);
  const hashing = options.password ?? scrypt;
  const guard = createGuard({ limits, rates, queue, hashing, rehash: createRehash(identity, hashing) });
  const { mail, signInByMail = false, signUp = 'open', verifyEmail = 'optional' } = options;
  const hasLinks = signInByMail && mail !== undefined;
  const signUps = createSignUps(identity, signUp);
  const events = createEventStore(identity);
  const recorder = createRecorder(events, options.log);
  const mails = createAccountMails({ identity, mail, baseUrl, limits, rates, verifyEmail, log: options.log });
  const passwords = createPasswordRule(await loadCommonPasswords(), (headers) => sessionTokenOf(headers, cookies.sessionNames, signing));
  const secondFactor = createSecondFactor({ identity, guard, encryption: createEncryption(secrets.all), log: options.log });
  const confirmPerson = createConfirmPerson(guard, secondFactor);
  const settleOutcome = createOutcome({ recorder, notify: mails.notify });
  const passkeys = createPasskeys({ identity, challenges: createChallenges(identity, secrets.all), baseUrl, trustedOrigins: options.trustedOrigins });
  const database: IdentityDb = Object.create(identity, {
    transaction: {
      value: async (work: (tx: Transaction) => Promise<unknown>) => {
        const address = await guard.prepareTransaction();
        return identity.transaction(async (tx) => {
          if (address !== undefined && verifyEmail === 'required') await signUps.queue(tx, address);
          return work(tx);
        });
      },
    },
  });
  const ipAddress = { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] };
  const auth = betterAuth({
    // Better Auth ignores basePath beside a URL with a path.
    baseURL: new URL(baseUrl).origin,
    basePath: BASE_PATH,
    ...secrets.options,
    trustedOrigins,
    database: createAdapter(database),
    emailAndPassword: { ...mails.passwordOptions, password: guard.password },
    verification: { storeIdentifier: 'hashed' },
    session: { expiresIn: SESSION_DAYS * DAY_SECONDS, updateAge: UPDATE_DAYS * DAY_SECONDS, cookieCache: { enabled: false } },
    hooks: { before: createBodyCheck({ signUps, passwords, guard }) },
    databaseHooks: createHooks({ guard, secondFactor, issued: translation.issued, signUps, verification: mails.verification }),
    rateLimit: { enabled: false },
    advanced: {
      // Without this, Better Auth does not check origins if NODE_ENV is test or TEST is set.
      disableOriginCheck: false,
      database: { generateId: () => uuidv7() },
      ipAddress,
      ...cookies.options,
    },
    plugins: [
      waysEndpoint({
        signUp,
        mail: mail !== undefined,
        providers: providers.map(({ id, name }) => ({ id, name })),
        links: hasLinks,
        passkeys: passkeys.areOffered,
      }),
      sessionEndpoints(identity, events, guard),
      securityEventsEndpoint(identity),
      addressEndpoints({ verification: mails.verification, change: mails.addressChange, confirmPerson, guard }),
      signInLinkEndpoints({ links: mails.links, guard, areOffered: hasLinks }),
      passwordEndpoints({ identity, confirmPerson, guard }),
      accountDeletionEndpoint({ identity, confirmPerson, guard }),
      secondFactorEndpoints({ secondFactor, confirmPerson, guard }),
      providerEndpoints({ identity, providers, baseUrl, trustedOrigins, secrets: secrets.all, guard, confirmPerson, log: options.log }),
      passkeyEndpoints({ passkeys, confirmPerson, guard }),
      bearer({ requireSignature: true }),
      createJwtPlugin(identity, baseUrl),
    ],
    logger: { level: 'error', log: createBetterAuthLog(guard, options.log) },
    onAPIError: { throw: true },
    telemetry: { enabled: false },
  });
  const identify = createIdentify({ identity, signing, issuer: baseUrl, cookies, log: options.log });

  const handle = createHandle({
    answer: auth.handler,
    log: options.log,
    ...{ baseUrl, cookies, devices, guard, mails, settleOutcome, signing, translation },
    // The addresses of one IPv6 network count as one.
    addressOf: (headers) => getIP(headers, { advanced: { ipAddress } }) ?? '',
    sendsMail: mail !== undefined,
  });
  const stopping = new AbortController();
  // After a change of the secret; without former secrets there is nothing to do.
  const encryptedAnew = secrets.all.length > 1 ? secondFactor.encryptAnew(stopping.signal) : undefined;
  const settle = async () => {
    stopping.abort();
    await Promise.all([mails.settle(), recorder.settle(), encryptedAnew]);
  };
  const exported: Auth['exported'] = async (userId, from) => {
    await recorder.record({ userId, name: 'export_made', ...placeOf(from) });
  };
  return { handle, endpoints: auth.api, identify, exported, passwordFigures: queue.figures, settle };
}
