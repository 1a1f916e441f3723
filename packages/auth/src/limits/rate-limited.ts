/** At most `quota` in each window. */
export interface Rate {
  /** Names the rate in the response headers. */
  name: string;
  quota: number;
  windowSeconds: number;
}

/** A request was refused because of a rate, or because too many wait. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited';
  readonly retryAfterSeconds: number;
  readonly rate: Rate | undefined;

  constructor(retryAfterSeconds: number, rate?: Rate) {
    super('Too many requests.');
    this.retryAfterSeconds = retryAfterSeconds;
    this.rate = rate;
  }

  /** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
  get headers(): Record<string, string> {
    if (!this.rate) return {};
    const { name, quota, windowSeconds } = this.rate;
    return { 'ratelimit-policy': `"${name}";q=${quota};w=${windowSeconds}`, ratelimit: `"${name}";r=0;t=${this.retryAfterSeconds}` };
  }
}
