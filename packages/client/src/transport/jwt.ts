/** A JWT is renewed this long before it expires, in ms. */
const RENEWAL_MARGIN = 30_000;

export interface Jwt {
  text: string;
  /** The user whom it authenticates. */
  userId: string;
  /** When to renew it, by performance.now(), because the clocks of client and server may differ. */
  staleAt: number;
}

/** Reads user and lifetime of a JWT; `askedAt` is when it was requested. */
export function readJwt(text: string, askedAt: number): Jwt {
  const [, payload = ''] = text.split('.');
  const { sub, iat, exp }: { sub: string; iat: number; exp: number } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  return { text, userId: sub, staleAt: askedAt + (exp - iat) * 1000 - RENEWAL_MARGIN };
}

/** Returns a JWT that is not stale and not `refused`, or undefined when the session has ended. */
export type JwtSource = (refused?: Jwt) => Promise<Jwt | undefined>;

/** Concurrent callers share one call of `make`, which ends within a time limit and returns undefined when the session has ended. */
export function createJwtSource(make: () => Promise<Jwt | undefined>): JwtSource {
  let latest: Promise<Jwt | undefined> | undefined;

  const renew = () =>
    make().catch((error: unknown) => {
      latest = undefined;
      throw error;
    });

  return async (refused) => {
    const seen = latest;
    if (seen) {
      const jwt = await seen;
      if (!jwt || (jwt !== refused && performance.now() < jwt.staleAt)) return jwt;
    }
    if (!latest || latest === seen) latest = renew();
    return await latest;
  };
}
