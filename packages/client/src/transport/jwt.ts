/** A JWT is renewed this long before it expires, in ms. */
const RENEWAL_MARGIN = 30_000;

export interface Jwt {
  text: string;
  /** When to renew it, in ms of performance.now(): the server's clock and ours need not agree. */
  staleAt: number;
}

/** Reads how long a JWT is good for; `askedAt` is when it was asked for. */
export function readJwt(text: string, askedAt: number): Jwt {
  const [, payload = ''] = text.split('.');
  const { iat, exp }: { iat: number; exp: number } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
  return { text, staleAt: askedAt + (exp - iat) * 1000 - RENEWAL_MARGIN };
}

/** Gives a JWT that is neither stale nor the one that was refused, or undefined once the session is over. */
export type JwtSource = (refused?: string) => Promise<string | undefined>;

/** However many calls wait, `make` runs once at a time. It gives undefined when the session is over. */
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
      if (!jwt || (jwt.text !== refused && performance.now() < jwt.staleAt)) return jwt?.text;
    }
    if (!latest || latest === seen) latest = renew();
    return (await latest)?.text;
  };
}
